//===- OrderTest.cpp - plans in another order -----------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/Reorder.h"

#include "TestProblems.h"
#include "remat/Planning/Recompute/Strategy.h"
#include "remat/Planning/Recompute/Verify.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace remat::planning;

namespace {

/// Two producers of 10, then a reader of each, of 1: a peak of 21, or of 12 when
/// each reader follows its producer.
Problem twoPairs() {
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  ValueId a = addOp(problem, {}, {10}), b = addOp(problem, {}, {10});
  setOutputs(problem, {addOp(problem, {b}, {1}), addOp(problem, {a}, {1})});
  return problem;
}

PlanResult solveReordered(const Problem &problem, Budget budget,
                          StrategyKind kind = StrategyKind::Best) {
  StrategyOptions options;
  options.kind = kind;
  options.order = PlanOrder::Reorder;
  options.budget = budget;
  PlanResult result = solve(problem, options);
  if (result.plan) {
    Status status = verify(problem, *result.plan, result.budget);
    EXPECT_TRUE(status) << status.error().message;
  }
  return result;
}

int64_t statistic(const PlanResult &result, const std::string &name) {
  for (const auto &[key, number] : result.statistics)
    if (key == name)
      return number;
  return -1;
}

/// Planning once more from a plan in another order may lead back to the base order, as
/// with seeds 429 and 462.
TEST(Order, PlansSayTheOrderTheyAreIn) {
  for (uint64_t seed = 429; seed <= 462; seed += 3) {
    TestRandom random(seed);
    Problem problem = shapedProblem(random, Shape::UNet, 8 + static_cast<int64_t>(seed) % 25);
    StrategyOptions options;
    options.effort = Effort::Fast;
    options.order = PlanOrder::Reorder;
    options.budget.kind = Budget::Kind::Minimum;
    PlanResult result = solve(problem, options);
    ASSERT_TRUE(result.plan);
    bool inBase = std::ranges::is_sorted(search::orderOf(problem, result.plan->schedule));
    EXPECT_EQ(result.plan->order, inBase ? PlanOrder::Base : PlanOrder::Reorder) << seed;
    EXPECT_NE(result.stopReason.find(inBase ? "; in the base order" : "; in the reordered order"),
              std::string::npos)
        << result.stopReason;
  }
}

TEST(Order, ReorderSavesARecomputation) {
  Problem problem = twoPairs();
  StrategyOptions options;
  options.budget = {Budget::Kind::Percent, 600000}; // of 21: 12.6
  PlanResult base = solve(problem, options);
  ASSERT_TRUE(base.plan);
  EXPECT_EQ(base.plan->cost, Cost(5));
  PlanResult result = solveReordered(problem, options.budget);
  ASSERT_TRUE(result.plan);
  EXPECT_EQ(result.plan->order, PlanOrder::Reorder);
  EXPECT_EQ(result.plan->cost, Cost(4));
  EXPECT_EQ(result.plan->peak, Bytes(12));
  EXPECT_EQ(result.budget, Bytes(12));
  EXPECT_EQ(result.plainPeak, Bytes(21)); // of the base order
  EXPECT_EQ(result.status, PlanStatus::Optimal);
  EXPECT_EQ(result.strategy, "best effort=default order=reorder");
  EXPECT_EQ(result.stopReason, "no plan costs less than running every op once; in the reordered "
                               "order, of which the bound speaks");
  EXPECT_EQ(statistic(result, "reordered_plain_peak"), 12);
}

TEST(Order, EveryStrategyAndBudget) {
  Problem problem = twoPairs();
  for (StrategyKind kind : {StrategyKind::None, StrategyKind::Chen, StrategyKind::Kusumoto})
    for (Budget::Kind budget : {Budget::Kind::None, Budget::Kind::Minimum}) {
      PlanResult result = solveReordered(problem, {budget, 0}, kind);
      ASSERT_TRUE(result.plan);
      EXPECT_EQ(result.plan->order, PlanOrder::Reorder);
      EXPECT_EQ(result.plan->peak, Bytes(12));
      EXPECT_EQ(result.smallestPeak, Bytes(12));
      EXPECT_FALSE(result.budget);
    }
}

TEST(Order, TheBaseOrderIsKeptWhereNoneIsBetter) {
  Problem problem = twoPairs();
  for (Op &op : problem.graph.ops)
    op.recomputable = false;
  PlanResult result = solveReordered(problem, {});
  ASSERT_TRUE(result.plan);
  EXPECT_EQ(result.plan->order, PlanOrder::Base);
  EXPECT_EQ(result.stopReason, "no plan costs less than running every op once; in the base order, "
                               "of which the bound speaks: no other gave anything better");
  EXPECT_EQ(statistic(result, "reordered_plain_peak"), -1);
  // Room enough for either, but the reordered one still needs less.
  EXPECT_EQ(solveReordered(twoPairs(), {Budget::Kind::Bytes, 21}).plan->order, PlanOrder::Reorder);
}

/// In the base order mask has to run at its place, and again: 10 + 1. It is only
/// read at the end, so that it may as well run there for the first time.
TEST(Order, AnOpWhoseFirstResultsNobodyReadsRunsLater) {
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  ValueId in = addOp(problem, {}, {8}), mask = addOp(problem, {in}, {8});
  ValueId wide = addOp(problem, {in}, {16}), loss = addOp(problem, {wide}, {4}, 10);
  setOutputs(problem, {addOp(problem, {loss, mask, in}, {4})});
  problem.graph.ops.back().phase = Phase::Backward;
  StrategyOptions options;
  options.budget = {Budget::Kind::Bytes, 28};
  PlanResult base = solve(problem, options);
  ASSERT_TRUE(base.plan);
  EXPECT_EQ(base.plan->schedule, (Schedule{0, 1, 2, 3, 1, 4}));
  EXPECT_EQ(search::withoutUnread(problem, base.plan->schedule), (Schedule{0, 2, 3, 1, 4}));
  EXPECT_EQ(search::orderOf(problem, {0, 2, 3, 1, 2, 4}), (search::Order{0, 2, 3, 1, 4}));
  PlanResult result = solveReordered(problem, options.budget);
  ASSERT_TRUE(result.plan);
  EXPECT_EQ(result.plan->schedule, (Schedule{0, 2, 3, 1, 4}));
  EXPECT_EQ(result.status, PlanStatus::Optimal);
  // The loss, the last op of the forward, keeps its place; and so does what reads
  // an argument that another op takes over.
  Schedule lossAgain{0, 1, 2, 3, 0, 2, 3, 4};
  EXPECT_EQ(search::withoutUnread(problem, lossAgain), lossAgain);
}

TEST(Order, OnlyTheFloorRefusesEveryOrder) {
  Problem problem = twoPairs();
  PlanResult result = solveReordered(problem, {Budget::Kind::Bytes, 10});
  EXPECT_EQ(result.status, PlanStatus::Infeasible);
  ASSERT_TRUE(result.witness);
  EXPECT_EQ(result.witness->floor, Bytes(11));
  result = solveReordered(problem, {Budget::Kind::Bytes, 11});
  EXPECT_EQ(result.status, PlanStatus::NoPlanFound);
  ASSERT_TRUE(result.witness);
  EXPECT_EQ(result.witness->floor, Bytes(11));
  EXPECT_EQ(result.bound, Cost(4));
  EXPECT_EQ(result.smallestPeak, Bytes(12));
  EXPECT_EQ(
      result.stopReason,
      "found no plan that fits the budget 11 B, scope non-arguments: the floor is 11 B; it is "
      "proven "
      "that none fits in the orders that were tried; the smallest peak that "
      "best effort=default order=reorder reaches is 12 B; raise the budget to that, or set it "
      "to min");
  for (Op &op : problem.graph.ops)
    op.recomputable = false; // no other order
  result = solveReordered(problem, {Budget::Kind::Bytes, 15}, StrategyKind::None);
  EXPECT_EQ(result.status, PlanStatus::NoPlanFound);
  EXPECT_EQ(result.witness->floor, Bytes(11));
  EXPECT_EQ(result.smallestPeak, Bytes(21));
}

TEST(Order, BrokenProblemsAreRefused) {
  Problem problem = twoPairs();
  problem.cost.pop_back();
  EXPECT_EQ(solveReordered(problem, {}).status, PlanStatus::InvalidProblem);
}

TEST(Order, ProgressIsOfBothOrders) {
  TestRandom random(5);
  Problem problem = shapedProblem(random, Shape::Updates, 60);
  StrategyOptions options;
  options.order = PlanOrder::Reorder;
  options.budget = {Budget::Kind::Percent, 600000};
  std::vector<double> shares;
  options.progress = [&](double share) {
    shares.push_back(share);
    return true;
  };
  solve(problem, options);
  ASSERT_FALSE(shares.empty());
  EXPECT_LT(shares.front(), 0.5);
  EXPECT_GE(shares.back(), 0.5);
  size_t calls = 0;
  options.progress = [&](double) { return ++calls < 2; };
  solve(problem, options);
  EXPECT_EQ(calls, 2u);
}

} // namespace
