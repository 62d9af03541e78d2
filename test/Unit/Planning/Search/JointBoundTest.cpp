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

/// The branched bounds of a few flows, and of more as long as they raise it.
std::pair<int64_t, int64_t> briefAndGranted(const SearchGraph &graph, int64_t limit,
                                            const CutBound &start, int64_t enough) {
  BranchedJointOptions options;
  options.flows = 40;
  options.enough = enough;
  int64_t brief = branchedJointBound(graph, limit, start, options).extra;
  options.mostFlows = 400;
  return {brief, branchedJointBound(graph, limit, start, options).extra};
}

class JointBounds : public testing::TestWithParam<Shape> {};

TEST_P(JointBounds, AreBetweenTheSingleCutAndTheOptimum) {
  TestRandom random(20 + static_cast<uint64_t>(GetParam()));
  int costly = 0, higher = 0, tight = 0, branchedTight = 0, longer = 0;
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
    auto [brief, granted] = briefAndGranted(graph, limit, joint, extra);
    EXPECT_GE(granted, brief);
    ASSERT_LE(granted, extra) << "turn " << turn;
    longer += granted > brief;
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
  EXPECT_GT(longer, GetParam() == Shape::Random ? 1 : 10);
  std::printf("  of %d problems whose optimum recomputes, joint is the optimum on %d (and above "
              "single on %d), branched on %d (patience raised it on %d)\n",
              costly, tight, higher, branchedTight, longer);
}

INSTANTIATE_TEST_SUITE_P(Shapes, JointBounds, testing::ValuesIn(allShapes),
                         [](const auto &info) { return toString(info.param); });

/// Appends the ops of `block`, which share nothing with those before.
void append(Problem &problem, const Problem &block) {
  Graph &graph = problem.graph;
  auto offset = static_cast<ValueId>(graph.values.size());
  auto firstOp = static_cast<OpId>(graph.ops.size());
  for (Value value : block.graph.values) {
    if (value.producer != kNoOp)
      value.producer += firstOp;
    graph.values.push_back(value);
  }
  for (Op op : block.graph.ops) {
    op.id += firstOp;
    for (ValueId &value : op.inputs)
      value += offset;
    for (ValueId &value : op.results)
      value += offset;
    graph.ops.push_back(op);
  }
  problem.cost.insert(problem.cost.end(), block.cost.begin(), block.cost.end());
  for (ValueId value : block.graph.arguments)
    graph.arguments.push_back(value + offset);
  for (ValueId value : block.graph.outputs)
    graph.outputs.push_back(value + offset);
  graph.donated.resize(graph.outputs.size());
}

/// Where outputs cost no bytes, blocks that share nothing cost what each does alone:
/// an oracle for graphs with peaks apart, larger than can be searched through.
TEST_P(JointBounds, OfBlocksAreBelowTheSumOfTheirOptima) {
  TestRandom random(90 + static_cast<uint64_t>(GetParam()));
  int checked = 0, again = 0, longer = 0;
  for (int turn = 0; turn < 300; ++turn) {
    Problem problem;
    problem.scope = BudgetScope::Temporaries;
    int64_t limit = 30 + random.below(30), extra = 0;
    for (int blocks = 0, drawn = 0; blocks < 6 && drawn < 100; ++drawn) {
      Problem block = shapedProblem(random, GetParam(), 9);
      block.scope = BudgetScope::Temporaries;
      block.graph.donated.assign(block.graph.outputs.size(), std::nullopt);
      if (plainPeak(SearchGraph(block)) <= limit)
        continue;
      if (std::optional<Found> optimum = ExhaustiveSearch(block).cheapest(Bytes(limit))) {
        append(problem, block);
        extra += optimum->cost - block.baseCost().count;
        ++blocks;
      }
    }
    if (extra == 0)
      continue;
    Status status = problem.check();
    ASSERT_TRUE(status) << status.error().message;
    ++checked;
    SearchGraph graph(problem);
    CutBound single = bestSingleCutBound(graph, limit, 30, 60);
    JointBoundOptions few;
    few.flows = turn % 2 == 0 ? 80 : 200;
    CutBound once = jointBound(graph, limit, single, few);
    few.twice = true;
    CutBound twice = jointBound(graph, limit, single, few);
    EXPECT_GE(twice.extra, once.extra);
    ASSERT_LE(twice.extra, extra) << "turn " << turn;
    ASSERT_EQ(twice.choices.size(), twice.prices.bytes.size());
    if (turn % 10 == 0 && !twice.choices.empty())
      checkRealised(problem, graph, twice.choices);
    again += twice.extra > once.extra;
    auto [brief, granted] = briefAndGranted(graph, limit, twice, extra);
    EXPECT_GE(granted, brief);
    ASSERT_LE(granted, extra) << "turn " << turn;
    longer += granted > brief;
  }
  EXPECT_GT(checked, 200);
  EXPECT_GT(longer, 30);
  std::printf("  of %d problems a second start raised the bound on %d, patience on %d\n", checked,
              again, longer);
}

/// A step of dense layers with masks, whose weights change behind the backward.
Problem denseStep(int layers) {
  Problem problem;
  problem.scope = BudgetScope::Temporaries;
  std::vector<ValueId> inputs{addArgument(problem, 16)}, masks, gradients, outputs;
  for (int layer = 0; layer < layers; ++layer) {
    ValueId sum = addOp(problem, {addOp(problem, {inputs.back()}, {16})}, {16});
    inputs.push_back(addOp(problem, {sum}, {16}));
    masks.push_back(addOp(problem, {sum}, {4}));
  }
  ValueId above = addOp(problem, {inputs.back()}, {16});
  for (int layer = layers - 1; layer >= 0; --layer) {
    ValueId gradient = addOp(problem, {masks[layer], above}, {16});
    gradients.push_back(addOp(problem, {addOp(problem, {gradient, inputs[layer]}, {32})}, {32}));
    above = addOp(problem, {gradient}, {16});
  }
  for (int layer = 0; layer < layers; ++layer)
    outputs.push_back(
        addOp(problem, {addOp(problem, {gradients[layers - 1 - layer]}, {32})}, {32}));
  setOutputs(problem, outputs);
  return problem;
}

/// Of the cuts apart, the first that raise the bound are not the best.
TEST(JointBound, ClimbsAgainFromTheBestCutsApart) {
  Problem problem = denseStep(6);
  SearchGraph graph(problem);
  int raised = 0;
  for (int64_t percent : {70, 65, 60, 55, 50, 45}) {
    int64_t limit = plainPeak(graph) * percent / 100;
    CutBound single = bestSingleCutBound(graph, limit, 64, 150);
    ASSERT_FALSE(single.infeasible);
    JointBoundOptions options;
    CutBound once = jointBound(graph, limit, single, options);
    options.twice = true;
    CutBound twice = jointBound(graph, limit, single, options);
    EXPECT_GE(twice.extra, once.extra);
    EXPECT_GE(twice.flows, once.flows);
    ASSERT_EQ(twice.choices.size(), twice.prices.bytes.size());
    checkRealised(problem, graph, twice.choices);
    raised += twice.extra > once.extra;
  }
  EXPECT_GT(raised, 1);
}

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
