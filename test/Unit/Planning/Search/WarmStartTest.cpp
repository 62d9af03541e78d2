//===- WarmStartTest.cpp - from a plan at hand, and from nothing ----------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/WarmStart.h"
#include "remat/Planning/Recompute/Simulator.h"
#include "remat/Planning/Recompute/Strategy.h"
#include "remat/Planning/Recompute/Verify.h"

#include "LayerStack.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <map>

using namespace remat::planning;

namespace {

StrategyOptions percent(int64_t share) {
  StrategyOptions options;
  options.budget = {Budget::Kind::Percent, share * 10000};
  return options;
}

/// Plans `problem` within `share` percent from `schedule` and from nothing; warm
/// takes at most a fifth and is at most 2 % dearer.
void expectQuickAndGood(const Problem &problem, int64_t share, const Schedule &schedule) {
  StrategyOptions options = percent(share);
  PlanResult cold = solve(problem, options);
  options.warmStart = schedule;
  PlanResult warm = solve(problem, options);
  ASSERT_TRUE(cold.plan && warm.plan) << share;
  EXPECT_TRUE(verify(problem, *warm.plan, warm.budget));
  EXPECT_LE(warm.bound, warm.plan->cost);
  std::map<std::string, int64_t> spent(warm.statistics.begin(), warm.statistics.end()),
      coldSpent(cold.statistics.begin(), cold.statistics.end());
  EXPECT_EQ(spent["warm"], 1);
  EXPECT_LE(5 * spent["work"], coldSpent["work"]) << share;
  EXPECT_LE(5 * spent["flows"], coldSpent["flows"]) << share;
  double ratio =
      static_cast<double>(warm.plan->cost.count) / static_cast<double>(cold.plan->cost.count);
  std::printf("%lld %%: warm/cold cost %.4f, work %lld of %lld, flows %lld of %lld\n",
              static_cast<long long>(share), ratio, static_cast<long long>(spent["work"]),
              static_cast<long long>(coldSpent["work"]), static_cast<long long>(spent["flows"]),
              static_cast<long long>(coldSpent["flows"]));
  EXPECT_LE(ratio, 1.02) << share;
}

Schedule planAt(const Problem &problem, int64_t share) {
  return solve(problem, percent(share)).plan->schedule;
}

TEST(WarmStart, ServesAnotherBudget) {
  Problem problem = layerStack(24);
  Schedule schedule = planAt(problem, 50);
  for (int64_t share : {40, 47, 53, 60})
    expectQuickAndGood(problem, share, schedule);
}

TEST(WarmStart, ServesAChangedGraph) {
  Problem problem = layerStack(24);
  Schedule schedule = planAt(problem, 50);
  Problem changed = problem;
  for (size_t op = 40; op < 60; ++op) {
    changed.cost[op].count += changed.cost[op].count / 4;
    changed.graph.values[changed.graph.ops[op].results.front()].bytes.count += 16;
  }
  changed.graph.ops[45].recomputable = false;
  expectQuickAndGood(changed, 50, schedule);
}

TEST(WarmStart, StartsFromNothingWhereThePlanCannotBeBroughtWithin) {
  Problem problem = smallProblem();
  StrategyOptions options;
  options.budget = {Budget::Kind::Bytes, 1};
  options.warmStart = baseSchedule(problem);
  PlanResult result = solve(problem, options);
  EXPECT_EQ(result.status, PlanStatus::Infeasible);
}

TEST(WarmStart, MatchesOpsById) {
  Problem problem = smallProblem(); // a b c d with ids 0 1 2 3
  problem.graph.ops[1].id = 7;      // b is new
  Result<Schedule> schedule = readWarmStart(
      problem, R"({"schema_version": 1, "schedule": [0, 1, 0, 2, 0, 9, 0, 1, 3, 2]})", "plan");
  ASSERT_TRUE(schedule);
  // a again before c, twice before d (9 is gone), and c at the end; b in its place.
  EXPECT_EQ(*schedule, (Schedule{0, 1, 0, 2, 0, 0, 3, 2}));
}

TEST(WarmStart, NamesWhatIsWrong) {
  Problem problem = smallProblem();
  auto message = [&](const char *text) {
    return readWarmStart(problem, text, "plan.json").error().message;
  };
  EXPECT_EQ(message(R"({"schema_version": 1})"), "plan.json: key \"schedule\" is missing");
  EXPECT_EQ(message(R"({"schema_version": 1, "schedule": [0, "x"]})"),
            "plan.json: schedule[1]: expected an integer, found \"x\"");
  EXPECT_EQ(readWarmStart(problem, R"({"schema_version": 9, "schedule": []})", "p").error().code,
            ErrorCode::UnsupportedSchema);
}

} // namespace
