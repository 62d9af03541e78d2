//===- SearchStateTest.cpp - the state of a search against the simulator --===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestProblems.h"

#include "remat/Planning/Recompute/Simulator.h"
#include "remat/Planning/Search/Repair.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace remat::planning;
using namespace remat::planning::search;

namespace {

/// What the state says of its schedule is what the simulator measures.
void expectSimulated(const Problem &problem, SearchState &state, int64_t limit) {
  const SearchGraph &graph = state.graph();
  Simulation simulation =
      simulate(problem, scheduleOf(graph, state.recomputations()), /*trace=*/true);
  EXPECT_EQ(simulation.peak.count, state.profile().maximum() + graph.fixedBytes());
  EXPECT_EQ(simulation.cost.count, graph.baseCost() + state.extraCost());
  int64_t outputs = 0, excess = 0;
  for (int32_t value : graph.inputs(graph.opCount()))
    outputs += graph.bytes(value);
  for (Bytes live : simulation.liveAtStep)
    excess += std::max<int64_t>(live.count - graph.fixedBytes() - limit, 0);
  // END, where the outputs are live, is a position of the profile only.
  EXPECT_EQ(excess + std::max<int64_t>(outputs - limit, 0), state.profile().excess());
}

/// Problems of a few ops, and of so many that the profile has several blocks.
class SearchStates : public testing::TestWithParam<int64_t> {};

TEST_P(SearchStates, AgreeWithTheSimulatorAfterEveryChange) {
  TestRandom random(static_cast<uint64_t>(GetParam()));
  for (int turn = 0; turn < 6000 / GetParam(); ++turn) {
    Problem problem = randomProblem(random, GetParam());
    SearchGraph graph(problem);
    int64_t limit = random.below(60);
    SearchState state(graph, limit);
    for (int change = 0; change < 30; ++change) {
      Recomputations before = state.recomputations();
      state.commit();
      auto op = static_cast<int32_t>(random.below(graph.opCount()));
      auto stage = static_cast<int32_t>(op + 1 + random.below(graph.opCount() - op));
      Key key = SearchState::keyOf(stage, op);
      if (random.oneIn(2) && graph.recomputable(op) && !state.runsAt(op, key)) {
        random.oneIn(2) ? state.insert(op, key) : state.insertOnly(op, key);
      } else if (!before.empty()) {
        Recomputation one = before[random.below(static_cast<int64_t>(before.size()))];
        state.erase(one.op, SearchState::keyOf(one.stage, one.op));
      }
      expectSimulated(problem, state, limit);
      if (random.oneIn(4)) {
        state.undo(0);
        EXPECT_EQ(state.recomputations(), before);
        expectSimulated(problem, state, limit);
      }
      if (HasFailure())
        FAIL() << "turn " << turn << ", change " << change;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, SearchStates, testing::Values(6, 20, 200));

/// A repair that says that the plan fits is right, and pruning keeps it so.
TEST(Repairer, BringsPlansWithinTheLimit) {
  TestRandom random(7);
  int fitted = 0;
  for (int turn = 0; turn < 400; ++turn) {
    Problem problem = randomProblem(random, 40);
    SearchGraph graph(problem);
    std::vector<int64_t> profile = baseProfile(graph);
    int64_t peak = *std::max_element(profile.begin(), profile.end());
    int64_t limit = peak / 2 + random.below(peak / 2 + 1);
    Repairer repairer(graph, limit, 1);
    repairer.updatePrices();
    RepairOptions options;
    options.costLimit = 10 * graph.baseCost() + 10;
    if (!repairer.repair(options))
      continue;
    expectSimulated(problem, repairer.state(), limit);
    EXPECT_LE(repairer.state().profile().maximum(), limit);
    int64_t extra = repairer.state().extraCost();
    repairer.prune();
    EXPECT_LE(repairer.state().extraCost(), extra);
    EXPECT_TRUE(repairer.state().fits());
    expectSimulated(problem, repairer.state(), limit);
    fitted += peak > limit;
  }
  EXPECT_GT(fitted, 50);
}

/// Tries each recomputation, dear ones first: what `Repairer::prune` has to come to.
Recomputations prunedByTrial(const SearchGraph &graph, int64_t limit, const Recomputations &plan,
                             Random dice) {
  SearchState state(graph, limit);
  state.reset(plan);
  std::vector<std::pair<int64_t, Recomputation>> order;
  for (Recomputation one : plan)
    order.emplace_back(-graph.cost(one.op) * (512 + dice.below(1024)), one);
  std::sort(order.begin(), order.end());
  for (const auto &[rank, one] : order)
    if (Key key = SearchState::keyOf(one.stage, one.op); state.runsAt(one.op, key)) {
      size_t mark = state.mark();
      state.erase(one.op, key);
      if (!state.fits())
        state.undo(mark);
    }
  return state.recomputations();
}

/// Its quick no is never wrong.
TEST(Repairer, PrunesWhatRoomIsLeftFor) {
  TestRandom random(8);
  int64_t before = 0, after = 0;
  for (int turn = 0; turn < 1500; ++turn) {
    Problem problem = randomProblem(random, turn % 2 ? 20 : 60);
    SearchGraph graph(problem);
    int64_t peak = measure(graph, {}).peak;
    int64_t limit = peak / 2 + random.below(peak / 2 + 1);
    Repairer repairer(graph, limit / 10 * 9, 1);
    repairer.updatePrices();
    RepairOptions options;
    options.costLimit = 10 * graph.baseCost() + 10;
    options.noise = 100;
    repairer.repair(options);
    Recomputations plan = repairer.state().recomputations();
    if (measure(graph, plan).peak > limit)
      continue;
    Repairer pruner(graph, limit, 5);
    pruner.state().reset(plan);
    pruner.prune();
    Recomputations pruned = pruner.state().recomputations();
    ASSERT_EQ(pruned, prunedByTrial(graph, limit, plan, Random(5))) << "turn " << turn;
    before += static_cast<int64_t>(plan.size());
    after += static_cast<int64_t>(pruned.size());
  }
  EXPECT_LT(after, before);
  EXPECT_GT(after, before / 4);
}

} // namespace
