//===- LowerSets.h - lower sets of a graph and their sums -------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_LOWERSETS_H
#define REMAT_PLANNING_RECOMPUTE_LOWERSETS_H

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace remat::planning {

/// What lower-set programs see of a forward: a DAG whose nodes are numbered in a
/// topological order, with the three numbers that the paper's formula adds up.
struct LowerSetGraph {
  /// predecessors[v], successors[v]: distinct, ascending; every predecessor of v
  /// is smaller than v.
  std::vector<std::vector<int32_t>> predecessors, successors;
  /// cost[v]: one computation of node v (the paper's T_v), in the problem's unit.
  std::vector<int64_t> cost;
  /// cached[v]: bytes of v when it is kept for later, and of its gradient while
  /// that waits outside the running segment (the paper's M_v).
  std::vector<int64_t> cached;
  /// work[v]: bytes of v inside the running segment, gradient included (the
  /// paper's 2 M_v).
  std::vector<int64_t> work;

  int32_t size() const { return static_cast<int32_t>(cost.size()); }
};

/// A set of nodes as bits, 64 to a word.
using NodeSet = std::vector<uint64_t>;

/// Returns the bit of `node` in `set`.
inline bool contains(std::span<const uint64_t> set, int32_t node) {
  return set[node >> 6] >> (node & 63) & 1;
}

/// A family of lower sets of one graph with the sums a program needs, in an
/// order in which every set stands behind its subsets: by (work, cardinality),
/// then the set that lacks the largest node in which two differ. The first is
/// empty, the last is the whole graph.
class LowerSetFamily {
public:
  // A family refers to the graph it was made from, which must outlive it.

  /// Returns every lower set of `graph`, or nothing when there are more than
  /// `limit`. Requires: at least one node. Cost: O(#L (n + E)) time,
  /// O(#L n / 64) words.
  static std::optional<LowerSetFamily> all(const LowerSetGraph &graph, int64_t limit);

  /// Returns the pruned family of the approximate program: for each node the
  /// node with all its ancestors, the empty set, and the whole graph; when asked,
  /// also the prefixes of the numbering. Requires: at least one node.
  /// Cost: O(n (n + E)).
  static LowerSetFamily pruned(const LowerSetGraph &graph, bool withPrefixes = false);

  /// Keeps at most `limit` sets: the empty and the whole one and, of each of
  /// about limit / 2 ranges of equal work, the set with the fewest bytes in its
  /// boundary and the one with the fewest outside. Requires: limit >= 4.
  void thin(int32_t limit);

  int32_t size() const { return static_cast<int32_t>(cost.size()); }
  const LowerSetGraph &graph() const { return *input; }
  std::span<const uint64_t> set(int32_t index) const {
    return {bits.data() + index * words, words};
  }
  /// The members of the set that have a successor outside it.
  std::span<const uint64_t> boundary(int32_t index) const {
    return {boundaryBits.data() + index * words, words};
  }
  std::vector<int32_t> members(int32_t index) const;
  /// Returns whether set `a` is a subset of set `b`.
  bool isSubset(int32_t a, int32_t b) const {
    const uint64_t *lhs = bits.data() + a * words, *rhs = bits.data() + b * words;
    for (size_t i = 0; i < words; ++i)
      if (lhs[i] & ~rhs[i])
        return false;
    return true;
  }

  /// Returns whether set `a` has fewer members than set `b`, or as many and lacks
  /// the largest node in which they differ: the order that breaks ties.
  bool precedes(int32_t a, int32_t b) const;

  /// By set: sums of cost and work over its members; bytes that are alive
  /// outside it while its last segment runs backward (the third and fourth term
  /// of Eq. 2); cardinality.
  std::vector<int64_t> cost, work, outside;
  std::vector<int32_t> cardinality;

private:
  explicit LowerSetFamily(const LowerSetGraph &graph);
  void append(std::span<const uint64_t> set);
  void sortAndSum();
  void sumUp();
  void select(const std::vector<int32_t> &order);

  const LowerSetGraph *input;
  size_t words;
  std::vector<uint64_t> bits, boundaryBits;
};

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_LOWERSETS_H
