//===- PaperGraphCheck.cpp - the rules of a paper graph -------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cycle.h"
#include "remat/Planning/Recompute/PaperIO.h"

#include <algorithm>

namespace remat::planning {

namespace {

Error invalid(std::string message) { return {ErrorCode::InvalidInput, std::move(message)}; }

Status checkCounts(const std::vector<int64_t> &counts, int32_t n, const std::string &name) {
  if (counts.size() != static_cast<size_t>(n))
    return invalid(name + " has " + std::to_string(counts.size()) + " entries for " +
                   std::to_string(n) + " nodes");
  int64_t sum = 0;
  for (size_t node = 0; node < counts.size(); ++node) {
    if (counts[node] < 0)
      return invalid(name + "[" + std::to_string(node) + "] is " + std::to_string(counts[node]) +
                     "; expected 0 or more");
    if (counts[node] >= kFormulaLimit - sum)
      return invalid(name + " sums to 2^60 or more at node " + std::to_string(node) + " with " +
                     std::to_string(counts[node]));
    sum += counts[node];
  }
  return {};
}

/// Checks that `backward` names inputs only, or the node itself where it reads.
Status checkBackward(const PaperGraph &graph, const std::vector<std::vector<int32_t>> &inputs) {
  if (graph.backward.empty())
    return {};
  if (graph.backward.size() != static_cast<size_t>(graph.n))
    return invalid("backward has " + std::to_string(graph.backward.size()) + " entries for " +
                   std::to_string(graph.n) + " nodes");
  for (int32_t v = 0; v < graph.n; ++v) {
    auto isInput = [&](int32_t u) {
      return std::binary_search(inputs[v].begin(), inputs[v].end(), u);
    };
    std::string entry = "backward[" + std::to_string(v) + "]";
    for (int32_t u : graph.backward[v].reads)
      if (u != v && !isInput(u))
        return invalid(entry + " reads node " + std::to_string(u) +
                       ", which is neither its own nor one of its inputs");
    for (int32_t u : graph.backward[v].differentiates)
      if (!isInput(u))
        return invalid(entry + " differentiates node " + std::to_string(u) +
                       ", which is not one of its inputs");
  }
  return {};
}

} // namespace

Status PaperGraph::check() const {
  if (n < 1)
    return invalid("the graph has " + std::to_string(n) + " nodes; expected at least one");
  if (Status status = checkCounts(T, n, "T"); !status)
    return status;
  if (Status status = checkCounts(M, n, "M"); !status)
    return status;
  std::vector<std::vector<int32_t>> inputs(n);
  for (auto [from, to] : edges) {
    if (from < 0 || from >= n || to < 0 || to >= n)
      return invalid("edge " + std::to_string(from) + " -> " + std::to_string(to) +
                     " names a node that does not exist; the graph has " + std::to_string(n) +
                     " nodes");
    inputs[to].push_back(from);
  }
  for (int32_t node = 0; node < n; ++node) {
    std::sort(inputs[node].begin(), inputs[node].end());
    auto twice = std::adjacent_find(inputs[node].begin(), inputs[node].end());
    if (twice != inputs[node].end())
      return invalid("edge " + std::to_string(*twice) + " -> " + std::to_string(node) +
                     " is listed twice");
  }
  if (std::vector<int32_t> cycle = findCycle(inputs); !cycle.empty())
    return invalid("the edges form a cycle: " + describeCycle(cycle));
  return checkBackward(*this, inputs);
}

Status checkSequence(const PaperGraph &graph, const LowerSetSequence &sequence) {
  std::vector<bool> inside(graph.n, false);
  size_t previous = 0;
  for (size_t i = 0; i < sequence.size(); ++i) {
    const std::vector<int32_t> &set = sequence[i];
    std::string name = "[" + std::to_string(i) + "]: ";
    std::vector<bool> next(graph.n, false);
    for (size_t j = 0; j < set.size(); ++j) {
      if (set[j] < 0 || set[j] >= graph.n || (j > 0 && set[j] <= set[j - 1]))
        return invalid(name + "expected ascending node ids below " + std::to_string(graph.n) +
                       ", found " + std::to_string(set[j]));
      next[set[j]] = true;
    }
    for (int32_t node = 0; node < graph.n; ++node)
      if (inside[node] && !next[node])
        return invalid(name + "node " + std::to_string(node) + " of the set before is missing");
    if (set.size() <= previous)
      return invalid(name + "expected more nodes than the " + std::to_string(previous) +
                     " of the set before");
    for (auto [from, to] : graph.edges)
      if (next[to] && !next[from])
        return invalid(name + "not a lower set: node " + std::to_string(to) + " reads node " +
                       std::to_string(from) + ", which is missing");
    previous = set.size();
    inside = std::move(next);
  }
  if (previous != static_cast<size_t>(graph.n))
    return invalid("expected the last set to hold all " + std::to_string(graph.n) +
                   " nodes, found " + std::to_string(previous));
  return {};
}

} // namespace remat::planning
