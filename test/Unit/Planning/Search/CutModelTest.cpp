//===- CutModelTest.cpp - cuts against brute force -----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/CutModel.h"

#include "ExhaustiveSearch.h"
#include "TestProblems.h"

#include <gtest/gtest.h>
#include <limits>

using namespace remat::planning;
using namespace remat::planning::search;

namespace {

/// The smallest objective at one cut, over all sets of ops that run again.
/// Literal: availability is followed until nothing changes.
int64_t smallestObjective(const SearchGraph &graph, int32_t cut, const CutPrices &prices,
                          bool freeWorkingSet) {
  int64_t best = std::numeric_limits<int64_t>::max();
  std::vector<char> isFree(graph.valueCount(), 0);
  if (freeWorkingSet) {
    for (int32_t value : graph.inputs(cut))
      isFree[value] = 1;
    for (int32_t value = graph.firstResult(cut); value < graph.firstResult(cut + 1); ++value)
      isFree[value] = 1;
  }
  for (uint32_t again = 0; again < uint32_t(1) << (cut + 1); ++again) {
    bool allowed = true;
    int64_t cost = 0, bytes = 0;
    std::vector<char> read(graph.valueCount(), 0);
    for (int32_t op = 0; op <= graph.opCount(); ++op)
      if (op > cut || again >> op & 1)
        for (int32_t value : graph.inputs(op))
          read[value] = graph.producer(value) <= cut;
    for (int32_t op = 0; op <= cut; ++op) {
      bool runs = again >> op & 1;
      allowed &= !runs || graph.recomputable(op);
      cost += runs ? graph.cost(op) : 0;
      for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value)
        bytes += read[value] && !runs && !isFree[value] ? graph.bytes(value) : 0;
    }
    if (allowed)
      best = std::min(best, prices.cost * cost + prices.bytes[0] * bytes);
  }
  return best;
}

/// Not the shapes with side branches: there a window may lower the minimum, as
/// an op does not imply an input whose window is shorter than its own.
Problem randomStep(TestRandom &random, int64_t maxOps) {
  constexpr Shape shapes[] = {Shape::Random, Shape::Chain, Shape::UNet, Shape::Dag, Shape::Mirror};
  return shapedProblem(random, shapes[random.below(std::size(shapes))], maxOps);
}

TEST(CutModel, OneCutIsTheCheapestSetOfOps) {
  TestRandom random(2);
  for (int turn = 0; turn < 2000; ++turn) {
    Problem problem = randomStep(random, 8);
    SearchGraph graph(problem);
    auto cut = static_cast<int32_t>(random.below(graph.opCount()));
    CutModel::Options options;
    options.freeWorkingSet = random.oneIn(2);
    CutModel model(graph, {cut}, options);
    for (int price = 0; price < 4; ++price) {
      CutPrices prices{random.below(4), {random.below(5)}};
      CutSolution solution = model.solve(prices);
      ASSERT_EQ(static_cast<int64_t>(solution.value),
                smallestObjective(graph, cut, prices, options.freeWorkingSet))
          << "turn " << turn;
      EXPECT_EQ(solution.value, prices.cost * solution.cost + prices.bytes[0] * solution.bytes[0]);
      int64_t cost = 0, bytes = 0;
      for (int32_t op : model.again(solution, 0))
        cost += graph.cost(op);
      for (int32_t value : model.stored(solution, 0)) {
        std::span<const int32_t> inputs = graph.inputs(cut);
        bool working = graph.producer(value) == cut ||
                       std::find(inputs.begin(), inputs.end(), value) != inputs.end();
        bytes += options.freeWorkingSet && working ? 0 : graph.bytes(value);
      }
      EXPECT_EQ(cost, solution.cost);
      EXPECT_EQ(bytes, solution.bytes[0]);
    }
  }
}

/// The cheapest schedule of all costs and stores no less than the minimum at any
/// prices, for any cuts, with and without windows; and windows never lower it.
TEST(CutModel, MinimaAreBelowTheOptimumForAnyCutsAndPrices) {
  TestRandom random(3);
  int above = 0, windowsHelp = 0;
  for (int turn = 0; turn < 4000; ++turn) {
    Problem problem = randomStep(random, 10);
    SearchGraph graph(problem);
    std::vector<int64_t> profile = baseProfile(graph);
    int64_t peak = *std::max_element(profile.begin(), profile.end());
    int64_t limit = peak - random.below(peak / 2 + 1);
    std::optional<Found> optimum =
        ExhaustiveSearch(problem).cheapest(Bytes(limit + graph.fixedBytes()));
    if (!optimum)
      continue;
    int64_t extra = optimum->cost - graph.baseCost();
    std::vector<int32_t> cuts;
    for (int32_t op = 0; op < graph.opCount(); ++op)
      if (random.oneIn(3))
        cuts.push_back(op);
    if (cuts.empty())
      continue;
    CutModel::Options single;
    single.windows = false;
    CutModel windows(graph, cuts), plain(graph, cuts, single);
    for (int price = 0; price < 10; ++price) {
      CutPrices prices{1 + random.below(12), {}};
      __int128 room = 0;
      for (int32_t k = 0; k < windows.cutCount(); ++k) {
        prices.bytes.push_back(random.oneIn(3) ? 0 : random.below(3));
        room += prices.bytes[k] * (limit - windows.workingSet(k));
      }
      __int128 value = windows.solve(prices).value, without = plain.solve(prices).value;
      ASSERT_LE(value - room, prices.cost * extra) << "turn " << turn;
      ASSERT_LE(without, value) << "turn " << turn;
      above += value > room;
      windowsHelp += value > without;
    }
  }
  EXPECT_GT(above, 500);
  EXPECT_GT(windowsHelp, 100);
}

TEST(CutModel, DecisionsLeaveTheBestOfTheRest) {
  TestRandom random(4);
  for (int turn = 0; turn < 500; ++turn) {
    Problem problem = randomStep(random, 10);
    SearchGraph graph(problem);
    CutModel model(graph, {static_cast<int32_t>(random.below(graph.opCount()))});
    CutPrices prices{1 + random.below(3), {random.below(4)}};
    CutSolution all = model.solve(prices);
    for (int32_t node = 0; node < model.nodeCount(); ++node) {
      __int128 least = kUnboundedFlow;
      for (bool selected : {true, false}) {
        CutDecision decision{node, selected};
        if (!model.decide({&decision, 1}))
          continue;
        CutSolution part = model.solve(prices);
        EXPECT_EQ(part.selected[node], selected);
        EXPECT_LE(all.value, part.value);
        least = std::min(least, part.value);
      }
      EXPECT_EQ(least, all.value);
    }
    ASSERT_TRUE(model.decide({}));
    EXPECT_EQ(model.solve(prices).value, all.value);
  }
}

TEST(CutModel, RefusesDecisionsThatContradictEachOther) {
  // c reads b reads a; all is read after the cut or for it.
  Problem problem;
  ValueId a = addOp(problem, {}, {10});
  ValueId b = addOp(problem, {a}, {10});
  ValueId other = addOp(problem, {}, {1});
  setOutputs(problem, {addOp(problem, {b, other}, {1})});
  problem.scope = BudgetScope::NonArguments;
  SearchGraph graph(problem);
  CutModel model(graph, {2});
  // Running b's op again makes a available: find that pair of nodes.
  bool found = false;
  for (int32_t op = 0; op < model.nodeCount(); ++op)
    for (int32_t value = 0; value < model.nodeCount(); ++value) {
      std::vector<CutDecision> decisions{{op, true}, {value, false}};
      found |= op != value && !model.decide(decisions);
    }
  EXPECT_TRUE(found);
}

TEST(CutModel, WeightsChangeThePriceNotTheBytes) {
  Problem problem;
  ValueId a = addOp(problem, {}, {10}, 3);
  ValueId b = addOp(problem, {}, {10}, 3);
  ValueId c = addOp(problem, {}, {1});
  setOutputs(problem, {addOp(problem, {a, b, c}, {1})});
  problem.scope = BudgetScope::NonArguments;
  SearchGraph graph(problem);
  CutModel::Options options;
  options.weights = {1, 2, 1, 1};
  CutModel model(graph, {2}, options);
  CutSolution solution = model.solve({5, {1}}); // 15 to run again; 10 and 20 to store
  EXPECT_EQ(model.stored(solution, 0), (std::vector<int32_t>{0, 2}));
  EXPECT_EQ(model.again(solution, 0), (std::vector<int32_t>{1}));
  EXPECT_EQ(solution.bytes, (std::vector<int64_t>{10}));
  EXPECT_EQ(solution.cost, 3);
  EXPECT_EQ(solution.value, 25);
}

TEST(CutModel, PricesKeepTheSumsInRange) {
  constexpr int64_t huge = int64_t(1) << 59;
  Problem problem;
  ValueId a = addOp(problem, {}, {huge}, huge);
  ValueId c = addOp(problem, {}, {1});
  setOutputs(problem, {addOp(problem, {a, c}, {0}, 0)});
  problem.scope = BudgetScope::NonArguments;
  SearchGraph graph(problem);
  CutModel model(graph, {1});
  EXPECT_FALSE(model.fits({4, {0}}));
  for (auto [numerator, denominator] :
       {std::pair<int64_t, int64_t>{1, 3}, {1, 1}, {huge, 1}, {0, 1}}) {
    CutPrices prices = model.priceOf(numerator, denominator);
    EXPECT_TRUE(model.fits(prices));
    EXPECT_LE(static_cast<__int128>(prices.bytes[0]) * denominator,
              static_cast<__int128>(prices.cost) * numerator);
  }
  EXPECT_EQ(model.priceOf(1, 1).bytes[0], model.priceOf(1, 1).cost);
}

} // namespace
