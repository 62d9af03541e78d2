//===- OptimalityTest.cpp - strategies against the optimum ----------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Distribution.h"
#include "ExhaustiveSearch.h"
#include "TestProblems.h"
#include "remat/Planning/Recompute/Simulator.h"
#include "remat/Planning/Recompute/Strategy.h"
#include "remat/Planning/Recompute/Verify.h"

#include <gtest/gtest.h>

using namespace remat::planning;

namespace {

/// Every strategy that is compared; a new one joins here.
constexpr StrategyKind strategies[] = {StrategyKind::Chen, StrategyKind::Kusumoto};

constexpr int problemsPerShape = 15000; // 105,000 in all
constexpr int64_t maxOps = 10;

/// One strategy's answers.
struct Record {
  int plans = 0, missed = 0;
  Distribution toOptimum, boundGap;
};

/// Checks an answer against the truth. `optimum`: nothing when no schedule fits.
void check(const Problem &problem, const PlanResult &result, const std::optional<Found> &optimum,
           const std::optional<Found> &smallest, Record &record) {
  if (result.plan) {
    ASSERT_TRUE(optimum) << "a plan where no schedule fits";
    Status status = verify(problem, *result.plan, result.budget);
    EXPECT_TRUE(status) << status.error().message;
    EXPECT_GE(result.plan->cost.count, optimum->cost);
    if (result.status == PlanStatus::Optimal)
      EXPECT_EQ(result.plan->cost.count, optimum->cost);
    record.toOptimum.add(result.plan->cost.count, optimum->cost);
    ++record.plans;
  } else {
    ASSERT_TRUE(result.witness);
    if (optimum)
      EXPECT_NE(result.status, PlanStatus::Infeasible) << "a schedule fits";
    if (smallest)
      EXPECT_LE(result.witness->floor.count, smallest->peak);
    record.missed += optimum.has_value();
  }
  if (optimum) {
    EXPECT_LE(result.bound.count, optimum->cost);
    record.boundGap.add(optimum->cost, result.bound.count);
  }
  if (smallest)
    EXPECT_GE(result.smallestPeak.count, smallest->peak);
}

class Optimality : public testing::TestWithParam<Shape> {};

/// Budgets lie between the floor, which is included, and the plain peak, which
/// is not: every plan needs recomputation.
TEST_P(Optimality, NoPlanIsCheaperAndNoBoundHigher) {
  TestRandom random(100 + static_cast<uint64_t>(GetParam()));
  std::vector<Record> records(std::size(strategies));
  int unreachable = 0;
  for (int turn = 0; turn < problemsPerShape;) {
    Problem problem = shapedProblem(random, GetParam(), maxOps);
    int64_t floor = floorOf(problem).bytes.count;
    int64_t plain = simulate(problem, baseSchedule(problem)).peak.count;
    if (floor == plain || floor == 0)
      continue;
    StrategyOptions options;
    options.budget = {Budget::Kind::Bytes, floor + random.below(plain - floor)};
    ExhaustiveSearch search(problem);
    std::optional<Found> optimum = search.cheapest(Bytes(options.budget.amount)), smallest;
    if (turn % 8 == 0)
      smallest = search.smallestPeak();
    unreachable += !optimum;
    for (size_t i = 0; i < std::size(strategies); ++i) {
      options.kind = strategies[i];
      check(problem, solve(problem, options), optimum, smallest, records[i]);
    }
    if (HasFailure())
      FAIL() << "turn " << turn;
    ++turn;
  }
  std::printf("  %d graphs, %d budgets that no schedule meets\n", problemsPerShape, unreachable);
  for (size_t i = 0; i < std::size(strategies); ++i) {
    std::printf("  %s: %d plans, %d missed\n", std::string(toString(strategies[i])).c_str(),
                records[i].plans, records[i].missed);
    records[i].toOptimum.print("plan / optimum");
    records[i].boundGap.print("optimum / bound");
    EXPECT_GT(records[i].plans, 20);
  }
  EXPECT_LT(unreachable, problemsPerShape / 2);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Optimality, testing::ValuesIn(allShapes),
                         [](const auto &info) { return toString(info.param); });

} // namespace
