//===- ProblemTest.cpp - what a problem charges, and its floor ------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Problem.h"

#include "TestProblems.h"

#include <gtest/gtest.h>

using namespace remat::planning;

namespace {

std::vector<int64_t> counts(const std::vector<Bytes> &sizes) {
  std::vector<int64_t> counts;
  for (Bytes size : sizes)
    counts.push_back(size.count);
  return counts;
}

TEST(Problem, RefusesCostsThatDoNotFit) {
  Problem problem = smallProblem();
  EXPECT_TRUE(problem.check());
  problem.cost.pop_back();
  EXPECT_EQ(problem.check().error().message, "the problem has 3 costs for 4 ops");
  problem.cost.push_back(Cost(-1));
  EXPECT_EQ(problem.check().error().message,
            "test.op %4 costs -1 femtoseconds; a cost is 0 or more");
  problem.cost = {Cost(0), Cost(int64_t(1) << 61), Cost(int64_t(1) << 61), Cost(0)};
  EXPECT_EQ(problem.check().error().message,
            "the costs of the ops sum to 2^62 femtoseconds or more at test.op %3 with "
            "2305843009213693952");
  problem.graph.ops.clear();
  EXPECT_EQ(problem.check().error().message, "the graph has no ops");
}

TEST(Problem, ChargesByScopeAndDonation) {
  Problem problem = smallProblem();
  setOutputs(problem, {4, 2});
  problem.graph.donated[1] = 0;
  problem.scope = BudgetScope::Total;
  EXPECT_EQ(counts(problem.charges()), (std::vector<int64_t>{0, 10, 0, 5, 1}));
  EXPECT_EQ(problem.fixedBytes(), Bytes(100));
  problem.donation = false;
  EXPECT_EQ(counts(problem.charges()), (std::vector<int64_t>{0, 10, 20, 5, 1}));
  problem.scope = BudgetScope::NonArguments;
  EXPECT_EQ(counts(problem.charges()), (std::vector<int64_t>{0, 10, 20, 5, 1}));
  EXPECT_EQ(problem.fixedBytes(), Bytes(0));
  problem.scope = BudgetScope::Temporaries;
  EXPECT_EQ(counts(problem.charges()), (std::vector<int64_t>{0, 10, 0, 5, 0}));
  EXPECT_EQ(problem.baseCost(), Cost(4));
}

TEST(Problem, FloorIsTheLargestWorkingSet) {
  Problem problem = smallProblem();
  EXPECT_EQ(floorOf(problem).bytes, Bytes(30)); // b: 10 read, 20 made
  EXPECT_EQ(floorOf(problem).op, 1);
  problem.scope = BudgetScope::Total;
  EXPECT_EQ(floorOf(problem).bytes, Bytes(130));
}

TEST(Problem, FloorIsAllOutputsWhenTheyAreLarger) {
  Problem problem = smallProblem();
  setOutputs(problem, {1, 2, 3, 4, 4});
  EXPECT_EQ(floorOf(problem).bytes, Bytes(36));
  EXPECT_EQ(floorOf(problem).op, kNoOp);
}

TEST(Problem, CostsComeFromTheTable) {
  Problem source = smallProblem();
  const DeviceTable &judge = *findDeviceTable("judge");
  Problem problem = makeProblem(source.graph, judge, BudgetScope::Temporaries, false);
  EXPECT_EQ(problem.cost, (std::vector<Cost>(4, Cost(100)))); // 2 flops each
  EXPECT_EQ(problem.costTable, "judge");
  EXPECT_EQ(problem.costUnit, CostUnit::Femtoseconds);
  EXPECT_EQ(problem.scope, BudgetScope::Temporaries);
  EXPECT_FALSE(problem.donation);
}

TEST(Problem, ScopesReadBack) {
  for (BudgetScope scope :
       {BudgetScope::Total, BudgetScope::NonArguments, BudgetScope::Temporaries})
    EXPECT_EQ(parseBudgetScope(toString(scope)), scope);
  EXPECT_EQ(parseBudgetScope("all"), std::nullopt);
}

} // namespace
