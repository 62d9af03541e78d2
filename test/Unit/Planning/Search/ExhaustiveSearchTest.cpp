//===- ExhaustiveSearchTest.cpp - is the optimum the optimum? -------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExhaustiveSearch.h"

#include "PlanOracle.h"
#include "TestProblems.h"
#include "remat/Planning/Recompute/Simulator.h"
#include "remat/Planning/Recompute/Verify.h"

#include <gtest/gtest.h>

using namespace remat::planning;

namespace {

/// Every valid schedule of at most `maxSteps` executions, tried one by one.
class AllSchedules {
public:
  AllSchedules(const Problem &problem, ScheduleClass schedules, size_t maxSteps)
      : problem(problem), schedules(schedules), maxSteps(maxSteps),
        runs(problem.graph.ops.size(), 0) {
    extend();
  }

  /// Nothing when none fits.
  std::optional<int64_t> cheapest(Bytes budget) const {
    std::optional<int64_t> least;
    for (auto [peak, cost] : found)
      if (peak <= budget.count && (!least || cost < *least))
        least = cost;
    return least;
  }

  int64_t smallestPeak() const { return std::min_element(found.begin(), found.end())->first; }

private:
  void extend() {
    if (std::ranges::all_of(runs, [](int count) { return count > 0; })) {
      Simulation seen = simulate(problem, schedule);
      found.emplace_back(seen.peak.count, seen.cost.count);
    }
    if (schedule.size() == maxSteps)
      return;
    for (size_t i = 0; i < runs.size(); ++i) {
      const Op &op = problem.graph.ops[i];
      bool mayRun = runs[i] > 0 ? op.recomputable && comesNext(static_cast<OpId>(i))
                                : schedules == ScheduleClass::AnyOrder || i == 0 || runs[i - 1] > 0;
      for (ValueId value : op.inputs)
        if (OpId producer = problem.graph.values[value].producer; producer != kNoOp)
          mayRun = mayRun && runs[producer] > 0;
      if (!mayRun)
        continue;
      ++runs[i];
      schedule.push_back(static_cast<OpId>(i));
      extend();
      schedule.pop_back();
      --runs[i];
    }
  }

  /// Staged: whether `op`, to run again, stands behind all that ran again since
  /// the last first execution.
  bool comesNext(OpId op) const {
    if (schedules != ScheduleClass::Staged)
      return true;
    for (size_t step = schedule.size(); step-- > 0;) {
      if (std::count(schedule.begin(), schedule.begin() + step, schedule[step]) == 0)
        return true;
      if (schedule[step] >= op)
        return false;
    }
    return true;
  }

  const Problem &problem;
  const ScheduleClass schedules;
  const size_t maxSteps;
  std::vector<int> runs;
  Schedule schedule;
  std::vector<std::pair<int64_t, int64_t>> found; ///< peak and cost
};

/// What the schedule is: peak and cost, and whether it is valid.
Simulation replay(const Problem &problem, const Found &found, ScheduleClass schedules) {
  Simulation seen = simulate(problem, found.schedule);
  EXPECT_EQ(seen.cost.count, found.cost);
  if (schedules != ScheduleClass::AnyOrder) {
    Status status = verify(problem, {found.schedule, seen.peak, seen.cost}, std::nullopt);
    EXPECT_TRUE(status) << status.error().message;
    std::optional<OracleRun> run = PlanOracle(problem).run(found.schedule);
    EXPECT_TRUE(run && run->peak == seen.peak.count);
  }
  return seen;
}

/// Compares the search with every schedule of up to `maxSteps` executions.
void compareWithAllSchedules(const Problem &problem, ScheduleClass schedules, size_t maxSteps,
                             int &dearer) {
  AllSchedules all(problem, schedules, maxSteps);
  ExhaustiveSearch search(problem, schedules);
  Found smallest = search.smallestPeak();
  EXPECT_EQ(replay(problem, smallest, schedules).peak.count, smallest.peak);
  EXPECT_LE(smallest.peak, all.smallestPeak());
  if (smallest.schedule.size() <= maxSteps)
    EXPECT_EQ(smallest.peak, all.smallestPeak());
  EXPECT_FALSE(search.cheapest(Bytes(smallest.peak - 1)));
  int64_t plain = simulate(problem, baseSchedule(problem)).peak.count;
  for (int64_t budget = smallest.peak; budget <= plain; budget += 1 + (plain - smallest.peak) / 8) {
    std::optional<Found> found = search.cheapest(Bytes(budget));
    ASSERT_TRUE(found);
    EXPECT_LE(replay(problem, *found, schedules).peak.count, budget);
    std::optional<int64_t> least = all.cheapest(Bytes(budget));
    if (least)
      EXPECT_LE(found->cost, *least);
    if (found->schedule.size() <= maxSteps)
      EXPECT_EQ(found->cost, least);
    dearer += found->cost > problem.baseCost().count;
  }
}

class ExhaustiveSearches : public testing::TestWithParam<ScheduleClass> {};

TEST_P(ExhaustiveSearches, AgreeWithAllSchedules) {
  TestRandom random(1);
  int dearer = 0;
  for (int turn = 0; turn < 400; ++turn) {
    compareWithAllSchedules(shapedProblem(random, allShapes[turn % std::size(allShapes)], 5),
                            GetParam(), GetParam() == ScheduleClass::AnyOrder ? 8 : 9, dearer);
    if (HasFailure())
      FAIL() << "turn " << turn;
  }
  EXPECT_GT(dearer, 40);
}

INSTANTIATE_TEST_SUITE_P(Classes, ExhaustiveSearches,
                         testing::Values(ScheduleClass::BaseOrder, ScheduleClass::Staged,
                                         ScheduleClass::AnyOrder));

TEST(ExhaustiveSearch, StagedSchedulesRunAgainInBaseOrder) {
  // Nothing fits beside `wide`, so b and d run again for the last op: d first,
  // while there is room for the a that it needs.
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  ValueId b = addOp(problem, {}, {15}), a = addOp(problem, {}, {20}), d = addOp(problem, {a}, {5});
  ValueId wide = addOp(problem, {}, {36}), e = addOp(problem, {wide}, {1});
  setOutputs(problem, {addOp(problem, {b, d, e}, {1})});
  std::optional<Found> found = ExhaustiveSearch(problem).cheapest(Bytes(37));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->schedule, (Schedule{0, 1, 2, 3, 4, 1, 2, 0, 5}));
  ExhaustiveSearch staged(problem, ScheduleClass::Staged);
  EXPECT_FALSE(staged.cheapest(Bytes(37)));
  EXPECT_EQ(staged.smallestPeak().peak, 41);
}

TEST(ExhaustiveSearch, RunsWhatItHasToAgain) {
  // a (10) is read first and last; b (20) and c (5) lie between.
  Problem problem = smallProblem();
  ExhaustiveSearch search(problem);
  std::optional<Found> found = search.cheapest(Bytes(35));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->schedule, (Schedule{0, 1, 2, 3}));
  found = search.cheapest(Bytes(34));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->schedule, (Schedule{0, 1, 2, 0, 3}));
  EXPECT_EQ(found->cost, 5);
  EXPECT_EQ(search.smallestPeak().peak, 30);
  EXPECT_FALSE(search.cheapest(Bytes(29)));
}

TEST(ExhaustiveSearch, AnotherOrderMayNeedLess) {
  // Two producers of 10 and their two readers of 1, producers first.
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  ValueId a = addOp(problem, {}, {10}), b = addOp(problem, {}, {10});
  problem.graph.ops[0].recomputable = problem.graph.ops[1].recomputable = false;
  setOutputs(problem, {addOp(problem, {a}, {1}), addOp(problem, {b}, {1})});
  EXPECT_EQ(ExhaustiveSearch(problem).smallestPeak().peak, 21);
  ExhaustiveSearch search(problem, ScheduleClass::AnyOrder);
  EXPECT_EQ(search.smallestPeak().peak, 12);
  std::optional<Found> found = search.cheapest(Bytes(12));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->cost, 4);
}

} // namespace
