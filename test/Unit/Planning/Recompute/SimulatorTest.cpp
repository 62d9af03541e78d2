//===- SimulatorTest.cpp - peak and cost of schedules ---------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Simulator.h"
#include "PlanOracle.h"
#include "TestProblems.h"

#include <gtest/gtest.h>

#include <limits>

using namespace remat::planning;

namespace {

TEST(Simulator, MatchesTheJudgesOwnExamples) {
  Problem problem = smallProblem();
  Simulation plain = simulate(problem, baseSchedule(problem), /*trace=*/true);
  EXPECT_EQ(plain.peak, Bytes(35));
  EXPECT_EQ(plain.peakStep, 2);
  EXPECT_EQ(plain.flops, Flops(8));
  EXPECT_EQ(plain.liveAtStep, (std::vector<Bytes>{Bytes(10), Bytes(30), Bytes(35), Bytes(16)}));
  Simulation again = simulate(problem, {0, 1, 2, 0, 3});
  EXPECT_EQ(again.peak, Bytes(30));
  EXPECT_EQ(again.cost, Cost(5));
  EXPECT_TRUE(again.liveAtStep.empty());
  problem.scope = BudgetScope::Total;
  EXPECT_EQ(simulate(problem, {0, 1, 2, 0, 3}).peak, Bytes(130));
}

TEST(Simulator, KeepsOutputsToTheEnd) {
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  ValueId a = addOp(problem, {}, {7});
  ValueId b = addOp(problem, {a}, {3});
  ValueId c = addOp(problem, {b}, {2});
  setOutputs(problem, {a, c});
  EXPECT_EQ(simulate(problem, baseSchedule(problem)).peak, Bytes(12));
  problem.scope = BudgetScope::Temporaries;
  EXPECT_EQ(simulate(problem, baseSchedule(problem)).peak, Bytes(3));
}

TEST(Simulator, FreesTheResultsOfOneOpEachAfterItsOwnLastUse) {
  Problem problem;
  ValueId pair = addOp(problem, {}, {100, 1}); // pair, pair + 1
  ValueId a = addOp(problem, {pair}, {10});
  setOutputs(problem, {addOp(problem, {a, pair + 1}, {1000})});
  Simulation plain = simulate(problem, baseSchedule(problem), /*trace=*/true);
  EXPECT_EQ(plain.liveAtStep, (std::vector<Bytes>{Bytes(101), Bytes(111), Bytes(1011)}));
}

TEST(Simulator, ChargesADonatedOutputNothingAndItsArgumentOnce) {
  Problem problem;
  ValueId arg = addArgument(problem, 50);
  setOutputs(problem, {addOp(problem, {arg}, {50})});
  problem.graph.donated[0] = 0;
  EXPECT_EQ(simulate(problem, {0}).peak, Bytes(50));
  problem.donation = false;
  EXPECT_EQ(simulate(problem, {0}).peak, Bytes(100));
}

TEST(Simulator, ChargesACopyOfAnArgumentThatIsReadAfterItsUpdate) {
  Problem problem = lateReadProblem();
  using Live = std::vector<Bytes>;
  auto liveOf = [&](const Schedule &schedule) {
    return simulate(problem, schedule, /*trace=*/true).liveAtStep;
  };
  EXPECT_EQ(liveOf({0, 1, 2}), (Live{Bytes(29), Bytes(29), Bytes(33)}));
  // op 0 runs again behind the update: the old weights are there until then.
  EXPECT_EQ(liveOf({0, 1, 0, 2}), (Live{Bytes(29), Bytes(45), Bytes(49), Bytes(33)}));
  // So they are where the update runs again itself.
  EXPECT_EQ(liveOf({0, 1, 2, 1}), (Live{Bytes(29), Bytes(49), Bytes(53), Bytes(49)}));
  problem.scope = BudgetScope::Temporaries;
  EXPECT_EQ(simulate(problem, {0, 1, 0, 2}).peak, Bytes(24));
  problem.donation = false;
  EXPECT_EQ(simulate(problem, {0, 1, 0, 2}).peak, Bytes(4));
}

TEST(Simulator, SaturatesACostBeyond64Bits) {
  Problem problem;
  addOp(problem, {}, {1}, (int64_t(1) << 62) - 2);
  ASSERT_TRUE(problem.check());
  EXPECT_EQ(simulate(problem, {0, 0, 0}).cost, Cost(std::numeric_limits<int64_t>::max()));
}

TEST(Simulator, AgreesWithTheOracleOnRandomSchedules) {
  TestRandom random(1);
  int recomputed = 0;
  for (int round = 0; round < 3000; ++round) {
    Problem problem = randomProblem(random, 10);
    ASSERT_TRUE(problem.check()) << problem.check().error().message;
    Schedule schedule = randomSchedule(random, problem, 8);
    recomputed += schedule.size() > problem.graph.ops.size();
    std::optional<OracleRun> wanted = PlanOracle(problem).run(schedule);
    ASSERT_TRUE(wanted);
    Simulation found = simulate(problem, schedule, /*trace=*/true);
    EXPECT_EQ(found.peak.count, wanted->peak);
    EXPECT_EQ(found.peakStep, wanted->peakStep);
    EXPECT_EQ(found.cost.count, wanted->cost);
    EXPECT_EQ(found.flops.count, wanted->flops);
    std::vector<Bytes> live;
    for (int64_t one : wanted->liveAtStep)
      live.emplace_back(one);
    EXPECT_EQ(found.liveAtStep, live);
    EXPECT_LE(floorOf(problem).bytes, found.peak);
  }
  EXPECT_GT(recomputed, 1000);
}

} // namespace
