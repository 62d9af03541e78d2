//===- SimulatorTest.cpp - peak and cost of small schedules ---------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Simulator.h"
#include "remat/Planning/Recompute/Verify.h"

#include <gtest/gtest.h>

using namespace remat::planning;

namespace {

/// Adds an op with one result of `bytes`; its cost and flops are 1.
ValueId addOp(Problem &problem, std::vector<ValueId> inputs, int64_t bytes) {
  Graph &graph = problem.graph;
  Op op;
  op.id = static_cast<int64_t>(graph.ops.size());
  op.name = "test.op";
  op.inputs = std::move(inputs);
  op.work.flops = Flops(1);
  ValueId value = static_cast<ValueId>(graph.values.size());
  op.results = {value};
  graph.values.push_back({static_cast<OpId>(graph.ops.size()), Bytes(bytes), ""});
  graph.ops.push_back(op);
  problem.cost.push_back(Cost(1));
  return value;
}

ValueId addArgument(Problem &problem, int64_t bytes) {
  ValueId value = static_cast<ValueId>(problem.graph.values.size());
  problem.graph.values.push_back({kNoOp, Bytes(bytes), ""});
  problem.graph.arguments.push_back(value);
  return value;
}

void setOutputs(Problem &problem, std::vector<ValueId> outputs) {
  problem.graph.donated.assign(outputs.size(), std::nullopt);
  problem.graph.outputs = std::move(outputs);
}

/// arg -> a (10) -> b (20) -> c (5); d (1) reads c and a, and is the output.
Problem smallProblem() {
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  ValueId arg = addArgument(problem, 100);
  ValueId a = addOp(problem, {arg}, 10);
  ValueId b = addOp(problem, {a}, 20);
  ValueId c = addOp(problem, {b}, 5);
  setOutputs(problem, {addOp(problem, {c, a}, 1)});
  return problem;
}

TEST(Simulator, MatchesTheJudgesOwnExamples) {
  Problem problem = smallProblem();
  ASSERT_TRUE(problem.check());
  Simulation plain = simulate(problem, baseSchedule(problem), /*trace=*/true);
  EXPECT_EQ(plain.peak, Bytes(35));
  EXPECT_EQ(plain.peakStep, 2);
  EXPECT_EQ(plain.flops, Flops(4));
  EXPECT_EQ(plain.liveAtStep, (std::vector<Bytes>{Bytes(10), Bytes(30), Bytes(35), Bytes(16)}));
  Simulation again = simulate(problem, {0, 1, 2, 0, 3});
  EXPECT_EQ(again.peak, Bytes(30));
  EXPECT_EQ(again.cost, Cost(5));
  problem.scope = BudgetScope::Total;
  EXPECT_EQ(simulate(problem, {0, 1, 2, 0, 3}).peak, Bytes(130));
}

TEST(Simulator, KeepsOutputsToTheEnd) {
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  ValueId a = addOp(problem, {}, 7);
  ValueId b = addOp(problem, {a}, 3);
  ValueId c = addOp(problem, {b}, 2);
  setOutputs(problem, {a, c});
  EXPECT_EQ(simulate(problem, baseSchedule(problem)).peak, Bytes(12));
  problem.scope = BudgetScope::Temporaries;
  EXPECT_EQ(simulate(problem, baseSchedule(problem)).peak, Bytes(3));
}

TEST(Verify, AcceptsWhatTheSimulatorMeasures) {
  Problem problem = smallProblem();
  Plan plan{{0, 1, 2, 0, 3}, Bytes(30), Cost(5)};
  EXPECT_TRUE(verify(problem, plan, std::nullopt));
  EXPECT_TRUE(verify(problem, plan, Bytes(30)));
  Status tooBig = verify(problem, plan, Bytes(29));
  ASSERT_FALSE(tooBig);
  EXPECT_EQ(tooBig.error().message.substr(0, 3), "R7:");
}

} // namespace
