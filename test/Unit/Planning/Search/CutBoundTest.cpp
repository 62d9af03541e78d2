//===- CutBoundTest.cpp - bounds against the optimum ---------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/CutBound.h"

#include "ExhaustiveSearch.h"
#include "TestProblems.h"

#include <gtest/gtest.h>

using namespace remat::planning;
using namespace remat::planning::search;

namespace {

class CutBounds : public testing::TestWithParam<Shape> {};

/// Every bound of every cut against the cheapest schedule of all.
TEST_P(CutBounds, AreNeverAboveTheOptimum) {
  TestRandom random(10 + static_cast<uint64_t>(GetParam()));
  int tight = 0, infeasible = 0, branchedHigher = 0;
  for (int turn = 0; turn < 1500; ++turn) {
    Problem problem = shapedProblem(random, GetParam(), 10);
    SearchGraph graph(problem);
    std::vector<int64_t> profile = baseProfile(graph);
    int64_t peak = *std::max_element(profile.begin(), profile.end());
    int64_t limit = peak - random.below(peak / 2 + 1);
    std::optional<Found> optimum =
        ExhaustiveSearch(problem).cheapest(Bytes(limit + graph.fixedBytes()));
    int64_t extra = optimum ? optimum->cost - graph.baseCost() : 0, best = 0;
    for (int32_t cut = 0; cut < graph.opCount(); ++cut) {
      CutBound single = singleCutBound(graph, limit, cut, 60);
      CutBound branched = branchedCutBound(graph, limit, cut, 1000);
      ASSERT_EQ(single.infeasible, branched.infeasible);
      if (single.infeasible) {
        ASSERT_FALSE(optimum) << "turn " << turn << ", cut " << cut << ": a schedule fits";
        EXPECT_EQ(single.witness, cut);
        EXPECT_GT(single.least, limit);
        EXPECT_LE(single.least, ExhaustiveSearch(problem).smallestPeak().peak - graph.fixedBytes());
        ++infeasible;
        continue;
      }
      EXPECT_LE(single.extra, branched.extra);
      EXPECT_LE(single.extra, single.choiceCost);
      EXPECT_EQ(branched.extra, branched.choiceCost) << "the search ran to its end";
      EXPECT_LE(single.choices[0].bytes, single.choices[0].room);
      EXPECT_LE(branched.choices[0].bytes, branched.choices[0].room);
      branchedHigher += branched.extra > single.extra;
      best = std::max(best, branched.extra);
      if (optimum)
        ASSERT_LE(branched.extra, extra) << "turn " << turn << ", cut " << cut;
    }
    tight += optimum && extra > 0 && best == extra;
  }
  EXPECT_GT(tight, 50);
  EXPECT_GT(infeasible, 10);
  EXPECT_GT(branchedHigher, 10);
}

INSTANTIATE_TEST_SUITE_P(Shapes, CutBounds, testing::ValuesIn(allShapes),
                         [](const auto &info) { return toString(info.param); });

/// a (10, cost 7) and b (20, cost 9) are read at the end; 25 bytes of room.
Problem twoValues() {
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  ValueId a = addOp(problem, {}, {10}, 7);
  ValueId b = addOp(problem, {}, {20}, 9);
  ValueId c = addOp(problem, {}, {40}, 1);
  setOutputs(problem, {addOp(problem, {addOp(problem, {c}, {1}), a, b}, {1})});
  return problem;
}

TEST(CutBound, RoundsUpAndBranchesToTheOptimum) {
  Problem problem = twoValues();
  SearchGraph graph(problem);
  // At c's op (cut 2) 65 bytes leave room for 25: run a's op again, or b's. At
  // price 9/20 all that is stored or run again costs 9 + 4.5: 13.5 - 25 * 9/20.
  CutBound single = singleCutBound(graph, 65, 2, 60), branched = branchedCutBound(graph, 65, 2, 99);
  EXPECT_EQ(single.extra, 3);
  EXPECT_EQ(branched.extra, 7);
  EXPECT_EQ(branched.choices[0].stored, (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(branched.choices[0].again, (std::vector<int32_t>{0}));
  EXPECT_TRUE(branched.choiceFits);
  EXPECT_EQ(branchedCutBound(graph, 65, 2, 99, 3).extra, 3) << "3 is enough";
}

TEST(CutBound, NamesTheOpThatCannotFit) {
  Problem problem = twoValues();
  problem.graph.ops[1].recomputable = false;
  SearchGraph graph(problem);
  CutBound bound = singleCutBound(graph, 59, 2, 60);
  EXPECT_TRUE(bound.infeasible);
  EXPECT_EQ(bound.witness, 2);
  EXPECT_EQ(bound.least, 60);
  EXPECT_FALSE(singleCutBound(graph, 60, 2, 60).infeasible);
}

TEST(CutBound, CutsAreTheLocalMaximaAboveTheLimit) {
  Problem problem = twoValues();
  SearchGraph graph(problem);
  EXPECT_EQ(baseProfile(graph), (std::vector<int64_t>{10, 30, 70, 71, 32}));
  EXPECT_EQ(cutsAbove(graph, 70, 9), (std::vector<int32_t>{3}));
  EXPECT_TRUE(cutsAbove(graph, 71, 9).empty());
  EXPECT_EQ(bestSingleCutBound(graph, 71, 9, 60).extra, 0);
}

} // namespace
