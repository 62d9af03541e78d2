//===- VerifyTest.cpp - the rules of a plan, one failing plan each --------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Verify.h"

#include "PlanOracle.h"
#include "TestProblems.h"
#include "remat/Planning/Recompute/Simulator.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <utility>

using namespace remat::planning;

namespace {

std::string verdict(const Problem &problem, const Plan &plan,
                    std::optional<Bytes> budget = std::nullopt) {
  Status status = verify(problem, plan, budget);
  if (status)
    return "valid";
  EXPECT_EQ(status.error().code, ErrorCode::InvalidPlan);
  return status.error().message;
}

TEST(Verify, AcceptsAPlanThatKeepsEveryRule) {
  Problem problem = smallProblem();
  EXPECT_EQ(verdict(problem, {{0, 1, 2, 0, 3}, Bytes(30), Cost(5)}, Bytes(30)), "valid");
}

TEST(Verify, R1EveryExecutionNamesAnOp) {
  Problem problem = smallProblem();
  EXPECT_EQ(verdict(problem, {{0, 1, 2, 4}, Bytes(35), Cost(4)}),
            "R1: step 3 executes op 4, but the graph has ops 0 to 3");
  EXPECT_EQ(verdict(problem, {{std::numeric_limits<OpId>::min()}, Bytes(0), Cost(0)}),
            "R1: step 0 executes op -2147483648, but the graph has ops 0 to 3");
}

TEST(Verify, R2EveryOpRunsInBaseOrder) {
  Problem problem = smallProblem();
  EXPECT_EQ(verdict(problem, {{0, 1, 2}, Bytes(35), Cost(3)}), "R2: test.op %4 is never executed");
  EXPECT_EQ(verdict(problem, {{}, Bytes(0), Cost(0)}), "R2: test.op %1 is never executed");
  Problem free;
  addOp(free, {}, {1});
  addOp(free, {}, {1});
  EXPECT_EQ(verdict(free, {{1, 0}, Bytes(1), Cost(2)}),
            "R2: test.op %1 is first executed at step 0, before test.op %0 at step 1; first "
            "executions keep the base order");
}

Plan inAnotherOrder(Schedule schedule, int64_t peak) {
  return {std::move(schedule), Bytes(peak), Cost(4), PlanOrder::Reorder};
}

TEST(Verify, R2OpsThatRunOnceStayInOrder) {
  // Two producers of 10, and a reader of each.
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  ValueId a = addOp(problem, {}, {10}), b = addOp(problem, {}, {10});
  setOutputs(problem, {addOp(problem, {b}, {1}), addOp(problem, {a}, {1})});
  EXPECT_EQ(verdict(problem, inAnotherOrder({1, 2, 0, 3}, 12)), "valid");
  EXPECT_EQ(verdict(problem, inAnotherOrder({1, 2, 0}, 11)), "R2: test.op %3 is never executed");
  EXPECT_EQ(verdict(problem, inAnotherOrder({1, 3, 0, 2}, 12)),
            "R4: step 1 executes test.op %3, whose input from test.op %0 was not executed before");
  for (OpId op : {0, 3})
    problem.graph.ops[op].recomputable = false;
  EXPECT_EQ(verdict(problem, inAnotherOrder({1, 2, 0, 3}, 12)), "valid");
  problem.graph.ops[2].recomputable = false;
  EXPECT_EQ(verdict(problem, inAnotherOrder({1, 2, 0, 3}, 12)),
            "R2: test.op %2 is first executed at step 1, before test.op %0 at step 2; ops that may "
            "run only once keep the base order");
}

TEST(Verify, R2ReadersStayBeforeWhatTakesTheBufferOver) {
  Problem problem = takeOverProblem();
  EXPECT_EQ(
      verdict(problem, inAnotherOrder({0, 2, 1, 3}, 29)),
      "R2: test.op %3 is first executed at step 1, before test.op %2 at step 2; it takes over "
      "a buffer that the other reads");
  std::vector<ValueId> &reads = problem.graph.ops[1].inputs;
  std::vector<ValueId> both = std::exchange(reads, problem.graph.ops[0].results);
  EXPECT_EQ(verdict(problem, inAnotherOrder({0, 2, 1, 3}, 29)), "valid");
  reads = both;
  problem.donation = false;
  EXPECT_EQ(verdict(problem, inAnotherOrder({0, 2, 1, 3}, 39)), "valid");
}

TEST(Verify, R3AnOpThatMayNotBeRecomputedRunsOnce) {
  Problem problem = smallProblem();
  problem.graph.ops[0].recomputable = false;
  EXPECT_EQ(verdict(problem, {{0, 1, 2, 0, 3}, Bytes(30), Cost(5)}),
            "R3: step 3 executes test.op %1 again after step 0, but it may not be recomputed");
}

TEST(Verify, R4InputsAreExecutedBefore) {
  Problem problem = smallProblem();
  EXPECT_EQ(verdict(problem, {{0, 2, 1, 3}, Bytes(35), Cost(4)}),
            "R4: step 1 executes test.op %3, whose input from test.op %2 was not executed before");
}

TEST(Verify, R5ThePeakIsThePromisedOne) {
  Problem problem = smallProblem();
  EXPECT_EQ(verdict(problem, {{0, 1, 2, 3}, Bytes(34), Cost(4)}),
            "R5: the schedule's peak is 35 B, but the plan promises 34 B");
}

TEST(Verify, R5CountsTheCopyOfAnArgumentThatIsReadAfterItsUpdate) {
  Problem problem = lateReadProblem();
  EXPECT_EQ(verdict(problem, {{0, 1, 0, 2}, Bytes(33), Cost(4)}),
            "R5: the schedule's peak is 49 B, but the plan promises 33 B");
  EXPECT_EQ(verdict(problem, {{0, 1, 0, 2}, Bytes(49), Cost(4)}), "valid");
  problem.graph.ops[0].inputs = {problem.graph.arguments[1]};
  EXPECT_EQ(verdict(problem, {{0, 1, 0, 2}, Bytes(33), Cost(4)}), "valid");
}

TEST(Verify, R6TheCostIsThePromisedOne) {
  Problem problem = smallProblem();
  EXPECT_EQ(verdict(problem, {{0, 1, 2, 3}, Bytes(35), Cost(5)}),
            "R6: the schedule costs 4 femtoseconds, but the plan promises 5");
  Problem dear;
  addOp(dear, {}, {1}, (int64_t(1) << 62) - 2);
  EXPECT_EQ(verdict(dear, {{0, 0, 0}, Bytes(1), Cost(std::numeric_limits<int64_t>::max())}),
            "R6: the schedule costs more than 2^63 femtoseconds, but the plan promises "
            "9223372036854775807");
}

TEST(Verify, R7ThePeakIsWithinTheBudget) {
  Problem problem = smallProblem();
  EXPECT_EQ(verdict(problem, {{0, 1, 2, 3}, Bytes(35), Cost(4)}, Bytes(34)),
            "R7: the schedule's peak 35 B exceeds the budget 34 B");
}

/// One of the ways in which a plan can go wrong.
void mutate(TestRandom &random, Plan &plan, std::optional<Bytes> &budget, const Problem &problem) {
  Schedule &schedule = plan.schedule;
  auto size = static_cast<int64_t>(schedule.size());
  auto ops = static_cast<int64_t>(problem.graph.ops.size());
  int64_t at = size > 0 ? random.below(size) : 0;
  switch (random.below(9)) {
  case 0: // lose an execution
    if (size > 0)
      schedule.erase(schedule.begin() + at);
    break;
  case 1: // execute once more
    schedule.insert(schedule.begin() + at, static_cast<OpId>(random.below(ops)));
    break;
  case 2: // swap two
    if (size > 0)
      std::swap(schedule[at], schedule[random.below(size)]);
    break;
  case 3: // execute another op, perhaps none of the graph
    if (size > 0)
      schedule[at] = static_cast<OpId>(random.below(ops + 2) - 1);
    break;
  case 4: // move one
    if (size > 0) {
      OpId op = schedule[at];
      schedule.erase(schedule.begin() + at);
      schedule.insert(schedule.begin() + random.below(size), op);
    }
    break;
  case 5:
    plan.peak += Bytes(random.oneIn(2) ? 1 : -1);
    break;
  case 6:
    plan.cost += Cost(random.oneIn(2) ? 1 : -1);
    break;
  case 7:
    budget = plan.peak - Bytes(random.below(3));
    break;
  case 8: // cut the end off
    schedule.resize(static_cast<size_t>(at));
    break;
  }
}

/// Plans in an order, broken at random, and what both checks say of them.
class Mutants : public testing::TestWithParam<PlanOrder> {};

TEST_P(Mutants, AreRejectedExactlyWhenTheOracleDoes) {
  bool isBase = GetParam() == PlanOrder::Base;
  TestRandom random(isBase ? 2 : 4);
  int invalid = 0, equivalent = 0, moved = 0;
  std::map<std::string, int> byRule;
  for (int round = 0; round < 6000; ++round) {
    Problem problem = isBase || random.oneIn(2) ? randomProblem(random, 8)
                                                : shapedProblem(random, Shape::Updates, 10);
    PlanOracle oracle(problem);
    Plan plan;
    plan.order = GetParam();
    plan.schedule = isBase ? randomSchedule(random, problem, 6)
                           : withRecomputations(random, problem, randomOrder(random, problem), 6);
    Simulation promised = simulate(problem, plan.schedule);
    plan.peak = promised.peak;
    plan.cost = promised.cost;
    std::optional<Bytes> budget;
    ASSERT_TRUE(oracle.accepts(plan, budget));
    ASSERT_EQ(verdict(problem, plan, budget), "valid");
    moved += !oracle.run(plan.schedule);
    if (!isBase && random.oneIn(4)) { // an order that only keeps inputs first
      Problem loose = problem;
      loose.donation = false;
      for (Op &op : loose.graph.ops)
        op.recomputable = true;
      plan.schedule = randomOrder(random, loose);
    }
    for (int64_t left = 1 + random.below(2); left > 0; --left)
      mutate(random, plan, budget, problem);
    // Half of the mutants promise what their schedule does, if it can run.
    std::optional<OracleRun> seen = oracle.run(plan.schedule, plan.order);
    if (seen && random.oneIn(2)) {
      plan.peak = Bytes(seen->peak);
      plan.cost = Cost(seen->cost);
    }
    bool accepted = oracle.accepts(plan, budget);
    std::string found = verdict(problem, plan, budget);
    EXPECT_EQ(found == "valid", accepted) << found;
    ++(accepted ? equivalent : invalid);
    if (!accepted)
      ++byRule[found.substr(0, 2)];
    for (const char *reason : {"run only once", "takes over"})
      byRule[reason] += found.find(reason) != std::string::npos;
  }
  EXPECT_GE(invalid, 3000);
  EXPECT_GE(equivalent, 500);
  for (const char *rule : {"R1", "R2", "R3", "R4", "R5", "R6", "R7"})
    EXPECT_GE(byRule[rule], 50) << rule;
  if (!isBase) {
    EXPECT_GE(moved, 2000);
    EXPECT_GE(byRule["run only once"], 20);
    EXPECT_GE(byRule["takes over"], 20);
  }
}

INSTANTIATE_TEST_SUITE_P(Orders, Mutants, testing::Values(PlanOrder::Base, PlanOrder::Reorder),
                         [](const auto &info) { return std::string(toString(info.param)); });

TEST(Verify, SurvivesGarbage) {
  TestRandom random(3);
  int valid = 0;
  for (int round = 0; round < 2000; ++round) {
    Problem problem = randomProblem(random, 6);
    Plan plan;
    for (int64_t left = random.below(40); left > 0; --left)
      plan.schedule.push_back(random.oneIn(20) ? static_cast<OpId>(random.below(INT64_MAX))
                                               : static_cast<OpId>(random.below(7)) - 1);
    plan.peak = Bytes(random.oneIn(2) ? INT64_MAX : INT64_MIN);
    plan.cost = Cost(INT64_MIN);
    valid += static_cast<bool>(verify(problem, plan, Bytes(INT64_MIN)));
  }
  EXPECT_EQ(valid, 0);
}

} // namespace
