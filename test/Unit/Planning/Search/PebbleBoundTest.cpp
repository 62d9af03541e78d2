//===- PebbleBoundTest.cpp - bounds from the largest values ---------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/PebbleBound.h"

#include "ExhaustiveSearch.h"
#include "TestProblems.h"
#include "remat/Planning/Search/JointBound.h"

#include <gtest/gtest.h>

using namespace remat::planning;
using namespace remat::planning::search;

namespace {

int64_t plainPeak(const SearchGraph &graph) {
  std::vector<int64_t> profile = baseProfile(graph);
  return *std::max_element(profile.begin(), profile.end());
}

class PebbleBounds : public testing::TestWithParam<Shape> {};

TEST_P(PebbleBounds, AreNeverAboveTheOptimum) {
  TestRandom random(60 + static_cast<uint64_t>(GetParam()));
  int costly = 0, tight = 0, none = 0, refused = 0;
  for (int turn = 0; turn < 3000; ++turn) {
    Problem problem = shapedProblem(random, GetParam(), 10);
    SearchGraph graph(problem);
    int64_t peak = plainPeak(graph), limit = peak - random.below(peak / 2 + 1);
    PebbleOptions options{.work = 500 << random.below(6)};
    if (CutBound single = bestSingleCutBound(graph, limit, 9, 60);
        !single.infeasible && turn % 3 > 0) {
      options.later = single.tried;
      if (CutBound joint = jointBound(graph, limit, single); !joint.choices.empty())
        options.later.push_back({joint.choices.front().cut, joint.extra});
    }
    PebbleBound bound = pebbleBound(graph, limit, options);
    std::optional<Found> optimum =
        ExhaustiveSearch(problem).cheapest(Bytes(limit + graph.fixedBytes()));
    none += !optimum;
    refused += bound.infeasible;
    if (!optimum)
      continue;
    ASSERT_FALSE(bound.infeasible) << "turn " << turn;
    int64_t extra = optimum->cost - graph.baseCost();
    ASSERT_LE(bound.extra, extra) << "turn " << turn;
    costly += extra > 0;
    tight += extra > 0 && bound.extra == extra;
  }
  EXPECT_GT(4 * tight, 3 * costly);
  EXPECT_GT(4 * refused, 3 * none);
  std::printf("  the optimum on %d of %d problems that recompute; %d of %d refused\n", tight,
              costly, refused, none);
}

INSTANTIATE_TEST_SUITE_P(Shapes, PebbleBounds, testing::ValuesIn(allShapes),
                         [](const auto &info) { return toString(info.param); });

/// A chain whose backward reads every value, with room for two of four.
Problem chain() {
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  std::vector<ValueId> made{addOp(problem, {}, {10}, 100)};
  for (int layer = 1; layer < 4; ++layer)
    made.push_back(addOp(problem, {made.back()}, {10}, 100));
  ValueId back = addOp(problem, {made.back()}, {1}, 100);
  for (int layer = 3; layer-- > 0;)
    back = addOp(problem, {back, made[layer]}, {1}, 100);
  setOutputs(problem, {back});
  return problem;
}

TEST(PebbleBound, CountsEachRecomputationOfAChain) {
  Problem problem = chain();
  SearchGraph graph(problem);
  for (int64_t limit : {43, 33, 22}) {
    std::optional<Found> optimum = ExhaustiveSearch(problem).cheapest(Bytes(limit));
    ASSERT_TRUE(optimum);
    EXPECT_EQ(pebbleBound(graph, limit, {.work = 10000}).extra, optimum->cost - graph.baseCost());
  }
}

TEST(PebbleBound, NamesTheOpThatIsOutOfReach) {
  Problem problem = chain();
  PebbleBound bound = pebbleBound(SearchGraph(problem), 19, {.work = 10000});
  EXPECT_TRUE(bound.infeasible);
  EXPECT_EQ(bound.witness, 1);
}

TEST(PebbleBound, IsValidWhenItStopsEarly) {
  SearchGraph graph(chain());
  int64_t whole = pebbleBound(graph, 22, {.work = 10000}).extra;
  EXPECT_LE(pebbleBound(graph, 22, {.work = 3}).extra, whole);
  PebbleBound enough = pebbleBound(graph, 22, {.work = 10000, .enough = 100});
  EXPECT_GE(enough.extra, 100);
  EXPECT_LT(enough.work, pebbleBound(graph, 22, {.work = 10000}).work);
}

/// Two runs that the game takes as one, u's and then r's, lie on both sides of a
/// cut whose bound counts r's: 100 before it, and 50 + 3 * 5 behind.
TEST(PebbleBound, CountsNoRunTwiceAtABoundOfWhatRunsLater) {
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  auto once = [&](std::vector<ValueId> inputs, int64_t bytes) {
    ValueId value = addOp(problem, std::move(inputs), {bytes});
    problem.graph.ops.back().recomputable = false;
    return value;
  };
  ValueId x = once({}, 11), u = addOp(problem, {x}, {10}, 100), r = addOp(problem, {u}, {10}, 50);
  ValueId a = addOp(problem, {u}, {4}, 5), b = addOp(problem, {u}, {4}, 5);
  ValueId c = addOp(problem, {u}, {4}, 5);
  ValueId narrow = once({once({once({}, 60), x}, 0)}, 0);
  ValueId read = once({r, once({once({narrow}, 61)}, 0)}, 0);
  setOutputs(problem, {once({a, b, c, read}, 0)});
  SearchGraph graph(problem);
  std::optional<Found> optimum = ExhaustiveSearch(problem).cheapest(Bytes(71));
  ASSERT_TRUE(optimum);
  EXPECT_EQ(optimum->cost - graph.baseCost(), 165);
  EXPECT_EQ(pebbleBound(graph, 71).extra, 165);
  PebbleOptions options;
  options.later = bestSingleCutBound(graph, 71, 64, 60).tried;
  EXPECT_EQ(pebbleBound(graph, 71, options).extra, 165);
}

} // namespace
