//===- PaperGraph.cpp - the paper's graph and its joint graph
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/PaperGraph.h"

#include "Cycle.h"

#include <algorithm>

namespace remat::planning {

std::vector<int32_t> PaperGraph::topologicalOrder() const {
  std::vector<std::vector<int32_t>> inputs(n);
  for (auto [u, v] : edges)
    inputs[v].push_back(u);
  return sortTopologically(inputs);
}

namespace {

/// Orders the forward nodes by (segment, topological position).
std::vector<int32_t> forwardOrder(const PaperGraph &graph, const LowerSetSequence &sequence) {
  std::vector<int32_t> order = graph.topologicalOrder();
  std::vector<size_t> segment(graph.n, sequence.size());
  for (size_t i = sequence.size(); i-- > 0;)
    for (int32_t v : sequence[i])
      segment[v] = i;
  std::vector<std::vector<int32_t>> segments(sequence.size() + 1);
  for (int32_t v : order)
    segments[segment[v]].push_back(v);
  order.clear();
  for (const std::vector<int32_t> &nodes : segments)
    order.insert(order.end(), nodes.begin(), nodes.end());
  return order;
}

void addOp(Problem &problem, int64_t id, std::string name, Phase phase, int64_t cost, int64_t bytes,
           std::vector<ValueId> inputs) {
  Graph &graph = problem.graph;
  Op op;
  op.id = id;
  op.name = name;
  op.phase = phase;
  op.work.flops = Flops(cost);
  op.work.bytesWritten = Bytes(bytes);
  for (ValueId input : inputs)
    op.work.bytesRead += graph.values[input].bytes;
  op.inputs = std::move(inputs);
  op.results = {static_cast<ValueId>(graph.values.size())};
  graph.values.push_back({static_cast<OpId>(graph.ops.size()), Bytes(bytes), std::move(name)});
  graph.ops.push_back(std::move(op));
  problem.cost.push_back(Cost(cost));
}

void sortUnique(std::vector<int32_t> &nodes) {
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
}

} // namespace

Problem jointProblem(const PaperGraph &graph, const LowerSetSequence &sequence) {
  Problem problem;
  problem.graph.name = graph.name;
  problem.costUnit = CostUnit::Units;
  problem.costTable = "paper";
  problem.scope = BudgetScope::NonArguments;
  std::vector<int32_t> order = forwardOrder(graph, sequence);
  // One value per op, so a node's place in the base order names both.
  std::vector<int32_t> place(graph.n);
  for (int32_t i = 0; i < graph.n; ++i)
    place[order[i]] = i;
  std::vector<std::vector<int32_t>> reads(graph.n), readers(graph.n);
  for (auto [u, v] : graph.edges) {
    reads[v].push_back(place[u]);
    readers[u].push_back(v);
  }
  for (int32_t v : order) {
    sortUnique(reads[v]);
    sortUnique(readers[v]);
    addOp(problem, v, "forward " + std::to_string(v), Phase::Forward, graph.T[v], graph.M[v],
          reads[v]);
  }
  for (int32_t i = graph.n; i-- > 0;) {
    int32_t v = order[i];
    std::vector<ValueId> inputs;
    for (int32_t w : readers[v]) {
      if (graph.backward.empty()) {
        inputs.insert(inputs.end(), reads[w].begin(), reads[w].end());
      } else {
        const OpBackward &gradient = graph.backward[w];
        if (!std::count(gradient.differentiates.begin(), gradient.differentiates.end(), v))
          continue;
        for (int32_t u : gradient.reads)
          inputs.push_back(place[u]);
      }
      inputs.push_back(2 * graph.n - 1 - place[w]);
    }
    sortUnique(inputs);
    addOp(problem, int64_t(graph.n) + v, "gradient " + std::to_string(v), Phase::Backward, 0,
          graph.M[v], std::move(inputs));
  }
  return problem;
}

namespace {

/// Builds the canonical schedule; forward ops and their values are named by
/// their place in the joint graph, where segments are intervals.
class CanonicalStrategy {
public:
  explicit CanonicalStrategy(const Problem &joint)
      : graph(joint.graph), n(static_cast<OpId>(graph.ops.size() / 2)), lastReader(n, -1) {
    for (OpId op = 0; op < n; ++op)
      for (ValueId input : graph.ops[op].inputs)
        lastReader[input] = op;
    for (OpId op = 0; op < n; ++op)
      schedule.push_back(op);
  }

  /// The segment [begin, end): what is missing of it, then its gradients.
  void runBackward(OpId begin, OpId end, bool again) {
    // resident[v]: v is there while the segment runs backward.
    std::vector<char> resident(n, 0);
    for (OpId v = 0; v < end; ++v)
      resident[v] = v >= begin || cachedBefore(v, begin);
    for (OpId w = end; w < n; ++w)
      if (readsBelow(w, end))
        for (ValueId input : graph.ops[w].inputs)
          resident[input] = 1;
    for (OpId v = begin; v < end; ++v)
      if (again && lastReader[v] < end)
        schedule.push_back(v);
    for (OpId v = end; v-- > begin;) {
      OpId gradient = 2 * n - 1 - v;
      for (ValueId input : graph.ops[gradient].inputs)
        if (input < n && !resident[input]) {
          schedule.push_back(input);
          resident[input] = 1;
        }
      schedule.push_back(gradient);
    }
  }

  /// Ends of the segments, ascending, so that U_i is known by place.
  std::vector<OpId> ends;
  Schedule schedule;

private:
  /// Whether `v` is in some boundary: read behind the segment it is in. Only
  /// then does it stay for the segments after its own.
  bool cachedBefore(OpId v, OpId begin) const {
    for (OpId end : ends)
      if (end <= begin && v < end)
        return lastReader[v] >= end;
    return false;
  }

  bool readsBelow(OpId op, OpId end) const {
    for (ValueId input : graph.ops[op].inputs)
      if (input < end)
        return true;
    return false;
  }

  const Graph &graph;
  OpId n;
  std::vector<OpId> lastReader; ///< by place: last forward op that reads it
};

} // namespace

Schedule canonicalSchedule(const PaperGraph &graph, const Problem &joint,
                           const LowerSetSequence &sequence, LastSegment lastSegment) {
  CanonicalStrategy strategy(joint);
  for (const std::vector<int32_t> &set : sequence)
    strategy.ends.push_back(static_cast<OpId>(set.size()));
  for (size_t i = sequence.size(); i-- > 0;)
    strategy.runBackward(i == 0 ? 0 : strategy.ends[i - 1], strategy.ends[i],
                         i + 1 < sequence.size() || lastSegment == LastSegment::Recompute);
  return std::move(strategy.schedule);
}

} // namespace remat::planning
