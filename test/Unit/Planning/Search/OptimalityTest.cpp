//===- OptimalityTest.cpp - strategies against the optimum ----------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Distribution.h"
#include "ExhaustiveSearch.h"
#include "TestProblems.h"
#include "remat/Planning/Recompute/Simulator.h"
#include "remat/Planning/Recompute/Strategy.h"
#include "remat/Planning/Recompute/Verify.h"
#include "remat/Planning/Search/Reorder.h"

#include <gtest/gtest.h>

using namespace remat::planning;

namespace {

/// Every strategy that is compared; a new one joins here.
struct Contender {
  StrategyKind kind;
  Effort effort;
  int every; ///< of so many problems, one
};
constexpr Contender contenders[] = {{StrategyKind::Chen, Effort::Default, 1},
                                    {StrategyKind::Kusumoto, Effort::Default, 1},
                                    {StrategyKind::Best, Effort::Fast, 1},
                                    {StrategyKind::Best, Effort::Default, 128}};

constexpr int problemsPerShape = 15000; // 105,000 in all
constexpr int64_t maxOps = 10;

/// One strategy's answers.
struct Record {
  int plans = 0, missed = 0;
  Distribution toOptimum, boundGap;
};

/// Checks an answer against the truth. `optimum`: nothing when no schedule fits.
void check(const Problem &problem, const PlanResult &result, const std::optional<Found> &optimum,
           const std::optional<Found> &smallest, Record &record) {
  if (result.plan) {
    ASSERT_TRUE(optimum) << "a plan where no schedule fits";
    Status status = verify(problem, *result.plan, result.budget);
    EXPECT_TRUE(status) << status.error().message;
    EXPECT_GE(result.plan->cost.count, optimum->cost);
    if (result.status == PlanStatus::Optimal)
      EXPECT_EQ(result.plan->cost.count, optimum->cost);
    record.toOptimum.add(result.plan->cost.count, optimum->cost);
    ++record.plans;
  } else {
    ASSERT_TRUE(result.witness);
    if (optimum)
      EXPECT_NE(result.status, PlanStatus::Infeasible) << "a schedule fits";
    if (smallest)
      EXPECT_LE(result.witness->floor.count, smallest->peak);
    record.missed += optimum.has_value();
  }
  if (optimum) {
    EXPECT_LE(result.bound.count, optimum->cost);
    record.boundGap.add(optimum->cost, result.bound.count);
  }
  if (smallest)
    EXPECT_GE(result.smallestPeak.count, smallest->peak);
}

/// Every strategy at one budget of each of many problems.
class Comparison {
public:
  void run(const Problem &problem, int64_t budget, const std::optional<Found> &optimum,
           const std::optional<Found> &smallest) {
    ++problems;
    unreachable += !optimum;
    StrategyOptions options;
    options.budget = {Budget::Kind::Bytes, budget};
    for (size_t i = 0; i < std::size(contenders); ++i) {
      if (problems % contenders[i].every != 0)
        continue;
      options.kind = contenders[i].kind;
      options.effort = contenders[i].effort;
      check(problem, solve(problem, options), optimum, smallest, records[i]);
    }
  }

  void print() {
    std::printf("  %d graphs, %d budgets that no schedule meets\n", problems, unreachable);
    for (size_t i = 0; i < std::size(contenders); ++i) {
      std::printf("  %s effort=%s: %d plans, %d missed\n",
                  std::string(toString(contenders[i].kind)).c_str(),
                  std::string(toString(contenders[i].effort)).c_str(), records[i].plans,
                  records[i].missed);
      records[i].toOptimum.print("plan / optimum");
      records[i].boundGap.print("optimum / bound");
      EXPECT_GT(records[i].plans, 20);
    }
    EXPECT_LT(unreachable, problems / 2);
  }

private:
  int problems = 0, unreachable = 0;
  std::vector<Record> records = std::vector<Record>(std::size(contenders));
};

/// The next problem of a shape in which some schedule might need less than the
/// base order.
Problem nextProblem(TestRandom &random, Shape shape, int64_t &floor, int64_t &plain) {
  while (true) {
    Problem problem = shapedProblem(random, shape, maxOps);
    floor = floorOf(problem).bytes.count;
    plain = simulate(problem, baseSchedule(problem)).peak.count;
    if (floor < plain && floor > 0)
      return problem;
  }
}

class Optimality : public testing::TestWithParam<Shape> {};

/// Budgets lie between the floor, which is included, and the plain peak, which
/// is not: every plan needs recomputation.
TEST_P(Optimality, NoPlanIsCheaperAndNoBoundHigher) {
  TestRandom random(100 + static_cast<uint64_t>(GetParam()));
  Comparison comparison;
  int staged = 0, notStaged = 0;
  for (int turn = 0; turn < problemsPerShape; ++turn) {
    int64_t floor, plain;
    Problem problem = nextProblem(random, GetParam(), floor, plain);
    int64_t budget = floor + random.below(plain - floor);
    ExhaustiveSearch search(problem);
    std::optional<Found> optimum = search.cheapest(Bytes(budget)), smallest;
    if (turn % 8 == 0) {
      smallest = search.smallestPeak();
      std::optional<Found> inStages =
          ExhaustiveSearch(problem, ScheduleClass::Staged).cheapest(Bytes(budget));
      staged += optimum.has_value();
      notStaged += optimum && (!inStages || inStages->cost > optimum->cost);
      EXPECT_TRUE(!inStages || (optimum && inStages->cost >= optimum->cost));
    }
    comparison.run(problem, budget, optimum, smallest);
    if (HasFailure())
      FAIL() << "turn " << turn;
  }
  comparison.print();
  std::printf("  %d of %d optima are out of reach of staged schedules\n", notStaged, staged);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Optimality, testing::ValuesIn(allShapes),
                         [](const auto &info) { return toString(info.param); });

/// The same where forward and backward ops stand in any mixture.
TEST(InterleavedOptimality, NoPlanIsCheaperAndNoBoundHigher) {
  TestRandom random(300);
  Comparison comparison;
  for (int turn = 0; turn < problemsPerShape; ++turn) {
    int64_t floor, plain;
    Problem problem = nextProblem(random, allShapes[turn % std::size(allShapes)], floor, plain);
    for (Op &op : problem.graph.ops)
      op.phase = static_cast<Phase>(random.below(3));
    int64_t budget = floor + random.below(plain - floor);
    comparison.run(problem, budget, ExhaustiveSearch(problem).cheapest(Bytes(budget)), {});
    if (HasFailure())
      FAIL() << "turn " << turn;
  }
  comparison.print();
}

/// What is true of the plans of a problem at a budget: any order, and the base order.
struct Truth {
  std::optional<Found> any, before;
};

/// Plans with order=reorder against the truth, and against plans in base order.
void checkReordering(const Problem &problem, Bytes budget, const Truth &truth, Contender contender,
                     int &reordered) {
  StrategyOptions options;
  options.kind = contender.kind;
  options.effort = contender.effort;
  options.budget = {Budget::Kind::Bytes, budget.count};
  PlanResult base = solve(problem, options);
  options.order = PlanOrder::Reorder;
  PlanResult result = solve(problem, options);
  EXPECT_EQ(result.plainPeak, base.plainPeak);
  EXPECT_LE(result.smallestPeak, base.smallestPeak);
  if (!result.plan) {
    EXPECT_FALSE(base.plan);
    ASSERT_TRUE(result.witness);
    if (truth.any)
      EXPECT_EQ(result.status, PlanStatus::NoPlanFound) << "a schedule fits";
    return;
  }
  ASSERT_TRUE(truth.any) << "a plan where no schedule fits";
  Status status = verify(problem, *result.plan, result.budget);
  EXPECT_TRUE(status) << status.error().message;
  EXPECT_GE(result.plan->cost.count, truth.any->cost);
  if (base.plan)
    EXPECT_LE(std::tie(result.plan->cost, result.plan->peak),
              std::tie(base.plan->cost, base.plan->peak));
  bool isMoved = result.plan->order == PlanOrder::Reorder;
  reordered += isMoved;
  std::optional<Found> optimum = truth.before;
  if (isMoved) { // the order of `reorder`, or one that the plan led to
    search::Order order = search::orderOf(problem, result.plan->schedule);
    optimum = ExhaustiveSearch(search::permuted(problem, order)).cheapest(budget);
  }
  ASSERT_TRUE(optimum);
  EXPECT_LE(result.bound.count, optimum->cost);
  EXPECT_EQ(result.status == PlanStatus::Optimal, result.bound == result.plan->cost);
}

class ReorderedOptimality : public testing::TestWithParam<Shape> {};

/// After `reorder`, at budgets as before. Costs are compared with the optimum of
/// every order; a bound speaks of the new base order only.
TEST_P(ReorderedOptimality, NoPlanIsCheaperThanInAnyOrder) {
  TestRandom random(200 + static_cast<uint64_t>(GetParam()));
  Comparison comparison;
  Distribution toAnyOrder, toBaseOrder;
  int anyOrder = 0, newOrder = 0, baseOrder = 0, reordered = 0;
  for (int turn = 0; turn < problemsPerShape; ++turn) {
    int64_t floor, plain;
    Problem problem = nextProblem(random, GetParam(), floor, plain);
    Problem moved = search::permuted(problem, search::reorder(problem));
    Bytes budget(floor + random.below(plain - floor));
    std::optional<Found> any = ExhaustiveSearch(problem, ScheduleClass::AnyOrder).cheapest(budget);
    std::optional<Found> after = ExhaustiveSearch(moved).cheapest(budget);
    std::optional<Found> before = ExhaustiveSearch(problem).cheapest(budget);
    if (after) {
      ASSERT_TRUE(any);
      EXPECT_LE(any->cost, after->cost);
      toAnyOrder.add(after->cost, any->cost);
      if (before)
        toBaseOrder.add(after->cost, before->cost);
    }
    anyOrder += any.has_value();
    newOrder += after.has_value();
    baseOrder += before.has_value();
    comparison.run(moved, budget.count, after, std::nullopt);
    for (const Contender &contender : contenders)
      if (turn % (16 * contender.every) == 0)
        checkReordering(problem, budget, {any, before}, contender, reordered);
    if (HasFailure())
      FAIL() << "turn " << turn;
  }
  comparison.print();
  std::printf("  budgets met in any order %d, after reorder %d, in base order %d; optima:\n",
              anyOrder, newOrder, baseOrder);
  toAnyOrder.print("after / any");
  toBaseOrder.print("after / base");
  EXPECT_GT(newOrder, baseOrder);
  EXPECT_GT(reordered, 100);
}

INSTANTIATE_TEST_SUITE_P(Shapes, ReorderedOptimality,
                         testing::Values(Shape::Random, Shape::Branches, Shape::Updates),
                         [](const auto &info) { return toString(info.param); });

} // namespace
