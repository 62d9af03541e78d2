//===- ParetoTest.cpp - the curve against one plan at a time --------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Pareto.h"
#include "remat/Planning/Recompute/Simulator.h"
#include "remat/Planning/Recompute/Verify.h"

#include "ExhaustiveSearch.h"
#include "LayerStack.h"

#include <gtest/gtest.h>

#include <map>

using namespace remat::planning;

namespace {

std::map<std::string, int64_t> numbersOf(const auto &result) {
  return {result.statistics.begin(), result.statistics.end()};
}

/// What holds for every curve.
void expectCurve(const Problem &problem, const ParetoCurve &curve) {
  ASSERT_FALSE(curve.points.empty());
  Simulation plain = simulate(problem, baseSchedule(problem));
  const ParetoPoint &last = curve.points.back();
  EXPECT_EQ(curve.plainPeak, plain.peak);
  EXPECT_LE(last.plan.peak, plain.peak); // less where ops of no cost run again
  EXPECT_EQ(last.plan.cost, problem.baseCost());
  EXPECT_GE(curve.points.front().plan.peak, curve.floor.bytes);
  for (size_t i = 0; i < curve.points.size(); ++i) {
    const ParetoPoint &point = curve.points[i];
    Status status = verify(problem, point.plan, point.plan.peak);
    EXPECT_TRUE(status) << "point " << i << ": " << (status ? "" : status.error().message);
    EXPECT_LE(point.bound, point.plan.cost) << "point " << i;
    EXPECT_GE(point.bound, problem.baseCost()) << "point " << i;
    if (i + 1 == curve.points.size())
      break;
    const ParetoPoint &next = curve.points[i + 1];
    EXPECT_LT(point.plan.peak, next.plan.peak) << "point " << i;
    EXPECT_GT(point.plan.cost, next.plan.cost) << "point " << i;
    EXPECT_GE(point.bound, next.bound) << "point " << i;
  }
}

StrategyOptions budgetOf(Bytes bytes) {
  StrategyOptions options;
  options.budget = {Budget::Kind::Bytes, bytes.count};
  return options;
}

TEST(Pareto, CostsAtMostThreePlans) {
  for (int64_t layers : {6, 24}) {
    Problem problem = layerStack(layers);
    Result<ParetoCurve> curve = paretoOf(problem, {});
    ASSERT_TRUE(curve);
    expectCurve(problem, *curve);
    EXPECT_EQ(curve->points.size(), 17u);
    EXPECT_EQ(curve->points.back().plan.peak, curve->plainPeak);
    auto numbers = numbersOf(*curve);
    auto ops = static_cast<int64_t>(problem.graph.ops.size());
    EXPECT_LE(numbers["work"], 3 * std::max(numbers["plan_work"], 100 * ops));
    EXPECT_LE(numbers["flows"], 3 * std::max<int64_t>(numbers["plan_flows"], 60));
    EXPECT_GT(numbers["plan_work"], 100 * ops);
  }
}

TEST(Pareto, IsAsGoodAsOnePlanAtATime) {
  Problem problem = layerStack(12);
  Result<ParetoCurve> curve = paretoOf(problem, {});
  ASSERT_TRUE(curve);
  for (size_t i = 1; i < curve->points.size(); i += 5) {
    const ParetoPoint &point = curve->points[i];
    PlanResult alone = solve(problem, budgetOf(point.plan.peak));
    ASSERT_TRUE(alone.plan);
    double ratio =
        static_cast<double>(point.plan.cost.count) / static_cast<double>(alone.plan->cost.count);
    RecordProperty("ratio" + std::to_string(i), std::to_string(ratio));
    EXPECT_LE(ratio, 1.02) << "point " << i;
  }
  StrategyOptions minimum;
  minimum.budget.kind = Budget::Kind::Minimum;
  PlanResult smallest = solve(problem, minimum);
  EXPECT_LE(static_cast<double>(curve->points.front().plan.peak.count),
            1.03 * static_cast<double>(smallest.plan->peak.count));
}

TEST(Pareto, IsTheSameEachTime) {
  Problem problem = layerStack(4);
  EXPECT_EQ(writePareto(problem, *paretoOf(problem, {})),
            writePareto(problem, *paretoOf(problem, {})));
}

TEST(Pareto, BoundsAreNeverAboveTheOptimum) {
  TestRandom random(77);
  int points = 0, optimal = 0;
  for (int turn = 0; turn < 300; ++turn) {
    Problem problem = shapedProblem(random, allShapes[turn % std::size(allShapes)], 9);
    StrategyOptions options;
    options.effort = Effort::Fast;
    Result<ParetoCurve> curve = paretoOf(problem, options);
    ASSERT_TRUE(curve);
    expectCurve(problem, *curve);
    ExhaustiveSearch search(problem);
    ASSERT_LE(curve->floor.bytes.count, search.smallestPeak().peak) << "turn " << turn;
    for (const ParetoPoint &point : curve->points) {
      auto best = search.cheapest(point.plan.peak);
      ASSERT_TRUE(best);
      ASSERT_LE(point.bound.count, best->cost) << "turn " << turn;
      ASSERT_GE(point.plan.cost.count, best->cost) << "turn " << turn;
      ++points;
      optimal += point.plan.cost.count == best->cost;
    }
  }
  EXPECT_GE(optimal * 100, points * 90) << optimal << " of " << points;
}

TEST(Pareto, RefusesWhatSolveRefuses) {
  Problem problem = layerStack(2);
  problem.graph.values.back().bytes = Bytes(int64_t(1) << 60);
  Result<ParetoCurve> curve = paretoOf(problem, {});
  ASSERT_FALSE(curve);
  EXPECT_EQ(curve.error().code, ErrorCode::InvalidInput);
}

TEST(Pareto, StopsWhenAsked) {
  Problem problem = layerStack(6);
  StrategyOptions options;
  options.progress = [](double) { return false; };
  Result<ParetoCurve> curve = paretoOf(problem, options);
  ASSERT_TRUE(curve);
  EXPECT_TRUE(curve->stopped);
  expectCurve(problem, *curve);
}

} // namespace
