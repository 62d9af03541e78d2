//===- JointBoundTest.cpp - bounds of several cuts ------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/JointBound.h"

#include "ExhaustiveSearch.h"
#include "TestProblems.h"
#include "remat/Planning/Recompute/Simulator.h"
#include "remat/Planning/Recompute/Verify.h"
#include "remat/Planning/Search/CutRealise.h"

#include <gtest/gtest.h>

using namespace remat::planning;
using namespace remat::planning::search;

namespace {

int64_t plainPeak(const SearchGraph &graph) {
  std::vector<int64_t> profile = baseProfile(graph);
  return *std::max_element(profile.begin(), profile.end());
}

/// `profileAtBaseOps` against the simulator's trace of a schedule that `verify`
/// accepts.
void checkRealised(const Problem &problem, const SearchGraph &graph,
                   const std::vector<CutChoice> &choices) {
  Recomputations recomputations = realiseJustInTime(graph, choices);
  Plan plan;
  plan.schedule = scheduleOf(graph, recomputations);
  Simulation simulation = simulate(problem, plan.schedule, true);
  plan.peak = simulation.peak;
  plan.cost = simulation.cost;
  Status status = verify(problem, plan, std::nullopt);
  ASSERT_TRUE(status) << status.error().message;
  std::vector<int64_t> expected;
  for (size_t step = 0; step < plan.schedule.size(); ++step)
    if (plan.schedule[step] == static_cast<OpId>(expected.size()))
      expected.push_back(simulation.liveAtStep[step].count - graph.fixedBytes());
  EXPECT_EQ(profileAtBaseOps(graph, recomputations), expected);
}

class JointBounds : public testing::TestWithParam<Shape> {};

TEST_P(JointBounds, AreBetweenTheSingleCutAndTheOptimum) {
  TestRandom random(20 + static_cast<uint64_t>(GetParam()));
  int costly = 0, higher = 0, tight = 0, branchedTight = 0;
  for (int turn = 0; turn < 2000; ++turn) {
    Problem problem = shapedProblem(random, GetParam(), 10);
    SearchGraph graph(problem);
    int64_t peak = plainPeak(graph), limit = peak - random.below(peak / 2 + 1);
    CutBound single = bestSingleCutBound(graph, limit, 9, 60);
    std::optional<Found> optimum =
        ExhaustiveSearch(problem).cheapest(Bytes(limit + graph.fixedBytes()));
    CutBound joint = jointBound(graph, limit, single);
    ASSERT_EQ(joint.infeasible, single.infeasible);
    if (single.infeasible) {
      ASSERT_FALSE(optimum);
      continue;
    }
    EXPECT_GE(joint.extra, single.extra);
    ASSERT_EQ(joint.choices.size(), joint.prices.bytes.size());
    if (!joint.choices.empty())
      checkRealised(problem, graph, joint.choices);
    bool within = true;
    for (const CutChoice &choice : joint.choices)
      within &= choice.bytes <= choice.room;
    EXPECT_TRUE(!joint.choiceFits || within);
    if (!optimum)
      continue;
    int64_t extra = optimum->cost - graph.baseCost();
    ASSERT_LE(joint.extra, extra) << "turn " << turn;
    costly += extra > 0;
    higher += joint.extra > single.extra;
    tight += extra > 0 && joint.extra == extra;
    BranchedJointOptions effort;
    effort.flows = 2000;
    effort.offer = [&](std::span<const CutChoice> choices) {
      if (turn % 20 == 0)
        checkRealised(problem, graph, {choices.begin(), choices.end()});
    };
    CutBound branched = branchedJointBound(graph, limit, joint, effort);
    EXPECT_GE(branched.extra, joint.extra);
    ASSERT_LE(branched.extra, extra) << "turn " << turn;
    branchedTight += extra > 0 && branched.extra == extra;
  }
  EXPECT_GT(higher, GetParam() == Shape::Random ? 1 : 20);
  EXPECT_GT(tight, 10);
  EXPECT_GT(2 * branchedTight, 3 * tight);
  std::printf("  of %d problems whose optimum recomputes, joint is the optimum on %d (and above "
              "single on %d), branched on %d\n",
              costly, tight, higher, branchedTight);
}

INSTANTIATE_TEST_SUITE_P(Shapes, JointBounds, testing::ValuesIn(allShapes),
                         [](const auto &info) { return toString(info.param); });

/// v is read in two places, each between ops that leave no room for it.
TEST(JointBound, CountsARecomputationForEachTimeAValueIsNeeded) {
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  ValueId v = addOp(problem, {}, {10}, 100);
  ValueId first = addOp(problem, {addOp(problem, {}, {50}, 1000)}, {2}, 1000);
  ValueId between = addOp(problem, {v, first}, {1}, 1000);
  ValueId second = addOp(problem, {between, addOp(problem, {between}, {50}, 1000)}, {1}, 1000);
  setOutputs(problem, {addOp(problem, {v, second}, {1}, 1000)});
  SearchGraph graph(problem);
  constexpr int64_t limit = 52;
  CutBound single = bestSingleCutBound(graph, limit, 9, 60);
  CutBound joint = jointBound(graph, limit, single);
  EXPECT_LE(single.extra, 100);
  EXPECT_EQ(joint.extra, 200);
  EXPECT_EQ(ExhaustiveSearch(problem).cheapest(Bytes(limit))->cost, graph.baseCost() + 200);
  EXPECT_EQ(realiseJustInTime(graph, joint.choices), (Recomputations{{3, 0}, {6, 0}}));
}

/// Two values, each across a wide op of its own, far apart: few flows show that
/// both run again.
TEST(JointBound, AddsWhatCutsApartCost) {
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  ValueId last = addOp(problem, {}, {1}, 1000);
  for (int64_t cost : {100, 70}) {
    ValueId v = addOp(problem, {}, {10}, cost);
    ValueId wide = addOp(problem, {last}, {50}, 1000);
    last = addOp(problem, {wide}, {1}, 1000);
    last = addOp(problem, {v, last}, {1}, 1000);
    for (int filler = 0; filler < 20; ++filler)
      last = addOp(problem, {last}, {1}, 1000);
  }
  setOutputs(problem, {last});
  SearchGraph graph(problem);
  constexpr int64_t limit = 51;
  CutBound single = bestSingleCutBound(graph, limit, 9, 60);
  EXPECT_EQ(single.extra, 100);
  ASSERT_EQ(single.tried.size(), 2u);
  EXPECT_EQ(single.tried[0].extra + single.tried[1].extra, 170);
  JointBoundOptions options;
  options.flows = 40;
  EXPECT_EQ(jointBound(graph, limit, single, options).extra, 170);
}

TEST(JointBound, EndsWhenTheBoundIsEnough) {
  TestRandom random(7);
  Problem problem = shapedProblem(random, Shape::Mirror, 10);
  SearchGraph graph(problem);
  int64_t limit = plainPeak(graph) * 2 / 3;
  CutBound single = bestSingleCutBound(graph, limit, 9, 60);
  JointBoundOptions options;
  options.enough = single.extra;
  EXPECT_EQ(jointBound(graph, limit, single, options).flows, single.flows);
}

} // namespace
