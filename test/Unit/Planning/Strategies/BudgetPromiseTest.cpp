//===- BudgetPromiseTest.cpp - every budget from the smallest peak on -----===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What --budget=min reaches is a budget that is met, and so is every larger one
// (docs/design/0007).
//
//===----------------------------------------------------------------------===//

#include "TestProblems.h"
#include "remat/Planning/Recompute/Strategy.h"
#include "remat/Planning/Recompute/Verify.h"

#include <gtest/gtest.h>

using namespace remat::planning;

namespace {

/// Which random steps: those from `first` to `last` of `seed`.
struct Steps {
  uint64_t seed;
  int first, last;
  int64_t maxOps;
};

/// Plans for the smallest peak, then for budgets from there on; returns the number
/// of steps whose smallest peak is below the plain one.
int expectMonotone(StrategyOptions options, Steps steps) {
  TestRandom random(steps.seed);
  int smaller = 0;
  for (int step = 0; step <= steps.last; ++step) {
    Problem problem = shapedProblem(
        random, allShapes[random.below(static_cast<int64_t>(std::size(allShapes)))], steps.maxOps);
    if (step < steps.first)
      continue;
    options.budget = {Budget::Kind::Minimum, 0};
    PlanResult smallest = solve(problem, options);
    if (!smallest.plan) {
      ADD_FAILURE() << "step " << step << ": " << smallest.stopReason;
      continue;
    }
    EXPECT_EQ(smallest.plan->peak, smallest.smallestPeak);
    int64_t peak = smallest.plan->peak.count, plain = smallest.plainPeak.count;
    smaller += peak < plain;
    for (int64_t budget : {peak, peak + 1, peak + (plain - peak) / 8, peak + (plain - peak) / 3}) {
      if (budget == 0)
        continue;
      options.budget = {Budget::Kind::Bytes, budget};
      PlanResult result = solve(problem, options);
      if (!result.plan)
        ADD_FAILURE() << "step " << step << ", " << problem.graph.ops.size()
                      << " ops, smallest peak " << peak << ": " << result.stopReason;
      else
        EXPECT_TRUE(verify(problem, *result.plan, Bytes(budget)));
    }
  }
  return smaller;
}

StrategyOptions optionsOf(Effort effort, PlanOrder order) {
  StrategyOptions options;
  options.effort = effort;
  options.order = order;
  return options;
}

// Among the steps chosen are some whose last search, for a cheap plan of the smallest
// peak, comes out smaller still.

TEST(BudgetPromise, FastInBaseOrder) {
  EXPECT_GT(expectMonotone(optionsOf(Effort::Fast, PlanOrder::Base), {1, 500, 560, 40}), 30);
}

TEST(BudgetPromise, FastInAnyOrder) {
  EXPECT_GT(expectMonotone(optionsOf(Effort::Fast, PlanOrder::Reorder), {2, 270, 300, 40}), 15);
}

TEST(BudgetPromise, DefaultInBaseOrder) {
  EXPECT_GT(expectMonotone(optionsOf(Effort::Default, PlanOrder::Base), {3, 0, 9, 20}), 3);
}

TEST(BudgetPromise, DefaultInAnyOrder) {
  EXPECT_GT(expectMonotone(optionsOf(Effort::Default, PlanOrder::Reorder), {4, 0, 5, 20}), 2);
}

} // namespace
