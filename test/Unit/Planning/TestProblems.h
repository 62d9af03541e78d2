//===- TestProblems.h - problems that tests build ---------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_TEST_UNIT_PLANNING_TESTPROBLEMS_H
#define REMAT_TEST_UNIT_PLANNING_TESTPROBLEMS_H

#include "remat/Planning/Recompute/Plan.h"

#include <algorithm>
#include <initializer_list>
#include <random>

namespace remat::planning {

/// Numbers that are the same on every machine, unlike those of the standard
/// distributions.
class TestRandom {
public:
  explicit TestRandom(uint64_t seed) : engine(seed) {}

  /// In [0, bound).
  int64_t below(int64_t bound) {
    return static_cast<int64_t>(engine() % static_cast<uint64_t>(bound));
  }
  bool oneIn(int64_t n) { return below(n) == 0; }

private:
  std::mt19937_64 engine;
};

/// Adds an argument of `bytes`.
inline ValueId addArgument(Problem &problem, int64_t bytes) {
  auto value = static_cast<ValueId>(problem.graph.values.size());
  problem.graph.values.push_back({kNoOp, Bytes(bytes), "arg" + std::to_string(value)});
  problem.graph.arguments.push_back(value);
  return value;
}

/// Adds an op with one result per entry of `bytes`; returns the first. Its id is
/// its position, its cost `cost`, its flops one more.
inline ValueId addOp(Problem &problem, std::vector<ValueId> inputs,
                     std::initializer_list<int64_t> bytes, int64_t cost = 1) {
  Graph &graph = problem.graph;
  Op op;
  op.id = static_cast<int64_t>(graph.ops.size());
  op.name = "test.op";
  op.inputs = std::move(inputs);
  op.work.flops = Flops(cost + 1);
  for (int64_t one : bytes) {
    auto value = static_cast<ValueId>(graph.values.size());
    op.results.push_back(value);
    graph.values.push_back(
        {static_cast<OpId>(graph.ops.size()), Bytes(one), "%" + std::to_string(value)});
  }
  graph.ops.push_back(op);
  problem.cost.push_back(Cost(cost));
  return op.results.front();
}

inline void setOutputs(Problem &problem, std::vector<ValueId> outputs) {
  problem.graph.donated.assign(outputs.size(), std::nullopt);
  problem.graph.outputs = std::move(outputs);
}

/// arg (100) -> a (10) -> b (20) -> c (5); d (1) reads c and a and is the output.
inline Problem smallProblem() {
  Problem problem;
  problem.graph.name = "small";
  problem.costTable = "judge";
  problem.scope = BudgetScope::NonArguments;
  ValueId arg = addArgument(problem, 100);
  ValueId a = addOp(problem, {arg}, {10});
  ValueId b = addOp(problem, {a}, {20});
  ValueId c = addOp(problem, {b}, {5});
  setOutputs(problem, {addOp(problem, {c, a}, {1})});
  return problem;
}

/// Op 0 makes a gradient, which op 2 updates into the place of the only argument; op 1
/// reads both before, op 3 what that makes.
inline Problem takeOverProblem() {
  Problem problem;
  ValueId x = addArgument(problem, 10);
  ValueId g = addOp(problem, {x}, {10});
  ValueId h = addOp(problem, {g, x}, {9});
  ValueId update = addOp(problem, {g}, {10});
  setOutputs(problem, {update, addOp(problem, {h}, {1})});
  problem.graph.donated[0] = 0;
  return problem;
}

/// w (20) and x (5) are arguments; a (4) is read off w; the update of w by x takes over
/// w's buffer; b (4) is made of a, in the backward; outputs are the update and b.
inline Problem lateReadProblem() {
  Problem problem;
  ValueId w = addArgument(problem, 20), x = addArgument(problem, 5);
  ValueId a = addOp(problem, {w}, {4});
  ValueId update = addOp(problem, {w, x}, {20});
  setOutputs(problem, {update, addOp(problem, {a}, {4})});
  problem.graph.donated[0] = 0;
  return problem;
}

/// A problem of up to `maxOps` ops with every feature of one: arguments, ops of
/// several results, values of no bytes, unread values, outputs that repeat or
/// are arguments, donation, ops that run once, all scopes.
inline Problem randomProblem(TestRandom &random, int64_t maxOps) {
  Problem problem;
  problem.scope = static_cast<BudgetScope>(random.below(3));
  problem.donation = random.oneIn(2);
  for (int64_t left = random.below(3); left > 0; --left)
    addArgument(problem, random.below(20));
  for (int64_t left = 1 + random.below(maxOps); left > 0; --left) {
    std::vector<ValueId> inputs;
    for (size_t value = 0; value < problem.graph.values.size(); ++value)
      if (random.oneIn(4))
        inputs.push_back(static_cast<ValueId>(value));
    int64_t bytes = random.below(30), cost = random.below(5);
    if (random.oneIn(3))
      addOp(problem, inputs, {bytes, random.below(10)}, cost);
    else
      addOp(problem, inputs, {bytes}, cost);
    problem.graph.ops.back().recomputable = !random.oneIn(5);
  }
  std::vector<ValueId> outputs;
  for (int64_t left = random.below(4); left > 0; --left)
    outputs.push_back(
        static_cast<ValueId>(random.below(static_cast<int64_t>(problem.graph.values.size()))));
  setOutputs(problem, outputs);
  for (size_t i = 0; i < outputs.size() && i < problem.graph.arguments.size(); ++i)
    if (random.oneIn(2))
      problem.graph.donated[i] = static_cast<int32_t>(i);
  return problem;
}

/// How the forward of `shapedProblem` is wired.
enum class Shape {
  Random,   ///< `randomProblem`, the last ops being gradients
  Chain,    ///< each op reads the one before
  UNet,     ///< a chain whose second half also reads the first, backwards
  Dag,      ///< each op reads one to three of the last values
  Mirror,   ///< a chain and nothing else than its values read backwards, twice
  Branches, ///< each op reads one or two of any; the last ops are gradients
  Updates,  ///< a chain, then gradients of values and weights, then updates
};
inline constexpr Shape allShapes[] = {Shape::Random, Shape::Chain,    Shape::UNet,   Shape::Dag,
                                      Shape::Mirror, Shape::Branches, Shape::Updates};
inline const char *toString(Shape shape) {
  const char *const names[] = {"Random", "Chain", "UNet", "Dag", "Mirror", "Branches", "Updates"};
  return names[static_cast<int>(shape)];
}

/// What `shapedProblem` draws of each op.
inline ValueId addRandomOp(TestRandom &random, Problem &problem, std::vector<ValueId> inputs,
                           Phase phase) {
  std::sort(inputs.begin(), inputs.end());
  inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());
  int64_t bytes = random.oneIn(10) ? 0 : 1 + random.below(30), cost = random.below(10);
  ValueId first = random.oneIn(8)
                      ? addOp(problem, std::move(inputs), {bytes, random.below(10)}, cost)
                      : addOp(problem, std::move(inputs), {bytes}, cost);
  problem.graph.ops.back().recomputable = !random.oneIn(12);
  problem.graph.ops.back().phase = phase;
  return first;
}

/// Adds the gradients of `forward`, last op first: each reads the gradients of
/// the op's readers, some of its inputs, and perhaps its result.
inline std::vector<ValueId> addGradients(TestRandom &random, Problem &problem,
                                         const std::vector<ValueId> &forward) {
  Graph &graph = problem.graph;
  std::vector<ValueId> gradientOf(graph.values.size(), -1), gradients;
  bool readsOutputs = random.oneIn(2);
  for (size_t i = forward.size(); i-- > 0;) {
    ValueId result = forward[i];
    OpId op = graph.values[result].producer;
    std::vector<ValueId> inputs;
    for (size_t j = i + 1; j < forward.size(); ++j) {
      const std::vector<ValueId> &read = graph.ops[graph.values[forward[j]].producer].inputs;
      if (std::find(read.begin(), read.end(), result) != read.end())
        inputs.push_back(gradientOf[forward[j]]);
    }
    for (ValueId value : graph.ops[op].inputs)
      if (!random.oneIn(3))
        inputs.push_back(value);
    if (readsOutputs || inputs.empty())
      inputs.push_back(result);
    gradients.push_back(addRandomOp(random, problem, inputs, Phase::Backward));
    gradientOf[result] = gradients.back();
  }
  return gradients;
}

/// A chain with a loss; each op reads a weight, and some leave a second value to
/// the backward; then gradients of values and weights, and the updates last.
inline Problem updatesProblem(TestRandom &random, int64_t maxOps) {
  Problem problem;
  int64_t layers = std::max<int64_t>(1, (maxOps - 2) / 4);
  std::vector<ValueId> weights, forward{addArgument(problem, random.below(20))}, extra, gradients;
  for (int64_t i = 0; i < layers; ++i)
    weights.push_back(addArgument(problem, random.below(20)));
  for (int64_t i = 0; i < layers; ++i) {
    extra.push_back(random.oneIn(2)
                        ? forward.back()
                        : addRandomOp(random, problem, {forward.back()}, Phase::Forward));
    forward.push_back(addRandomOp(random, problem, {forward.back(), weights[i]}, Phase::Forward));
  }
  std::vector<ValueId> outputs{addRandomOp(random, problem, {forward.back()}, Phase::Forward)};
  ValueId carried = outputs.front();
  for (int64_t i = layers; i-- > 0;) {
    gradients.push_back(
        addRandomOp(random, problem, {carried, forward[i], extra[i]}, Phase::Backward));
    if (i > 0)
      carried =
          addRandomOp(random, problem, {carried, weights[i], forward[i + 1]}, Phase::Backward);
  }
  for (int64_t i = 0; i < layers; ++i)
    outputs.push_back(
        addRandomOp(random, problem, {gradients[i], weights[layers - 1 - i]}, Phase::Update));
  setOutputs(problem, outputs);
  for (int64_t i = 0; i < layers; ++i)
    problem.graph.donated[i + 1] = static_cast<int32_t>(layers - i);
  return problem;
}

/// Ops that read one or two of any earlier values.
inline Problem branchesProblem(TestRandom &random, int64_t maxOps) {
  Problem problem;
  std::vector<ValueId> values{addArgument(problem, random.below(20))};
  int64_t ops = maxOps - random.below(maxOps / 2), forward = 1 + random.below(ops);
  for (int64_t i = 0; i < ops; ++i) {
    std::vector<ValueId> inputs;
    for (int64_t left = 1 + random.below(2); left > 0; --left)
      inputs.push_back(values[random.below(static_cast<int64_t>(values.size()))]);
    values.push_back(
        addRandomOp(random, problem, inputs, i < forward ? Phase::Forward : Phase::Backward));
  }
  setOutputs(problem, {values.back()});
  return problem;
}

/// A training step of up to `maxOps` ops (at least 4): a forward wired as
/// `shape` says, then its gradients, with everything that `randomProblem` has.
inline Problem shapedProblem(TestRandom &random, Shape shape, int64_t maxOps) {
  Problem problem;
  if (shape == Shape::Branches || shape == Shape::Updates) {
    problem =
        shape == Shape::Branches ? branchesProblem(random, maxOps) : updatesProblem(random, maxOps);
    problem.scope = static_cast<BudgetScope>(random.below(3));
    problem.donation = random.oneIn(2);
    return problem;
  }
  if (shape == Shape::Random) {
    problem = randomProblem(random, maxOps);
    auto ops = static_cast<int64_t>(problem.graph.ops.size());
    for (int64_t op = 1 + random.below(ops); op < ops; ++op)
      problem.graph.ops[op].phase = Phase::Backward;
    return problem;
  }
  problem.scope = static_cast<BudgetScope>(random.below(3));
  problem.donation = random.oneIn(2);
  ValueId argument = addArgument(problem, random.below(20));
  int64_t half = maxOps / 2 - random.below(maxOps / 2 - 1);
  std::vector<ValueId> forward, gradients;
  for (int64_t i = 0; i < half; ++i) {
    std::vector<ValueId> inputs{forward.empty() ? argument : forward.back()};
    if (shape == Shape::UNet && 2 * i >= half)
      inputs.push_back(forward[half - 1 - i]);
    if (shape == Shape::Dag && i > 0)
      for (int64_t left = random.below(3); left > 0; --left)
        inputs.push_back(forward[i - 1 - random.below(std::min<int64_t>(i, 3))]);
    forward.push_back(addRandomOp(random, problem, inputs, Phase::Forward));
  }
  if (shape == Shape::Mirror)
    for (int64_t i = half; i < maxOps; ++i)
      gradients.push_back(addRandomOp(
          random, problem,
          {gradients.empty() ? argument : gradients.back(), forward[half - 1 - i % half]},
          Phase::Backward));
  else
    gradients = addGradients(random, problem, forward);
  std::vector<ValueId> outputs{gradients.back()};
  for (ValueId value : forward)
    if (random.oneIn(10))
      outputs.push_back(value);
  for (ValueId value : gradients)
    if (random.oneIn(5))
      outputs.push_back(value);
  setOutputs(problem, outputs);
  if (random.oneIn(3))
    problem.graph.donated[0] = 0;
  return problem;
}

/// A valid order of first executions, as rule R2 of docs/concepts/plan.md words
/// it: at each step any of the ops that may run.
inline Schedule randomOrder(TestRandom &random, const Problem &problem) {
  const Graph &graph = problem.graph;
  auto ops = static_cast<OpId>(graph.ops.size());
  std::vector<std::vector<OpId>> needs(graph.ops.size());
  for (OpId op = 0, once = kNoOp; op < ops; ++op) {
    for (ValueId value : graph.ops[op].inputs)
      if (graph.values[value].producer != kNoOp)
        needs[op].push_back(graph.values[value].producer);
    if (graph.ops[op].recomputable)
      continue;
    if (once != kNoOp)
      needs[op].push_back(once);
    once = op;
  }
  for (size_t i = 0; problem.donation && i < graph.outputs.size(); ++i) {
    if (!graph.donated[i])
      continue;
    OpId taker = graph.values[graph.outputs[i]].producer;
    for (OpId op = 0; op < taker; ++op)
      if (std::ranges::count(graph.ops[op].inputs, graph.arguments[*graph.donated[i]]))
        needs[taker].push_back(op);
  }
  Schedule order;
  auto ran = [&](OpId op) { return std::ranges::find(order, op) != order.end(); };
  while (order.size() < graph.ops.size()) {
    Schedule ready;
    for (OpId op = 0; op < ops; ++op)
      if (!ran(op) && std::ranges::all_of(needs[op], ran))
        ready.push_back(op);
    order.push_back(ready[random.below(static_cast<int64_t>(ready.size()))]);
  }
  return order;
}

/// `order` with up to `recomputations` recomputations put in where their
/// inputs were executed before.
inline Schedule withRecomputations(TestRandom &random, const Problem &problem, Schedule schedule,
                                   int64_t recomputations) {
  for (int64_t left = random.below(recomputations + 1); left > 0; --left) {
    auto at = 1 + random.below(static_cast<int64_t>(schedule.size()));
    OpId op = schedule[random.below(at)]; // executed before, so its inputs were
    if (problem.graph.ops[op].recomputable)
      schedule.insert(schedule.begin() + at, op);
  }
  return schedule;
}

/// The base order with up to `recomputations` recomputations.
inline Schedule randomSchedule(TestRandom &random, const Problem &problem, int64_t recomputations) {
  Schedule order;
  for (OpId op = 0; op < static_cast<OpId>(problem.graph.ops.size()); ++op)
    order.push_back(op);
  return withRecomputations(random, problem, std::move(order), recomputations);
}

} // namespace remat::planning

#endif // REMAT_TEST_UNIT_PLANNING_TESTPROBLEMS_H
