//===- Witness.cpp - who makes a peak -------------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Witness.h"

#include "remat/Planning/Recompute/Simulator.h"

#include <algorithm>

namespace remat::planning {

namespace {

constexpr size_t maxShown = 8;

/// Returns the arguments of which a copy is live during `step`, as what overwrote them
/// runs before something that needs them.
std::vector<ValueId> copiesAt(const Problem &problem, const Schedule &schedule, int64_t step) {
  const Graph &graph = problem.graph;
  auto middle = schedule.begin() + step;
  std::vector<ValueId> found;
  for (auto [argument, taker] : problem.takeovers()) {
    auto taken = std::find(schedule.begin(), middle + 1, taker);
    auto needs = [&](OpId op) {
      const std::vector<ValueId> &inputs = graph.ops[op].inputs;
      return op == taker || std::find(inputs.begin(), inputs.end(), argument) != inputs.end();
    };
    if (taken <= middle && std::any_of(std::max(middle, taken + 1), schedule.end(), needs))
      found.push_back(argument);
  }
  return found;
}

/// Returns the values that are live during `step` of `schedule`: made at or
/// before it, and read at or after it before they are made again, or outputs.
std::vector<ValueId> liveAt(const Problem &problem, const Schedule &schedule, int64_t step) {
  const Graph &graph = problem.graph;
  std::vector<char> made(graph.values.size(), 0), live(graph.values.size(), 0);
  std::vector<char> closed(graph.values.size(), 0); // made again after `step`
  for (int64_t at = 0; at <= step; ++at)
    for (ValueId value : graph.ops[schedule[at]].results)
      made[value] = 1;
  for (ValueId value : graph.ops[schedule[step]].results)
    live[value] = 1;
  for (auto at = step; at < static_cast<int64_t>(schedule.size()); ++at) {
    const Op &op = graph.ops[schedule[at]];
    for (ValueId value : op.inputs)
      live[value] |= made[value] && !closed[value];
    if (at > step)
      for (ValueId value : op.results)
        closed[value] = 1;
  }
  for (ValueId value : graph.outputs)
    live[value] |= made[value] && !closed[value];
  std::vector<ValueId> result;
  for (size_t value = 0; value < live.size(); ++value)
    if (live[value])
      result.push_back(static_cast<ValueId>(value));
  return result;
}

} // namespace

Witness witnessOf(const Problem &problem, const Schedule &best, Bytes budget, Floor floor) {
  const Graph &graph = problem.graph;
  Witness witness;
  witness.floor = floor.bytes;
  std::vector<ValueId> values, copied;
  if (budget >= floor.bytes) {
    int64_t step = simulate(problem, best).peakStep;
    if (step >= 0) {
      witness.op = best[step];
      values = liveAt(problem, best, step);
      copied = copiesAt(problem, best, step);
    }
  } else if (floor.bytes > floorOf(problem).bytes) {
    witness.op = floor.op;
    auto first = std::find(best.begin(), best.end(), floor.op);
    values = liveAt(problem, best, first - best.begin());
  } else if (floor.op != kNoOp) {
    witness.op = floor.op;
    values = graph.ops[floor.op].inputs;
    values.insert(values.end(), graph.ops[floor.op].results.begin(),
                  graph.ops[floor.op].results.end());
  } else {
    values = graph.outputs;
  }
  // Arguments weigh nothing step by step, but in the total they are there.
  std::vector<Bytes> charge = problem.charges();
  if (problem.scope == BudgetScope::Total)
    for (ValueId value : graph.arguments) {
      charge[value] = graph.values[value].bytes;
      values.push_back(value);
    }
  for (ValueId value : copied) { // one that is there all the time too counts twice
    charge[value] += graph.values[value].bytes;
    values.push_back(value);
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  std::sort(values.begin(), values.end(), [&](ValueId a, ValueId b) {
    return charge[a] != charge[b] ? charge[a] > charge[b] : a < b;
  });
  for (ValueId value : values)
    if (witness.largest.size() < maxShown && charge[value] > Bytes(0))
      witness.largest.push_back({value, charge[value]});
  return witness;
}

} // namespace remat::planning
