//===- PlanIOTest.cpp - plan.json in and out ------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/PlanIO.h"

#include "TextMutations.h"

#include <gtest/gtest.h>

using namespace remat::planning;

namespace {

Problem problemWithIds() {
  Problem problem = smallProblem();
  for (Op &op : problem.graph.ops)
    op.id = 10 * op.id + 5;
  problem.graph.ops[1].location = "net.py:4";
  return problem;
}

PlanResult resultWithPlan() {
  PlanResult result;
  result.status = PlanStatus::Feasible;
  result.strategy = "chen";
  result.stopReason = "all cuts tried";
  result.plan = Plan{{0, 1, 2, 0, 3}, Bytes(30), Cost(5)};
  result.bound = Cost(4);
  result.plainPeak = Bytes(35);
  result.smallestPeak = Bytes(30);
  result.budget = Bytes(33);
  result.statistics = {{"programs", 3}, {"cuts", 12}};
  return result;
}

PlanResult refusal() {
  PlanResult result;
  result.status = PlanStatus::Infeasible;
  result.strategy = "none";
  result.plainPeak = Bytes(35);
  result.smallestPeak = Bytes(30);
  result.budget = Bytes(1);
  result.witness = Witness{Bytes(30), 1, {{2, Bytes(20)}, {0, Bytes(10)}}};
  return result;
}

void expectRoundTrip(const Problem &problem, const PlanResult &result) {
  std::string written = writePlan(problem, result);
  Result<PlanResult> again = readPlan(problem, written, "plan.json");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(writePlan(problem, *again), written);
  EXPECT_EQ(again->status, result.status);
  EXPECT_EQ(again->strategy, result.strategy);
  EXPECT_EQ(again->stopReason, result.stopReason);
  EXPECT_EQ(again->plan.has_value(), result.plan.has_value());
  if (result.plan) {
    EXPECT_EQ(again->plan->schedule, result.plan->schedule);
    EXPECT_EQ(again->plan->peak, result.plan->peak);
    EXPECT_EQ(again->plan->cost, result.plan->cost);
    EXPECT_EQ(again->plan->order, result.plan->order);
  }
  EXPECT_EQ(again->bound, result.bound);
  EXPECT_EQ(again->plainPeak, result.plainPeak);
  EXPECT_EQ(again->smallestPeak, result.smallestPeak);
  EXPECT_EQ(again->budget, result.budget);
  EXPECT_EQ(again->witness.has_value(), result.witness.has_value());
  if (result.witness) {
    EXPECT_EQ(again->witness->floor, result.witness->floor);
    EXPECT_EQ(again->witness->op, result.witness->op);
    ASSERT_EQ(again->witness->largest.size(), result.witness->largest.size());
    EXPECT_EQ(again->witness->largest[0].value, result.witness->largest[0].value);
    EXPECT_EQ(again->witness->largest[0].bytes, result.witness->largest[0].bytes);
  }
  EXPECT_EQ(again->formula.has_value(), result.formula.has_value());
  if (result.formula) {
    EXPECT_EQ(again->formula->overhead, result.formula->overhead);
    EXPECT_EQ(again->formula->peak, result.formula->peak);
    EXPECT_EQ(again->formula->sequence, result.formula->sequence);
  }
}

// 5 executions of cost 1 over 4: overhead 1/4; flops 2 each; 5 fs are 5e-9 us.
TEST(PlanIO, WritesWhatAPlanPromisesAndWhatFollows) {
  EXPECT_EQ(writePlan(problemWithIds(), resultWithPlan()), R"({
"schema_version": 1,
"status": "feasible",
"strategy": "chen",
"stop_reason": "all cuts tried",
"scope": "non-arguments",
"budget": 33,
"plain_peak": 35,
"smallest_peak": 30,
"peak": 30,
"cost": 5,
"overhead": 0.25,
"gap": 0.25,
"total_flops": 10,
"time_us": 5e-09,
"cost_unit": "femtoseconds",
"cost_table": "judge",
"base_cost": 4,
"bound": 4,
"statistics": {"cuts":12,"programs":3},
"schedule": [5,15,25,5,35]
}
)");
}

TEST(PlanIO, WritesWhyThereIsNoPlan) {
  EXPECT_EQ(writePlan(problemWithIds(), refusal()), R"({
"schema_version": 1,
"status": "infeasible",
"strategy": "none",
"stop_reason": "",
"scope": "non-arguments",
"budget": 1,
"plain_peak": 35,
"smallest_peak": 30,
"cost_unit": "femtoseconds",
"cost_table": "judge",
"base_cost": 4,
"bound": 0,
"statistics": {},
"witness": {"floor":30,"op":15,"op_name":"test.op","location":"net.py:4","largest":[
{"value":2,"name":"%2","bytes":20,"location":"net.py:4"},
{"value":0,"name":"arg0","bytes":10}
]}
}
)");
}

TEST(PlanIO, RoundTrips) {
  expectRoundTrip(problemWithIds(), resultWithPlan());
  expectRoundTrip(problemWithIds(), refusal());
  PlanResult moved = resultWithPlan();
  moved.plan->order = PlanOrder::Reorder;
  expectRoundTrip(problemWithIds(), moved);
  std::string text = writePlan(problemWithIds(), moved);
  EXPECT_NE(text.find("\"smallest_peak\": 30,\n\"order\": \"reorder\",\n"), std::string::npos);
  text.replace(text.find("reorder"), 7, "another");
  Result<PlanResult> wrong = readPlan(problemWithIds(), text, "plan.json");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message,
            "plan.json: order: unknown value \"another\"; known values: base, reorder");
  Problem problem = problemWithIds();
  problem.costUnit = CostUnit::Units;
  problem.costTable = "paper";
  PlanResult paper = resultWithPlan();
  paper.formula = FormulaAnswer{Cost(3), Bytes(40), {{0}, {0, 1, 2}}};
  paper.budget.reset();
  expectRoundTrip(problem, paper);
  EXPECT_EQ(writePlan(problem, paper).find("time_us"), std::string::npos);
}

TEST(PlanIO, OverheadOfNoCostIsZero) {
  Problem problem = problemWithIds();
  problem.cost.assign(4, Cost(0));
  PlanResult result = resultWithPlan();
  result.plan->cost = Cost(0);
  EXPECT_NE(writePlan(problem, result).find("\"overhead\": 0.0,"), std::string::npos);
}

TEST(PlanIO, StatusesReadBack) {
  for (PlanStatus status : {PlanStatus::Optimal, PlanStatus::Feasible, PlanStatus::Infeasible,
                            PlanStatus::NoPlanFound, PlanStatus::InvalidProblem})
    EXPECT_EQ(parsePlanStatus(toString(status)), status);
  EXPECT_EQ(parsePlanStatus("good"), std::nullopt);
}

TEST(PlanIO, RefusesPlansOfAnotherProblem) {
  Problem problem = problemWithIds();
  std::string text = writePlan(problem, resultWithPlan());
  auto messageFor = [&](const std::string &file) {
    Result<PlanResult> result = readPlan(problem, file, "plan.json");
    return result ? "valid" : result.error().message;
  };
  EXPECT_EQ(messageFor(text), "valid");
  EXPECT_EQ(messageFor(replaced(text, "[5,15,25,5,35]", "[5,15,25,6,35]")),
            "plan.json: schedule[3]: op id 6 does not exist in the problem");
  EXPECT_EQ(messageFor(replaced(text, "non-arguments", "total")),
            "plan.json: scope: the plan was made for \"total\", but this problem has "
            "\"non-arguments\"");
  EXPECT_EQ(messageFor(replaced(text, "femtoseconds", "units")),
            "plan.json: cost_unit: the plan was made for \"units\", but this problem has "
            "\"femtoseconds\"");
  EXPECT_EQ(messageFor(replaced(text, "\"judge\"", "\"h100\"")),
            "plan.json: cost_table: the plan was made for \"h100\", but this problem has "
            "\"judge\"");
  EXPECT_EQ(messageFor(replaced(text, "\"base_cost\": 4", "\"base_cost\": 3")),
            "plan.json: base_cost: the plan was made for a base cost of 3, but this problem's is "
            "4");
}

TEST(PlanIO, NamesTheKeyOfWrongContent) {
  Problem problem = problemWithIds();
  std::string text = writePlan(problem, resultWithPlan());
  auto messageFor = [&](const std::string &file) {
    Result<PlanResult> result = readPlan(problem, file, "plan.json");
    return result ? "valid" : result.error().message;
  };
  EXPECT_EQ(messageFor(replaced(text, "version\": 1", "version\": 0")),
            "plan.json: schema_version: this build reads version 1, found 0");
  EXPECT_EQ(messageFor(replaced(text, "\"peak\": 30,\n\"cost\"", "\"peek\": 30,\n\"cost\""))
                .substr(0, 42),
            "plan.json: unknown key \"peek\"; known keys:");
  EXPECT_EQ(messageFor(replaced(text, "\"peak\": 30,\n\"cost\"", "\"cost\"")),
            "plan.json: key \"peak\" is missing");
  EXPECT_EQ(messageFor(replaced(text, "\"feasible\"", "\"fine\"")),
            "plan.json: status: unknown value \"fine\"; known values: optimal, feasible, "
            "infeasible, no-plan-found, invalid-problem");
  EXPECT_EQ(messageFor(replaced(text, "\"cuts\":12", "\"cuts\":1.5")),
            "plan.json: statistics.cuts: expected an integer, found 1.5");
  EXPECT_EQ(messageFor(replaced(text, "[5,15,25,5,35]", "\"5\"")),
            "plan.json: schedule: expected a list, found \"5\"");
  std::string refused = writePlan(problem, refusal());
  EXPECT_EQ(messageFor(replaced(refused, "\"value\":2", "\"value\":5")),
            "plan.json: witness.largest[0].value: 5 is out of range; the largest integer here is "
            "4");
}

TEST(PlanIO, RefusesEveryTruncationAndSurvivesDamage) {
  Problem problem = problemWithIds();
  PlanResult both = resultWithPlan();
  both.witness = refusal().witness;
  both.formula = FormulaAnswer{Cost(3), Bytes(40), {{0}, {0, 1, 2}}};
  EXPECT_EQ(
      acceptedAfterDamage(writePlan(problem, both),
                          [&](const std::string &file) { return readPlan(problem, file, ""); }),
      0);
}

} // namespace
