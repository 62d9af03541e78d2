//===- SolveTest.cpp - plans of joint graphs ------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestProblems.h"
#include "remat/Planning/Recompute/JointSearch.h"
#include "remat/Planning/Recompute/LowerSetProgram.h"
#include "remat/Planning/Recompute/Refusal.h"
#include "remat/Planning/Recompute/Simulator.h"
#include "remat/Planning/Recompute/Verify.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace remat::planning;

namespace {

/// A forward chain of `n` ops of `bytes` each and its gradients, which read the
/// op's input and output; the loss and the last gradient are outputs.
Problem chainProblem(int n, int64_t bytes = 100) {
  Problem problem;
  problem.graph.name = "chain";
  problem.scope = BudgetScope::NonArguments;
  std::vector<ValueId> forward{addArgument(problem, bytes)};
  for (int i = 0; i < n; ++i)
    forward.push_back(addOp(problem, {forward.back()}, {bytes}, 10));
  ValueId loss = addOp(problem, {forward.back()}, {1}, 1), gradient = loss;
  for (int i = n; i > 0; --i) {
    gradient = addOp(problem, {gradient, forward[i], forward[i - 1]}, {bytes}, 20);
    problem.graph.ops.back().phase = Phase::Backward;
  }
  setOutputs(problem, {loss, gradient});
  return problem;
}

/// A random training step: a forward of ops with up to two results, then ops
/// that read forward and backward values, with everything a problem may have.
Problem randomStep(TestRandom &random) {
  const OpKind kinds[] = {OpKind::Elementwise, OpKind::Dot,   OpKind::Reduce,
                          OpKind::Broadcast,   OpKind::Slice, OpKind::Constant};
  const char *scopes[] = {"", "N/A_0/x", "N/A_1/x", "N/B/C/x", "N/x"};
  Problem problem;
  problem.scope = static_cast<BudgetScope>(random.below(3));
  problem.donation = random.oneIn(2);
  for (int i = 0; i < 2; ++i)
    addArgument(problem, random.below(30));
  int64_t forwardOps = 2 + random.below(20), backwardOps = 1 + random.below(20);
  bool scoped = random.oneIn(2);
  std::vector<ValueId> values{0, 1};
  for (int64_t i = 0; i < forwardOps + backwardOps; ++i) {
    bool isForward = i < forwardOps;
    std::vector<ValueId> inputs;
    for (size_t back = 0; back < 5 && back < values.size(); ++back)
      if (random.oneIn(2))
        inputs.push_back(values[values.size() - 1 - back]);
    if (!isForward) // the mirror image's values, as gradients have
      for (ValueId value = 2; value < static_cast<ValueId>(values.size()); ++value)
        if (random.oneIn(6))
          inputs.push_back(value);
    std::sort(inputs.begin(), inputs.end());
    inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());
    int64_t bytes = random.below(100), cost = random.below(20);
    ValueId first = random.oneIn(4) ? addOp(problem, inputs, {bytes, random.below(40)}, cost)
                                    : addOp(problem, inputs, {bytes}, cost);
    for (auto value = first; value < static_cast<ValueId>(problem.graph.values.size()); ++value)
      values.push_back(value);
    Op &op = problem.graph.ops.back();
    op.kind = kinds[random.below(6)];
    op.recomputable = !random.oneIn(8);
    op.scope = scoped ? scopes[random.below(5)] : "";
    op.phase = isForward ? Phase::Forward : random.oneIn(5) ? Phase::Update : Phase::Backward;
  }
  std::vector<ValueId> outputs;
  for (int64_t left = random.below(4); left > 0; --left)
    outputs.push_back(values[random.below(static_cast<int64_t>(values.size()))]);
  setOutputs(problem, outputs);
  if (!outputs.empty() && random.oneIn(2))
    problem.graph.donated[0] = 0;
  return problem;
}

StrategyOptions withBudget(StrategyOptions options, int64_t bytes) {
  options.budget = {Budget::Kind::Bytes, bytes};
  return options;
}

/// Solves and checks what holds for every answer.
PlanResult solveChecked(const Problem &problem, const StrategyOptions &options) {
  PlanResult result = solve(problem, options);
  EXPECT_EQ(result.bound, problem.baseCost());
  EXPECT_EQ(result.plainPeak, simulate(problem, baseSchedule(problem)).peak);
  EXPECT_LE(result.smallestPeak, result.plainPeak);
  if (!result.plan) {
    EXPECT_TRUE(result.witness);
    EXPECT_LT(*result.budget, result.smallestPeak);
    bool proven = *result.budget < floorOf(problem).bytes;
    EXPECT_EQ(result.status, proven ? PlanStatus::Infeasible : PlanStatus::NoPlanFound);
    return result;
  }
  Status status = verify(problem, *result.plan, result.budget);
  EXPECT_TRUE(status) << status.error().message;
  EXPECT_EQ(result.status == PlanStatus::Optimal, result.plan->cost == result.bound);
  EXPECT_GE(result.plan->peak, floorOf(problem).bytes);
  return result;
}

/// Every strategy with every option, by turns.
StrategyOptions randomOptions(TestRandom &random) {
  StrategyOptions options;
  options.kind = random.oneIn(4) ? StrategyKind::Chen : StrategyKind::Kusumoto;
  options.family = random.oneIn(3) ? Family::Exact : Family::Approximate;
  options.objective = static_cast<Objective>(random.below(4));
  if (random.oneIn(2))
    options.lastSegment = static_cast<LastSegment>(random.below(2));
  if (random.oneIn(2))
    options.granularity = static_cast<Granularity>(random.below(3));
  return options;
}

TEST(Solve, RandomStepsAtFallingBudgets) {
  TestRandom random(7);
  int plans = 0, refusals = 0;
  for (int steps = 0; steps < 1000; ++steps) {
    Problem problem = randomStep(random);
    ASSERT_TRUE(problem.check());
    StrategyOptions options = randomOptions(random);
    StrategyOptions unlimited = options;
    unlimited.budget.kind = Budget::Kind::None;
    PlanResult free = solveChecked(problem, unlimited);
    EXPECT_EQ(free.status, PlanStatus::Optimal);
    StrategyOptions least = options;
    least.budget.kind = Budget::Kind::Minimum;
    PlanResult smallest = solveChecked(problem, least);
    ASSERT_TRUE(smallest.plan);
    EXPECT_EQ(smallest.plan->peak, smallest.smallestPeak);

    int64_t plain = free.plainPeak.count;
    std::optional<PlanResult> before;
    for (int64_t share : {100, 95, 85, 70, 50, 30}) {
      if (plain * share / 100 == 0)
        break;
      PlanResult result = solveChecked(problem, withBudget(options, plain * share / 100));
      EXPECT_EQ(result.smallestPeak, smallest.smallestPeak) << "budgets change the candidates";
      EXPECT_EQ(result.plan.has_value(), smallest.plan->peak <= *result.budget);
      if (result.plan && before && before->plan) {
        EXPECT_LE(result.plan->peak, before->plan->peak);
        EXPECT_GE(result.plan->cost, before->plan->cost);
      }
      if (share == 100) // never worse than doing nothing
        EXPECT_EQ(result.plan->cost, result.bound);
      (result.plan ? plans : refusals) += 1;
      before = std::move(result);
    }
    if (HasFailure())
      FAIL() << "step " << steps;
  }
  EXPECT_GT(plans, 1000);
  EXPECT_GT(refusals, 300);
}

TEST(Solve, OpIdsDoNotMatter) {
  TestRandom random(8);
  for (int steps = 0; steps < 100; ++steps) {
    Problem problem = randomStep(random), renamed = problem;
    auto ops = static_cast<int64_t>(problem.graph.ops.size());
    for (int64_t i = 0; i < ops; ++i)
      renamed.graph.ops[i].id = (i * 37 + 1) % 1009;
    StrategyOptions options = randomOptions(random);
    options.budget = {Budget::Kind::Percent, 800000};
    PlanResult a = solve(problem, options), b = solve(renamed, options),
               c = solve(problem, options);
    ASSERT_EQ(a.plan.has_value(), b.plan.has_value());
    EXPECT_EQ(a.statistics, b.statistics);
    EXPECT_EQ(a.statistics, c.statistics);
    EXPECT_EQ(a.stopReason, c.stopReason);
    if (a.plan) {
      EXPECT_EQ(a.plan->schedule, b.plan->schedule);
      EXPECT_EQ(a.plan->schedule, c.plan->schedule);
    }
  }
}

TEST(Solve, AChainFitsInFarLess) {
  Problem problem = chainProblem(100);
  for (StrategyKind kind : {StrategyKind::Chen, StrategyKind::Kusumoto}) {
    StrategyOptions options;
    options.kind = kind;
    options.budget.kind = Budget::Kind::Minimum;
    PlanResult result = solveChecked(problem, options);
    ASSERT_TRUE(result.plan);
    // About 2 sqrt(n) values of 100 instead of n, for at most one more forward.
    EXPECT_LT(result.plan->peak.count, 30 * 100);
    EXPECT_LE((result.plan->cost - result.bound).count, 100 * 10);
  }
}

TEST(Solve, KusumotoNeedsNoMoreThanChen) {
  TestRandom random(11);
  int better = 0, saved = 0;
  auto compare = [&](const Problem &problem, StrategyOptions options) {
    options.budget.kind = Budget::Kind::Minimum;
    options.kind = StrategyKind::Chen;
    Bytes chen = solveChecked(problem, options).smallestPeak;
    options.kind = StrategyKind::Kusumoto;
    PlanResult kusumoto = solveChecked(problem, options);
    EXPECT_LE(kusumoto.smallestPeak, chen);
    better += kusumoto.smallestPeak < chen;
    saved += chen < kusumoto.plainPeak;
  };
  for (int n = 2; n < 12; ++n)
    for (Family family : {Family::Approximate, Family::Exact}) {
      StrategyOptions options;
      options.kind = StrategyKind::Kusumoto;
      options.family = family;
      compare(chainProblem(n), options);
    }
  for (int steps = 0; steps < 300; ++steps)
    compare(randomStep(random), randomOptions(random));
  EXPECT_GT(better, 10);
  EXPECT_GT(saved, 30);
}

TEST(Solve, CheaperBudgetsCostLess) {
  Problem problem = chainProblem(60);
  StrategyOptions options;
  options.kind = StrategyKind::Kusumoto;
  int64_t overhead = problem.baseCost().count;
  for (int64_t percent : {30, 50, 70, 90}) {
    options.budget = {Budget::Kind::Percent, percent * 10000};
    PlanResult result = solveChecked(problem, options);
    ASSERT_TRUE(result.plan) << percent;
    int64_t cost = (result.plan->cost - result.bound).count;
    EXPECT_LT(cost, overhead) << percent;
    overhead = cost;
  }
}

/// Refusals name the smallest peak, and that is a budget which is met.
TEST(Solve, BestMeetsEveryBudgetFromItsSmallestPeakOn) {
  TestRandom random(12);
  int refused = 0, smaller = 0;
  for (int steps = 0; steps < 60; ++steps) {
    Problem problem = randomStep(random);
    StrategyOptions options;
    options.effort = random.oneIn(2) ? Effort::Fast : Effort::Default;
    options.budget.kind = Budget::Kind::Minimum;
    PlanResult smallest = solve(problem, options);
    ASSERT_TRUE(smallest.plan);
    EXPECT_EQ(smallest.plan->peak, smallest.smallestPeak);
    int64_t peak = smallest.smallestPeak.count;
    smaller += smallest.smallestPeak < smallest.plainPeak;
    for (int64_t above : {0, 1, 5}) {
      PlanResult result = solve(problem, withBudget(options, peak + above));
      ASSERT_TRUE(result.plan) << "step " << steps << ": " << result.stopReason;
      EXPECT_TRUE(verify(problem, *result.plan, result.budget));
    }
    if (peak < 2)
      continue;
    PlanResult result = solve(problem, withBudget(options, peak - 1));
    if (!result.plan) { // a search that knows its budget may reach less
      EXPECT_EQ(result.smallestPeak.count, peak);
      ++refused;
    }
  }
  EXPECT_GT(refused, 20);
  EXPECT_GT(smaller, 20);
}

TEST(Solve, NoneNeverRecomputes) {
  Problem problem = chainProblem(5);
  StrategyOptions options;
  options.kind = StrategyKind::None;
  options.budget = {Budget::Kind::Percent, 1000000};
  PlanResult result = solveChecked(problem, options);
  ASSERT_TRUE(result.plan);
  EXPECT_EQ(result.plan->schedule, baseSchedule(problem));
  EXPECT_EQ(result.stopReason, "no plan costs less than running every op once");
  options.budget.amount = 999999;
  result = solveChecked(problem, options);
  EXPECT_EQ(result.status, PlanStatus::NoPlanFound);
  EXPECT_EQ(result.stopReason,
            "found no plan that fits the budget 600 B, scope non-arguments: the floor is 400 B; "
            "the smallest "
            "peak that none reaches is 601 B; raise the budget to that, or set it to min; "
            "strategy=best or order=reorder may reach less");
}

TEST(Solve, RefusalsNameTheOpThatNeedsMost) {
  Problem problem = chainProblem(5);
  problem.graph.ops[7].location = "step.py:3";
  PlanResult result = solveChecked(problem, withBudget({}, 299));
  EXPECT_EQ(result.status, PlanStatus::Infeasible);
  EXPECT_EQ(result.stopReason,
            "no plan fits the budget 299 B, scope non-arguments: it is below the floor 400 B; the "
            "smallest peak that " +
                result.strategy + " reaches is " + formatBytes(result.smallestPeak) +
                "; raise the budget to that, or set it to min");
  std::vector<RefusalNote> notes = refusalNotes(problem, result);
  ASSERT_EQ(notes.size(), 5u);
  EXPECT_EQ(notes[0].op, 7);
  EXPECT_EQ(notes[0].text, problem.graph.describe(7) +
                               " sets the floor: its inputs and results are live together");
  ASSERT_TRUE(result.witness);
  EXPECT_EQ(result.witness->op, 7);
  EXPECT_EQ(result.witness->floor, Bytes(400));
  EXPECT_EQ(result.witness->largest.size(), 4u);
}

TEST(Solve, RefusalsNameTheOutputs) {
  Problem problem = chainProblem(2);
  std::vector<ValueId> outputs;
  for (ValueId value = 1; value < static_cast<ValueId>(problem.graph.values.size()); ++value)
    outputs.push_back(value);
  setOutputs(problem, outputs);
  PlanResult result = solveChecked(problem, withBudget({}, 300));
  EXPECT_EQ(result.status, PlanStatus::Infeasible);
  EXPECT_EQ(result.stopReason,
            "no plan fits the budget 300 B, scope non-arguments: it is below the floor 401 B; the "
            "smallest peak that " +
                result.strategy + " reaches is " + formatBytes(result.smallestPeak) +
                "; raise the budget to that, or set it to min");
  ASSERT_TRUE(result.witness);
  EXPECT_EQ(result.witness->floor, Bytes(401));
  std::vector<RefusalNote> notes = refusalNotes(problem, result);
  ASSERT_FALSE(notes.empty());
  EXPECT_EQ(notes[0].text, "the outputs set the floor: they are live together at the end");
  EXPECT_EQ(notes[0].op, kNoOp);
  EXPECT_FALSE(notes[0].value);
}

TEST(Solve, WitnessesShowWhatIsLiveAtThePeak) {
  Problem problem = chainProblem(4);
  StrategyOptions options;
  options.kind = StrategyKind::None;
  PlanResult result = solveChecked(problem, withBudget(options, 450));
  EXPECT_EQ(result.status, PlanStatus::NoPlanFound);
  ASSERT_TRUE(result.witness);
  // The first gradient: four values, the loss, and its result.
  EXPECT_EQ(result.witness->op, 5);
  ASSERT_EQ(result.witness->largest.size(), 6u);
  Bytes sum;
  for (const Witness::LiveValue &live : result.witness->largest)
    sum += live.bytes;
  EXPECT_EQ(sum, result.plainPeak);
  EXPECT_EQ(result.witness->largest.back().bytes, Bytes(1));
}

TEST(Solve, RefusesBrokenProblems) {
  Problem problem = chainProblem(3);
  problem.cost.pop_back();
  PlanResult result = solve(problem, {});
  EXPECT_EQ(result.status, PlanStatus::InvalidProblem);
  EXPECT_EQ(result.stopReason, problem.check().error().message);

  problem = chainProblem(3, int64_t(1) << 58);
  result = solve(problem, {});
  EXPECT_EQ(result.status, PlanStatus::InvalidProblem);
  EXPECT_EQ(result.stopReason, "the values sum to 2017612633061982209 bytes; strategies add up "
                               "less than 2^60");
}

TEST(Solve, RefusesExactFamiliesThatAreTooLarge) {
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  ValueId arg = addArgument(problem, 1);
  std::vector<ValueId> values;
  for (int i = 0; i < 20; ++i) // 2^20 lower sets
    values.push_back(addOp(problem, {arg}, {10}));
  setOutputs(problem, {addOp(problem, values, {1})});
  problem.graph.ops.back().phase = Phase::Backward;
  StrategyOptions options;
  options.kind = StrategyKind::Kusumoto;
  options.family = Family::Exact;
  options.granularity = Granularity::Op;
  PlanResult result = solve(problem, withBudget(options, 205));
  const char *why = "family=exact was not searched, for the forward has more than 30000 lower sets "
                    "on its 20 nodes: use family=approx or a coarser granularity; ";
  EXPECT_TRUE(result.stopReason.starts_with(why)) << result.stopReason;
  // A refusal says so too: a larger budget is not the only way out.
  result = solve(problem, withBudget(options, 200));
  EXPECT_FALSE(result.plan);
  EXPECT_NE(result.stopReason.find(why), std::string::npos) << result.stopReason;
}

TEST(Solve, StopsWhenAsked) {
  Problem problem = chainProblem(30);
  StrategyOptions options;
  options.kind = StrategyKind::Kusumoto;
  int calls = 0;
  double before = 0;
  options.progress = [&](double share) {
    EXPECT_GE(share, before);
    before = share;
    EXPECT_LE(share, 1);
    return ++calls < 3;
  };
  options.budget = {Budget::Kind::Percent, 1000000};
  PlanResult result = solve(problem, options);
  ASSERT_TRUE(result.plan);
  EXPECT_TRUE(result.stopReason.starts_with("stopped before the search was done; "))
      << result.stopReason;
  EXPECT_EQ(calls, 3);
}

TEST(Solve, AForwardWithoutNodesHasOnePlan) {
  Problem problem = smallProblem(); // no backward reads it
  PlanResult result = solveChecked(problem, withBudget({}, 35));
  ASSERT_TRUE(result.plan);
  EXPECT_EQ(result.status, PlanStatus::Optimal);
}

TEST(Solve, PercentagesAreOfThePlainPeak) {
  Problem problem = chainProblem(5);
  StrategyOptions options;
  options.kind = StrategyKind::Kusumoto;
  options.budget = {Budget::Kind::Percent, 900001}; // of 601: 540.9
  PlanResult result = solveChecked(problem, options);
  EXPECT_EQ(result.budget, Bytes(540));
}

TEST(Family, ThinnedFamiliesKeepBothEnds) {
  Problem problem = chainProblem(300);
  LowerSetGraph nodes = JointForward(problem, Granularity::Op).lowerSetGraph(Retention::Whole);
  LowerSetFamily family = LowerSetFamily::pruned(nodes, /*withPrefixes=*/true);
  EXPECT_EQ(family.size(), 302); // 300 ops, the loss, the empty set
  family.thin(40);
  EXPECT_LE(family.size(), 40);
  EXPECT_GE(family.size(), 18);
  EXPECT_EQ(family.cardinality.front(), 0);
  EXPECT_EQ(family.cardinality.back(), 301);
  for (int32_t i = 1; i < family.size(); ++i) {
    EXPECT_EQ(family.members(i).size(), static_cast<size_t>(family.cardinality[i]));
    EXPECT_TRUE(family.isSubset(i - 1, i));
  }
  EXPECT_TRUE(LowerSetProgram(family, 0).minimalBound(family.work.back()));
}

} // namespace
