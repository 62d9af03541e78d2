//===- PlanCommandTest.cpp - plans that fail their check ------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All else about the command is in test/Planning.
//
//===----------------------------------------------------------------------===//

#include "PlanCommand.h"

#include "remat/Planning/Recompute/Simulator.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <vector>

using namespace remat::planning;

namespace {

/// Runs the command on the chain, writing to `output`; returns status and stderr.
std::pair<int, std::string> run(const std::string &output, const Planner &planner) {
  std::vector<std::string> words = {"remat-plan", REMAT_TEST_INPUTS "/planning/chain.json",
                                    "--budget=250", "--output=" + output};
  std::vector<char *> arguments;
  for (std::string &word : words)
    arguments.push_back(word.data());
  testing::internal::CaptureStderr();
  int status = runPlanCommand(static_cast<int>(arguments.size()), arguments.data(), planner);
  return {status, testing::internal::GetCapturedStderr()};
}

PlanResult plainPlan(const Problem &problem, Bytes claimed) {
  PlanResult result;
  result.status = PlanStatus::Feasible;
  result.strategy = "liar";
  result.budget = Bytes(250);
  Schedule schedule = baseSchedule(problem);
  result.plan = Plan{schedule, claimed, simulate(problem, schedule).cost};
  return result;
}

TEST(PlanCommand, DoesNotWriteAPlanThatBreaksARule) {
  std::filesystem::path output =
      std::filesystem::path(testing::TempDir()) / "plan-that-breaks-a-rule.json";
  std::filesystem::remove(output);
  // The chain's plain peak is 284: the first plan lies about it, the second
  // exceeds its budget.
  auto lie = run(output.string(), [](const Problem &problem, const StrategyOptions &) {
    return plainPlan(problem, Bytes(200));
  });
  EXPECT_EQ(lie.first, PlanExitDefect);
  EXPECT_EQ(lie.second, "remat-plan: error: defect: the plan of liar breaks a rule and is not "
                        "written; R5: the schedule's peak is 284 B, but the plan promises 200 B\n");
  auto excess = run(output.string(), [](const Problem &problem, const StrategyOptions &) {
    return plainPlan(problem, Bytes(284));
  });
  EXPECT_EQ(excess.first, PlanExitDefect);
  EXPECT_NE(excess.second.find("R7: "), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(output));
}

TEST(PlanCommand, AnInterruptSaysHowFarItCame) {
  std::filesystem::path output = std::filesystem::path(testing::TempDir()) / "interrupted.json";
  std::filesystem::remove(output);
  auto early = run(output.string(), [](const Problem &, const StrategyOptions &) {
    std::raise(SIGINT);
    return PlanResult();
  });
  EXPECT_EQ(early.first, PlanExitInterrupted);
  EXPECT_EQ(early.second, "remat-plan: interrupted; no plan so far; nothing is written\n");
  auto late = run(output.string(), [](const Problem &problem, const StrategyOptions &) {
    std::raise(SIGINT);
    return plainPlan(problem, Bytes(284));
  });
  EXPECT_EQ(late.first, PlanExitInterrupted);
  EXPECT_EQ(late.second, "remat-plan: interrupted; the best plan so far peaks at 284 B, scope "
                         "non-arguments; nothing is written\n");
  EXPECT_FALSE(std::filesystem::exists(output));
}

} // namespace
