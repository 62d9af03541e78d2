//===- ReorderTest.cpp - another base order that needs less memory --------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/Reorder.h"

#include "Distribution.h"
#include "ExhaustiveSearch.h"
#include "TestProblems.h"
#include "remat/Planning/Recompute/Simulator.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace remat::planning;
using search::Order;
using search::permuted;
using search::reorder;

namespace {

int64_t plainPeak(const Problem &problem) {
  return simulate(problem, baseSchedule(problem)).peak.count;
}

OpId lastForward(const Problem &problem) {
  OpId last = kNoOp;
  for (OpId op = 0; op < static_cast<OpId>(problem.graph.ops.size()); ++op)
    if (problem.graph.ops[op].phase == Phase::Forward)
      last = op;
  return last;
}

/// (before, after): readers of an argument, and what takes its buffer over.
std::vector<std::pair<OpId, OpId>> takeovers(const Problem &problem) {
  const Graph &graph = problem.graph;
  std::vector<std::pair<OpId, OpId>> pairs;
  for (size_t output = 0; output < graph.outputs.size(); ++output) {
    if (!problem.donation || !graph.donated[output])
      continue;
    OpId after = graph.values[graph.outputs[output]].producer;
    ValueId argument = graph.arguments[*graph.donated[output]];
    for (OpId op = 0; op < after; ++op)
      if (std::ranges::count(graph.ops[op].inputs, argument))
        pairs.emplace_back(op, after);
  }
  return pairs;
}

/// The smallest plain peak of all orders that `reorder` may return, from sets
/// of ops that ran, smaller sets first.
int64_t smallestPlainPeak(const Problem &problem) {
  const Graph &graph = problem.graph;
  size_t ops = graph.ops.size();
  std::vector<Bytes> charge = problem.charges();
  std::vector<uint32_t> needs(ops, 0), readers(graph.values.size(), 0);
  OpId loss = lastForward(problem);
  for (size_t op = 0, once = ops; op < ops; ++op) {
    for (ValueId value : graph.ops[op].inputs) {
      readers[value] |= 1u << op;
      if (graph.values[value].producer != kNoOp)
        needs[op] |= 1u << graph.values[value].producer;
    }
    if (loss >= 0 && static_cast<OpId>(op) > loss)
      needs[op] |= 1u << loss;
    if (graph.ops[op].recomputable)
      continue;
    if (once < ops)
      needs[op] |= 1u << once;
    once = op;
  }
  for (auto [before, after] : takeovers(problem))
    needs[after] |= 1u << before;
  for (ValueId value : graph.outputs)
    readers[value] |= 1u << ops;
  std::vector<int64_t> least(size_t(1) << ops, std::numeric_limits<int64_t>::max());
  least[0] = 0;
  for (uint32_t ran = 0; ran + 1 < least.size(); ++ran) {
    if (least[ran] == std::numeric_limits<int64_t>::max())
      continue;
    int64_t live = 0;
    for (size_t value = 0; value < charge.size(); ++value)
      if (OpId producer = graph.values[value].producer;
          producer != kNoOp && (ran >> producer & 1) && (readers[value] & ~ran) != 0)
        live += charge[value].count;
    for (size_t op = 0; op < ops; ++op) {
      if ((ran >> op & 1) || (needs[op] & ~ran) != 0)
        continue;
      int64_t during = live;
      for (ValueId value : graph.ops[op].results)
        during += charge[value].count;
      int64_t &after = least[ran | 1u << op];
      after = std::min(after, std::max(least[ran], during));
    }
  }
  return least.back() + problem.fixedBytes().count;
}

/// Checks an order against the rules and returns the problem in it.
Problem checkedOrder(const Problem &problem, const Order &order) {
  Problem moved = permuted(problem, order);
  Status status = moved.check();
  EXPECT_TRUE(status) << status.error().message;
  EXPECT_EQ(moved.baseCost(), problem.baseCost());
  std::vector<OpId> once;
  OpId loss = lastForward(problem);
  bool isBehind = false;
  for (OpId op : order) {
    if (!problem.graph.ops[op].recomputable)
      once.push_back(op);
    EXPECT_FALSE(op > loss && loss >= 0 && !isBehind) << "op " << op << " before the loss";
    isBehind |= op == loss;
  }
  EXPECT_TRUE(std::ranges::is_sorted(once));
  for (auto [before, after] : takeovers(problem))
    EXPECT_LT(std::ranges::find(order, before), std::ranges::find(order, after));
  return moved;
}

class SmallReorder : public testing::TestWithParam<Shape> {};

TEST_P(SmallReorder, NeverNeedsMoreThanTheBaseOrder) {
  TestRandom random(300 + static_cast<uint64_t>(GetParam()));
  Distribution toOptimum, saved;
  int improvable = 0, reached = 0;
  constexpr int problems = 35000; // 105,000 in all
  for (int turn = 0; turn < problems; ++turn) {
    Problem problem = shapedProblem(random, GetParam(), 10);
    Order order = reorder(problem);
    Problem moved = checkedOrder(problem, order);
    int64_t before = plainPeak(problem), after = plainPeak(moved);
    int64_t least = smallestPlainPeak(problem);
    EXPECT_LE(after, before);
    EXPECT_GE(after, least);
    if (least < before) {
      ++improvable;
      reached += after == least;
      toOptimum.add(after, least);
      saved.add(after, before);
    }
    if (turn % 16 == 0) { // its schedule is one of those the search sees
      ExhaustiveSearch search(problem, ScheduleClass::AnyOrder);
      EXPECT_LE(search.smallestPeak().peak, after);
      std::optional<Found> found = search.cheapest(Bytes(after));
      EXPECT_TRUE(found && found->cost == problem.baseCost().count);
    }
    if (HasFailure())
      FAIL() << "turn " << turn;
  }
  std::printf("  %d graphs, another order is better on %d, the best one is found on %d\n", problems,
              improvable, reached);
  toOptimum.print("peak / optimum");
  saved.print("peak / plain");
  EXPECT_GT(improvable, 300);
  EXPECT_GT(reached * 2, improvable);
}

INSTANTIATE_TEST_SUITE_P(Shapes, SmallReorder,
                         testing::Values(Shape::Random, Shape::Branches, Shape::Updates),
                         [](const auto &info) { return toString(info.param); });

/// A chain of `n` forward ops of `bytes`, gradients in reverse, and, behind them
/// all, the update of each weight: two ops that read the gradient, and one that
/// reads those and makes an output in an argument's place.
Problem stepWithUpdates(int n, int64_t bytes) {
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  std::vector<ValueId> weights, forward{addArgument(problem, bytes)}, gradients, outputs;
  for (int i = 0; i < n; ++i)
    weights.push_back(addArgument(problem, bytes));
  for (int i = 0; i < n; ++i)
    forward.push_back(addOp(problem, {forward.back(), weights[i]}, {1}));
  ValueId carried = forward.back();
  auto add = [&](std::vector<ValueId> inputs, int64_t size, Phase phase) {
    ValueId value = addOp(problem, std::move(inputs), {size});
    problem.graph.ops.back().phase = phase;
    return value;
  };
  for (int i = n; i-- > 0;) {
    gradients.push_back(add({carried, forward[i]}, bytes, Phase::Backward));
    carried = add({carried, weights[i]}, 1, Phase::Backward);
  }
  for (int i = 0; i < n; ++i) {
    ValueId mean = add({gradients[i]}, bytes, Phase::Update);
    ValueId square = add({gradients[i]}, bytes, Phase::Update);
    outputs.push_back(add({mean, square, weights[n - 1 - i]}, bytes, Phase::Update));
  }
  setOutputs(problem, outputs);
  for (int i = 0; i < n; ++i)
    problem.graph.donated[i] = n - i;
  return problem;
}

TEST(Reorder, UpdatesWeightsAsSoonAsTheGradientIsThere) {
  Problem problem = stepWithUpdates(20, 100);
  EXPECT_GT(plainPeak(problem), 20 * 100);
  Order order = reorder(problem);
  Problem moved = checkedOrder(problem, order);
  EXPECT_LT(plainPeak(moved), 4 * 100);
}

TEST(Reorder, AForwardOpThatOnlyTheBackwardReadsIsRunThere) {
  // f -> g -> loss; r is computed from f in the forward, for the backward.
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  ValueId x = addArgument(problem, 1);
  ValueId f = addOp(problem, {x}, {10});
  ValueId r = addOp(problem, {f}, {10});
  ValueId g = addOp(problem, {f}, {30});
  ValueId loss = addOp(problem, {g}, {1});
  setOutputs(problem, {loss, addOp(problem, {r, f, loss}, {10})});
  problem.graph.ops.back().phase = Phase::Backward;
  EXPECT_EQ(plainPeak(problem), 51);
  Order order = reorder(problem);
  EXPECT_EQ(order, (Order{0, 2, 3, 1, 4}));
  Problem moved = checkedOrder(problem, order);
  EXPECT_EQ(plainPeak(moved), 41);
  std::vector<Phase> phases;
  for (const Op &op : moved.graph.ops)
    phases.push_back(op.phase);
  EXPECT_EQ(phases, (std::vector<Phase>{Phase::Forward, Phase::Forward, Phase::Forward,
                                        Phase::Backward, Phase::Backward}));
  EXPECT_EQ(moved.graph.ops[3].id, 1);
  EXPECT_EQ(moved.graph.values[r].producer, 3);
}

TEST(Reorder, OpsThatRunOnceKeepTheirOrder) {
  // Two producers of 10 and their readers of 1, producers first.
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  ValueId a = addOp(problem, {}, {10}), b = addOp(problem, {}, {10});
  setOutputs(problem, {addOp(problem, {b}, {1}), addOp(problem, {a}, {1})});
  EXPECT_EQ(plainPeak(permuted(problem, reorder(problem))), 12);
  for (Op &op : problem.graph.ops)
    op.recomputable = false;
  EXPECT_EQ(reorder(problem), (Order{0, 1, 2, 3}));
}

TEST(Reorder, AnArgumentIsTakenOverAfterItsReaders) {
  Problem problem = takeOverProblem();
  EXPECT_EQ(reorder(problem), (Order{0, 1, 2, 3}));
  problem.graph.ops[1].inputs = problem.graph.ops[0].results;
  EXPECT_EQ(reorder(problem), (Order{0, 2, 1, 3}));
}

TEST(Reorder, UnitsThatWaitForOneAnotherAreLeftAlone) {
  // Two pairs of ops; each reads what the other's second op takes over.
  Problem problem;
  ValueId x = addArgument(problem, 10), y = addArgument(problem, 10);
  ValueId seed = addOp(problem, {}, {1});
  for (int i = 0; i < 6; ++i) // makes the pairs few among the ops
    seed = addOp(problem, {seed}, {1});
  ValueId a = addOp(problem, {seed, x}, {10}), b = addOp(problem, {seed, y}, {10});
  ValueId newY = addOp(problem, {a}, {10}), newX = addOp(problem, {b}, {10});
  setOutputs(problem, {newX, newY});
  problem.graph.donated = {0, 1};
  Order order = reorder(problem);
  EXPECT_LE(plainPeak(checkedOrder(problem, order)), plainPeak(problem));
}

TEST(Reorder, IdsDoNotMatter) {
  TestRandom random(9);
  for (int turn = 0; turn < 200; ++turn) {
    Problem problem = shapedProblem(random, allShapes[turn % std::size(allShapes)], 30),
            renamed = problem;
    auto ops = static_cast<int64_t>(problem.graph.ops.size());
    for (int64_t i = 0; i < ops; ++i)
      renamed.graph.ops[i].id = (i * 37 + 1) % 1009;
    EXPECT_EQ(reorder(problem), reorder(renamed));
  }
}

} // namespace
