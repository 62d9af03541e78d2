//===- Realise.cpp - lower-set sequences as schedules of a joint graph ----===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Realise.h"

#include <algorithm>

namespace remat::planning {

JointForward::JointForward(const Problem &problem, Granularity granularity)
    : problem(problem), forward(contractForward(problem.graph, granularity)),
      isOutput(problem.graph.values.size(), 0), crosses(problem.graph.values.size(), 0),
      lastLateReader(problem.graph.values.size(), kNoOp) {
  const Graph &graph = problem.graph;
  for (ValueId value : graph.outputs)
    isOutput[value] = 1;
  for (size_t op = 0; op < graph.ops.size(); ++op)
    for (ValueId value : graph.ops[op].inputs) {
      OpId producer = graph.values[value].producer;
      if (!isNode(producer))
        continue;
      if (graph.ops[op].phase != Phase::Forward)
        lastLateReader[value] = static_cast<OpId>(op);
      else if (int32_t node = forward.nodeOf[op]; node >= 0 && node != forward.nodeOf[producer])
        crosses[value] = 1;
    }
}

int64_t JointForward::edgeCount() const {
  size_t edges = 0;
  for (const std::vector<int32_t> &list : forward.successors)
    edges += list.size();
  return static_cast<int64_t>(edges);
}

LowerSetGraph JointForward::lowerSetGraph(Retention retention) const {
  std::vector<Bytes> charge = problem.charges();
  LowerSetGraph result;
  result.predecessors = forward.predecessors;
  result.successors = forward.successors;
  for (const std::vector<OpId> &members : forward.members) {
    int64_t cost = 0, crossing = 0, read = 0;
    for (OpId op : members) {
      cost += problem.cost[op].count;
      for (ValueId value : problem.graph.ops[op].results) {
        if (isOutput[value])
          continue;
        crossing += crosses[value] ? charge[value].count : 0;
        read += crosses[value] || lastLateReader[value] != kNoOp ? charge[value].count : 0;
      }
    }
    result.cost.push_back(cost);
    result.cached.push_back(retention == Retention::Whole ? read : crossing);
    result.work.push_back(read + crossing);
  }
  return result;
}

namespace {

/// One call of `realise`: what is retained, what is back, and the schedule.
struct Realisation {
  const Graph &graph;
  const ForwardGraph &forward;
  std::vector<char> retained; ///< by value: there until its last reader
  std::vector<char> back;     ///< by value: computed again already
  std::vector<char> chosen;   ///< by op: to run now; all zero between calls
  Schedule schedule;

  bool isMissing(ValueId value) const {
    OpId producer = graph.values[value].producer;
    return producer != kNoOp && forward.nodeOf[producer] >= 0 && !retained[value] && !back[value];
  }

  /// Adds to `ops` what must run for `value` to be there.
  void choose(ValueId value, std::vector<OpId> &ops) {
    std::vector<ValueId> open{value};
    while (!open.empty()) {
      ValueId next = open.back();
      open.pop_back();
      OpId producer = graph.values[next].producer;
      if (!isMissing(next) || chosen[producer])
        continue;
      chosen[producer] = 1;
      ops.push_back(producer);
      open.insert(open.end(), graph.ops[producer].inputs.begin(), graph.ops[producer].inputs.end());
    }
  }

  void run(std::vector<OpId> &ops) {
    std::sort(ops.begin(), ops.end());
    for (OpId op : ops) {
      chosen[op] = 0;
      schedule.push_back(op);
      for (ValueId value : graph.ops[op].results)
        back[value] = 1;
    }
  }
};

} // namespace

Schedule JointForward::realise(const std::vector<int32_t> &segmentOf, int32_t segments,
                               LastSegment lastSegment, Retention retention,
                               Placement placement) const {
  const Graph &graph = problem.graph;
  Realisation state{graph, forward, isOutput, {}, {}, {}};
  state.back.assign(graph.values.size(), 0);
  state.chosen.assign(graph.ops.size(), 0);

  std::vector<char> inBoundary(forward.members.size(), 0);
  std::vector<std::vector<OpId>> segmentOps(segments);
  for (size_t node = 0; node < forward.members.size(); ++node) {
    for (int32_t successor : forward.successors[node])
      inBoundary[node] |= segmentOf[successor] > segmentOf[node];
    std::vector<OpId> &ops = segmentOps[segmentOf[node]];
    ops.insert(ops.end(), forward.members[node].begin(), forward.members[node].end());
  }
  for (size_t op = 0; op < graph.ops.size(); ++op) {
    int32_t node = forward.nodeOf[op];
    if (node < 0)
      continue;
    bool isKept = segmentOf[node] == segments - 1 && lastSegment == LastSegment::Keep;
    if (isKept || (retention == Retention::Whole && inBoundary[node]))
      for (ValueId value : graph.ops[op].results)
        state.retained[value] = 1;
    for (ValueId value : graph.ops[op].inputs)
      if (OpId producer = graph.values[value].producer;
          isNode(producer) && segmentOf[forward.nodeOf[producer]] < segmentOf[node])
        state.retained[value] = 1;
  }

  for (OpId op = 0; op < static_cast<OpId>(graph.ops.size()); ++op) {
    std::vector<OpId> again;
    if (graph.ops[op].phase != Phase::Forward)
      for (ValueId value : graph.ops[op].inputs) {
        if (!state.isMissing(value))
          continue;
        state.choose(value, again);
        if (placement == Placement::JustInTime)
          continue;
        OpId producer = graph.values[value].producer;
        // Forward ops behind `op` have not run yet, where phases interleave.
        for (OpId other : segmentOps[segmentOf[forward.nodeOf[producer]]])
          for (ValueId result : graph.ops[other].results)
            if (other < op && lastLateReader[result] >= op)
              state.choose(result, again);
      }
    state.run(again);
    state.schedule.push_back(op);
  }
  return std::move(state.schedule);
}

} // namespace remat::planning
