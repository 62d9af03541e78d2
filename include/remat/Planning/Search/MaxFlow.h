//===- MaxFlow.h - integer maximum flow, warm after changes -----*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Push-relabel on a pseudoflow (Hochbaum 2008; Goldberg and Tarjan 1988): a
// node's terminal arcs are one number, its excess. Capacities at the terminals
// may change between calls; the flow on the other arcs stays as a start.
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_MAXFLOW_H
#define REMAT_PLANNING_SEARCH_MAXFLOW_H

#include <cstdint>
#include <span>
#include <vector>

namespace remat::planning::search {

/// More than any flow: the capacity of an arc that no minimum cut takes.
inline constexpr int64_t kUnboundedFlow = int64_t(1) << 62;

struct FlowArc {
  int32_t from, to;
  int64_t capacity; ///< >= 0
};

/// A network of `nodes` nodes besides source and sink.
///
/// Requires: the terminal capacities at the source sum to less than 2^62.
class MaxFlow {
public:
  MaxFlow(int32_t nodes, std::span<const FlowArc> arcs);

  int32_t nodeCount() const { return static_cast<int32_t>(excess.size()); }

  /// Capacity from the source to `node` if `net > 0`, else `-net` from `node` to
  /// the sink. (A node with both has the difference here; the smaller of the two
  /// is in every cut.)
  void setTerminal(int32_t node, int64_t net) {
    excess[node] += net - terminal[node];
    terminal[node] = net;
  }

  /// Takes `node` out of the network, or puts it back. A node that is out is in
  /// neither side. Cost: O(degree).
  void setRemoved(int32_t node, bool out);

  /// Returns the value of a maximum flow. Starts from the flow of the last call.
  /// Cost: O(nodes^3) worst, close to linear on the networks here.
  int64_t solve();

  /// By node, whether a path of arcs that were given leads there from one of
  /// `from`, those included. Cost: O(arcs).
  std::vector<char> reachable(const std::vector<int32_t> &from) const;

  /// After `solve`: by node, whether it is on the source's side of the minimum
  /// cut with the fewest (most) nodes there. Cost: O(arcs).
  std::vector<char> minimalSourceSide() const;
  std::vector<char> maximalSourceSide() const;

private:
  struct HalfArc {
    int32_t to, mate;
    int64_t residual; ///< of a backward half arc: the flow
    bool backward;
  };

  bool isOut(int32_t node) const { return label[node] == nodeCount(); }
  void activate(int32_t node) {
    size_t place = first + waiting++;
    active[place < active.size() ? place : place - active.size()] = node;
  }
  int32_t nextActive() {
    int32_t node = active[first];
    first = first + 1 < active.size() ? first + 1 : 0;
    --waiting;
    return node;
  }
  void relabelAll();
  void discharge(int32_t node);
  void relabel(int32_t node);
  void closeGap(int32_t level);
  void enterLevel(int32_t node, int32_t level);
  void leaveLevel(int32_t node);

  std::vector<HalfArc> arcs;
  std::vector<int32_t> firstArc; ///< size nodes + 1
  std::vector<int64_t> excess, terminal;
  std::vector<char> removed;
  // Labels, and lists of the nodes of each level; nodeCount() is "cannot reach
  // the sink".
  std::vector<int32_t> label, current, levelHead, nextInLevel, previousInLevel;
  std::vector<int32_t> queue;
  /// Nodes with excess that may reach the sink, first in, first out: `waiting` of them
  /// from place `first` on, around the end. A node waits at most once.
  std::vector<int32_t> active;
  size_t first = 0, waiting = 0;
  int32_t highestLevel = -1;
  int64_t work = 0; ///< arcs looked at since the last exact labels
};

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_MAXFLOW_H
