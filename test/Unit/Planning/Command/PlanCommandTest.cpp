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
#include "SearchWatch.h"

#include "remat/Planning/Recompute/Simulator.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <tuple>
#include <vector>

using namespace remat::planning;

namespace {

/// Runs the command on the chain, writing to `output`; returns its status.
int runAlone(const std::string &output, const Planner &planner) {
  std::vector<std::string> words = {"remat-plan", REMAT_TEST_INPUTS "/planning/chain.json",
                                    "--budget=250", "--output=" + output};
  std::vector<char *> arguments;
  for (std::string &word : words)
    arguments.push_back(word.data());
  return runPlanCommand(static_cast<int>(arguments.size()), arguments.data(), planner);
}

/// The same; returns status and stderr.
std::pair<int, std::string> run(const std::string &output, const Planner &planner) {
  testing::internal::CaptureStderr();
  int status = runAlone(output, planner);
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

std::string textOf(const std::filesystem::path &path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(PlanCommand, ASignalKeepsTheBestPlanSoFar) {
  std::filesystem::path output = std::filesystem::path(testing::TempDir()) / "interrupted.json";
  for (auto [signal, status, word] : {std::tuple(SIGINT, PlanExitInterrupted, "interrupted"),
                                      std::tuple(SIGTERM, PlanExitTerminated, "terminated")}) {
    std::filesystem::remove(output);
    auto early = run(output.string(), [&](const Problem &, const StrategyOptions &options) {
      EXPECT_TRUE(options.progress(0.1));
      std::raise(signal);
      EXPECT_FALSE(options.progress(0.1));
      PlanResult result;
      result.budget = Bytes(250);
      result.smallestPeak = Bytes(284);
      return result;
    });
    EXPECT_EQ(early.first, status);
    EXPECT_EQ(early.second, "remat-plan: error: " + std::string(word) +
                                ", and no plan was found so far that fits the budget 250 B, scope "
                                "non-arguments; the smallest peak so far is 284 B; nothing is "
                                "written; plan for longer or raise the budget\n");
    EXPECT_FALSE(std::filesystem::exists(output));
    auto late = run(output.string(), [&](const Problem &problem, const StrategyOptions &) {
      std::raise(signal);
      PlanResult result = plainPlan(problem, Bytes(284));
      result.budget = Bytes(300);
      result.stopReason = "the best of many";
      return result;
    });
    EXPECT_EQ(late.first, status);
    EXPECT_NE(late.second.find("remat-plan: " + std::string(word) +
                               "; the best plan so far is written\n"),
              std::string::npos);
    EXPECT_NE(
        textOf(output).find("\"stop_reason\": \"" + std::string(word) + "; the best of many\""),
        std::string::npos);
  }
}

TEST(PlanCommand, ASecondSignalEndsAtOnce) {
  std::filesystem::path output = std::filesystem::path(testing::TempDir()) / "ended.json";
  std::filesystem::remove(output);
  auto twice = [](const Problem &problem, const StrategyOptions &) {
    std::raise(SIGINT);
    std::raise(SIGINT);
    return plainPlan(problem, Bytes(284));
  };
  EXPECT_EXIT(runAlone(output.string(), twice), testing::KilledBySignal(SIGINT), "");
  EXPECT_FALSE(std::filesystem::exists(output));
}

TEST(SearchWatch, WhatIsReportedNeverFalls) {
  SearchWatch watch(/*report=*/true, std::nullopt, std::chrono::seconds(0));
  testing::internal::CaptureStderr();
  for (double share : {0.1, 0.9, 0.6, 0.95})
    EXPECT_TRUE(watch(share));
  std::string shown;
  for (const char *share : {"10", "90", "90", "95"})
    shown += "remat-plan: planning, " + std::string(share) + " % done after 0 s\n";
  EXPECT_EQ(testing::internal::GetCapturedStderr(), shown);
}

} // namespace
