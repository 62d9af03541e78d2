//===- Simulator.cpp - peak and cost of a schedule ------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Simulator.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <numeric>

namespace remat::planning {

namespace {

/// `sum + amount`, or the largest count: a schedule may repeat costly ops until
/// the sum leaves the range, and a saturated cost still compares as too dear.
template <typename Tag>
Quantity<Tag> saturatingAdd(Quantity<Tag> sum, Quantity<Tag> amount) {
  return Quantity<Tag>(
      checkedAdd(sum.count, amount.count).value_or(std::numeric_limits<int64_t>::max()));
}

/// The change of live bytes before each step, built instance by instance: a
/// value's charge is added at its birth and taken off one step after its last
/// use. Only the newest instance of a value is open.
class LiveDeltas {
public:
  LiveDeltas(const Problem &problem, const Schedule &schedule)
      : charge(problem.charges()), lastUse(charge.size(), -1), delta(schedule.size() + 1, 0) {
    const Graph &graph = problem.graph;
    for (size_t step = 0; step < schedule.size(); ++step) {
      const Op &op = graph.ops[schedule[step]];
      for (ValueId value : op.inputs)
        if (graph.values[value].producer != kNoOp) {
          assert(lastUse[value] >= 0 && "an input was never executed");
          lastUse[value] = static_cast<int64_t>(step);
        }
      for (ValueId value : op.results)
        open(value, static_cast<int64_t>(step));
    }
    for (ValueId value : graph.outputs)
      if (graph.values[value].producer != kNoOp)
        lastUse[value] = static_cast<int64_t>(schedule.size());
    for (size_t value = 0; value < charge.size(); ++value)
      close(static_cast<ValueId>(value));
    addCopies(problem, schedule);
  }

  int64_t operator[](size_t step) const { return delta[step]; }

private:
  /// Of arguments whose old contents are needed after they were taken over.
  void addCopies(const Problem &problem, const Schedule &schedule) {
    std::vector<Takeover> takeovers = problem.takeovers();
    if (takeovers.empty())
      return;
    const Graph &graph = problem.graph;
    std::vector<int64_t> lastRead(graph.values.size(), -1);
    std::vector<int64_t> firstRun(graph.ops.size(), -1), lastRun(graph.ops.size(), -1);
    for (size_t step = 0; step < schedule.size(); ++step) {
      OpId op = schedule[step];
      lastRun[op] = static_cast<int64_t>(step);
      if (firstRun[op] < 0)
        firstRun[op] = lastRun[op];
      for (ValueId value : graph.ops[op].inputs)
        lastRead[value] = lastRun[op];
    }
    for (auto [argument, taker] : takeovers) {
      int64_t last = std::max(lastRead[argument], lastRun[taker]);
      if (last <= firstRun[taker])
        continue;
      delta[firstRun[taker]] += graph.values[argument].bytes.count;
      delta[last + 1] -= graph.values[argument].bytes.count;
    }
  }

  void open(ValueId value, int64_t step) {
    close(value);
    delta[step] += charge[value].count;
    lastUse[value] = step;
  }

  /// An instance that lives to the end of the schedule needs no closing entry.
  void close(ValueId value) {
    if (lastUse[value] >= 0 && static_cast<size_t>(lastUse[value]) + 1 < delta.size())
      delta[lastUse[value] + 1] -= charge[value].count;
  }

  std::vector<Bytes> charge;
  std::vector<int64_t> lastUse; ///< by ValueId: step, -1 before the first execution
  std::vector<int64_t> delta;   ///< by step
};

} // namespace

Simulation simulate(const Problem &problem, const Schedule &schedule, bool trace) {
  LiveDeltas deltas(problem, schedule);
  Simulation result;
  Bytes live = problem.fixedBytes();
  result.peak = live;
  if (trace)
    result.liveAtStep.reserve(schedule.size());
  for (size_t step = 0; step < schedule.size(); ++step) {
    live += Bytes(deltas[step]);
    if (live > result.peak) {
      result.peak = live;
      result.peakStep = static_cast<int64_t>(step);
    }
    if (trace)
      result.liveAtStep.push_back(live);
    result.cost = saturatingAdd(result.cost, problem.cost[schedule[step]]);
    result.flops = saturatingAdd(result.flops, problem.graph.ops[schedule[step]].work.flops);
  }
  return result;
}

Schedule baseSchedule(const Problem &problem) {
  Schedule schedule(problem.graph.ops.size());
  std::iota(schedule.begin(), schedule.end(), 0);
  return schedule;
}

} // namespace remat::planning
