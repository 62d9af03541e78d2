//===- DeterminismTest.cpp - the same problem, the same bytes -------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Several processes and builds are compared by test/Planning/determinism.test.
//
//===----------------------------------------------------------------------===//

#include "TestProblems.h"
#include "remat/Planning/Recompute/PlanIO.h"
#include "remat/Planning/Recompute/Strategy.h"

#include <gtest/gtest.h>
#include <memory>

using namespace remat::planning;

namespace {

constexpr int repeats = 50;

std::string planText(const Problem &problem, int64_t percent, Effort effort) {
  StrategyOptions options;
  options.effort = effort;
  options.budget = {Budget::Kind::Percent, percent * 10000};
  return writePlan(problem, solve(problem, options));
}

/// Other problems are solved in between, and memory is laid out anew, so that
/// neither what is left behind nor addresses may matter.
TEST(Determinism, FiftyTimesTheSameBytes) {
  for (Shape shape : allShapes) {
    TestRandom random(400);
    Problem problem = shapedProblem(random, shape, 40);
    std::string first = planText(problem, 70, Effort::Default);
    EXPECT_NE(first.find("\"strategy\": \"best effort=default\""), std::string::npos);
    std::vector<std::unique_ptr<std::vector<char>>> held;
    for (int i = 1; i < repeats; ++i) {
      held.push_back(std::make_unique<std::vector<char>>(random.below(100000)));
      planText(shapedProblem(random, allShapes[i % std::size(allShapes)], 12), 80, Effort::Fast);
      ASSERT_EQ(planText(problem, 70, Effort::Default), first) << toString(shape) << ", turn " << i;
    }
  }
}

/// Equal bytes say nothing where every answer is the same.
TEST(Determinism, BudgetsMakeADifference) {
  TestRandom random(401);
  Problem problem = shapedProblem(random, Shape::Chain, 40);
  EXPECT_NE(planText(problem, 95, Effort::Default), planText(problem, 60, Effort::Default));
}

} // namespace
