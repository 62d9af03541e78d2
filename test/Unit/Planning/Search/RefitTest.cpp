//===- RefitTest.cpp - plans made again within a limit --------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExhaustiveSearch.h"
#include "TestProblems.h"

#include "remat/Planning/Recompute/Simulator.h"
#include "remat/Planning/Recompute/Verify.h"
#include "remat/Planning/Search/RefittedPlans.h"

#include <gtest/gtest.h>

using namespace remat::planning;
using namespace remat::planning::search;

namespace {

Problem randomStep(TestRandom &random, int64_t maxOps) {
  return shapedProblem(random, allShapes[random.below(std::size(allShapes))], maxOps);
}

/// Some runs, of which nothing is useless.
Recomputations randomGuide(TestRandom &random, const SearchGraph &graph) {
  SearchState state(graph, 0);
  for (int64_t left = random.below(12); left > 0; --left) {
    auto op = static_cast<int32_t>(random.below(graph.opCount()));
    auto stage = static_cast<int32_t>(op + 1 + random.below(graph.opCount() - op));
    if (Key key = SearchState::keyOf(stage, op); graph.recomputable(op) && !state.runsAt(op, key)) {
      state.insert(op, key);
      state.eraseIfUseless(op, key);
    }
  }
  return state.recomputations();
}

RefitOptions randomOptions(TestRandom &random) {
  RefitOptions options;
  options.ancestors = static_cast<int32_t>(random.below(5));
  options.distance = random.oneIn(2);
  options.pressure = random.oneIn(2) ? 15 : 0;
  options.surplus = random.oneIn(2) ? 1 : 100;
  options.noise = random.oneIn(2) ? 0 : 1024;
  options.seed = static_cast<uint64_t>(random.below(1000));
  return options;
}

/// The plan is one, and measures what it says.
void expectPlan(const Problem &problem, const SearchGraph &graph, const Measured &measured) {
  Plan plan;
  plan.schedule = scheduleOf(graph, measured.recomputations);
  Simulation simulation = simulate(problem, plan.schedule);
  plan.peak = simulation.peak;
  plan.cost = simulation.cost;
  Status status = verify(problem, plan, std::nullopt);
  EXPECT_TRUE(status) << status.error().message;
  EXPECT_EQ(simulation.peak.count, measured.peak + graph.fixedBytes());
  EXPECT_EQ(simulation.cost.count, graph.baseCost() + measured.extra);
}

TEST(Refit, MakesPlansFromAnyGuideAtAnyLimit) {
  TestRandom random(3);
  int lowered = 0, turns = 3000;
  for (int turn = 0; turn < turns; ++turn) {
    Problem problem = randomStep(random, 30);
    SearchGraph graph(problem);
    Refitter refitter(graph);
    Measured guide = measure(graph, randomGuide(random, graph));
    int64_t limit = random.below(guide.peak + 1);
    std::optional<Measured> plan =
        refitter.refit(guide.recomputations, limit, randomOptions(random));
    ASSERT_TRUE(plan);
    expectPlan(problem, graph, *plan);
    lowered += plan->peak < guide.peak;
    if (HasFailure())
      FAIL() << "turn " << turn;
  }
  EXPECT_GT(lowered, turns / 2);
}

TEST(Refit, IsHardlyEverDearerThanAGuideThatFits) {
  TestRandom random(4);
  int cheaper = 0, worse = 0;
  for (int turn = 0; turn < 3000; ++turn) {
    Problem problem = randomStep(random, 30);
    SearchGraph graph(problem);
    Refitter refitter(graph);
    Measured guide = measure(graph, randomGuide(random, graph));
    int64_t limit = guide.peak + random.below(20);
    std::optional<Measured> plan =
        refitter.refit(guide.recomputations, limit, randomOptions(random));
    ASSERT_TRUE(plan);
    // What stays until its run in the guide is not made room of in that stage.
    worse += plan->peak > limit || plan->extra > guide.extra;
    cheaper += plan->extra < guide.extra;
    if (HasFailure())
      FAIL() << "turn " << turn;
  }
  EXPECT_GT(cheaper, 300);
  EXPECT_LT(worse, 30);
}

/// Against all schedules of the class: never better, and mostly there.
TEST(Refit, MostlyFindsAPlanWhereThereIsOne) {
  TestRandom random(5);
  int possible = 0, reached = 0, optimal = 0;
  for (int turn = 0; turn < 700; ++turn) {
    Problem problem = randomStep(random, 10);
    SearchGraph graph(problem);
    Measured base = measure(graph, {});
    int64_t limit = base.peak / 2 + random.below(base.peak / 2 + 1);
    std::optional<Found> optimum = ExhaustiveSearch(problem, ScheduleClass::Staged)
                                       .cheapest(Bytes(limit + graph.fixedBytes()));
    RefittedPlans refits(graph, limit);
    const Measured *guides[] = {&base};
    refits.run(guides, {.allowance = 2000});
    EXPECT_LT(refits.work(), 4000);
    possible += optimum.has_value();
    reached += !refits.plans().empty();
    if (refits.plans().empty())
      continue;
    ASSERT_TRUE(optimum);
    EXPECT_LE(refits.plans().front().peak, limit);
    EXPECT_GE(graph.baseCost() + refits.plans().front().extra, optimum->cost);
    optimal += graph.baseCost() + refits.plans().front().extra == optimum->cost;
    for (size_t i = 1; i < refits.plans().size(); ++i)
      EXPECT_LT(refits.plans()[i - 1].extra, refits.plans()[i].extra);
  }
  EXPECT_GT(reached * 100, possible * 90);
  EXPECT_GT(optimal * 100, possible * 70);
}

/// r (from p and q) does not fit beside `wide`; made again beside e, which waits
/// for the same reader, it would need 41 bytes, before e's inputs 31.
TEST(Refit, StartsEarlierWhatDoesNotFitBesideWhatWaits) {
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  ValueId arg = addArgument(problem, 5);
  ValueId p = addOp(problem, {arg}, {10}), q = addOp(problem, {arg}, {10});
  ValueId r = addOp(problem, {p, q}, {10});
  ValueId wide = addOp(problem, {arg}, {25}), narrow = addOp(problem, {wide}, {1});
  ValueId d = addOp(problem, {arg}, {10}), e = addOp(problem, {d}, {10});
  setOutputs(problem, {addOp(problem, {r, e, narrow}, {10})});
  SearchGraph graph(problem);
  Refitter refitter(graph);
  std::optional<Measured> plan = refitter.refit({}, 34, {});
  ASSERT_TRUE(plan);
  expectPlan(problem, graph, *plan);
  EXPECT_EQ(plan->peak, 31);
  EXPECT_EQ(plan->extra, 3);
}

/// The work allowed bounds a refit.
TEST(Refit, EndsWhenItTakesTooLong) {
  TestRandom random(6);
  Problem problem = shapedProblem(random, Shape::Chain, 200);
  SearchGraph graph(problem);
  Refitter refitter(graph);
  EXPECT_FALSE(refitter.refit({}, 60, {}, 10));
  EXPECT_TRUE(refitter.refit({}, 60, {}));
}

} // namespace
