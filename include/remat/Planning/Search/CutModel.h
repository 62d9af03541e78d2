//===- CutModel.h - what to keep at cuts, at a price per byte ---*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A relaxation of planning that a minimum cut solves. A cut T is the base
// execution of op T; a value that is used after it was stored across it or its
// op ran again after it. At prices per stored byte, the cheapest choice of what
// runs again is a minimum closure (Picard 1976).
//
// With several cuts the executions after the first cut are told apart by
// windows: see docs in `CutModel`.
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_CUTMODEL_H
#define REMAT_PLANNING_SEARCH_CUTMODEL_H

#include "remat/Planning/Search/MaxFlow.h"
#include "remat/Planning/Search/SearchGraph.h"

#include <memory>
#include <optional>

namespace remat::planning::search {

/// The objective `cost * (cost of what runs again) + sum over cuts k of
/// bytes[k] * (stored bytes at k)`: a price of bytes[k] / cost per byte.
/// `cost` 0 asks for the fewest bytes, whatever they cost.
struct CutPrices {
  int64_t cost = 1;
  std::vector<int64_t> bytes; ///< one per cut
};

/// A minimum of the objective.
struct CutSolution {
  __int128 value = 0;         ///< the objective, constant part included
  int64_t cost = 0;           ///< of the ops that run again
  std::vector<int64_t> bytes; ///< by cut: stored, without a free working set
  std::vector<char> selected; ///< by node of the network
};

/// What a branch and bound knows of the schedules it looks at: op `op` runs, or
/// does not run, at least once more after the base execution of `after` (>= op)
/// and before that of `until` ends (opCount(): the end).
struct KnownRun {
  int32_t op, after, until;
  bool runs;
};

/// One decision of a closure: node `node` of the network is selected or not.
struct CutDecision {
  int32_t node;
  bool selected;
};

/// The closure problem of some cuts of one graph, built once for many prices.
///
/// Variables, for each cut k at T[k] and what was made up to T[k]:
///   again(k, o)     op o runs again in its window of cut k
///   available(k, v) value v is read in that window, or made there
/// Interval j are the executions after T[j], up to T[j + 1] inclusive, the last
/// one to END. The window of op o at cut k are the intervals k ... last(o, k);
/// the windows of one op divide the intervals, so `again` at the first cut of
/// each window counts an execution of its own. A value with a base reader in
/// the window is available.
///   again(k, o) => available(k, u)    for o's inputs u, if u's window at k is no
///                                     shorter than o's
///   again(k, o) => available(k, v)    for o's results v
///   again(k, o) <= again(j, o) and available(k, v) <= available(j, v) for j < k
///                                     in one window, if made up to T[j]
/// What is known to run (`Options::known`) reads its inputs like a base reader
/// does, somewhere in its span.
/// A value that is available and whose op does not run again in the window was
/// stored across T[k]. So each schedule with this base order gives a solution
/// that costs and stores no more than the schedule does: minima are lower bounds.
class CutModel {
public:
  struct Options {
    /// The inputs and results of op T[k] cost no bytes at cut k: their bytes are
    /// live in any case (`workingSet`). Off, they count like any other.
    bool freeWorkingSet = true;
    /// A value starts a new window where its readers allow; off, each op has one
    /// window, from every cut to END.
    bool windows = true;
    /// By value, factor of the price of its bytes in the objective (not in
    /// `CutSolution::bytes`); empty: 1 for each.
    std::vector<int64_t> weights;
    std::vector<KnownRun> known;
  };

  /// Requires: `cuts` ascending, each in [0, opCount()), at least one; bytes and
  /// costs of the graph sum to less than 2^60; the graph outlives the model.
  /// Cost: O(cuts * (V + E)).
  CutModel(const SearchGraph &graph, std::vector<int32_t> cuts, Options options);
  CutModel(const SearchGraph &graph, std::vector<int32_t> cuts)
      : CutModel(graph, std::move(cuts), Options()) {}

  int32_t cutCount() const { return static_cast<int32_t>(cuts.size()); }
  int32_t cut(int32_t k) const { return cuts[k]; }
  int32_t nodeCount() const { return static_cast<int32_t>(nodes.size()); }
  /// Bytes of the inputs and results of op T[k].
  int64_t workingSet(int32_t k) const { return workingSets[k]; }

  /// Whether the sums of the objective stay below 2^61 at these prices.
  bool fits(const CutPrices &prices) const;

  /// Price `numerator / denominator` at the only cut, scaled by the largest power
  /// of two whose sums fit and rounded down; the highest price that fits, if this
  /// one does not. Requires: cutCount() == 1; numerator >= 0, denominator > 0.
  CutPrices priceOf(int64_t numerator, int64_t denominator) const;

  /// A minimum of the objective; of those, the one that runs the fewest ops
  /// again. Requires: `fits(prices)`. Cost: one maximum flow, warm.
  CutSolution solve(const CutPrices &prices);

  /// Allows only closures with these decisions in later calls of `solve`, besides
  /// what is known to run. Returns false, and changes nothing, when they
  /// contradict each other.
  bool decide(std::span<const CutDecision> decisions);

  /// Values stored at cut k, ascending. With a free working set, its values are
  /// among them when they are stored.
  std::vector<int32_t> stored(const CutSolution &solution, int32_t k) const;
  /// Ops that run again in their windows of cut k, ascending.
  std::vector<int32_t> again(const CutSolution &solution, int32_t k) const;

  /// The span of an op's window at cut k: what `again(k, op)` is about.
  KnownRun windowOf(int32_t op, int32_t k) const;

  /// A run to branch on: of an op that runs again, without being known to, in a
  /// window that ends before a cut j while the window of one of its inputs goes
  /// on, and that input is stored neither at the window's cut nor at j: its op
  /// runs twice, at the cost of once. The dearest such inputs count. Nothing if
  /// there is none. Cost: O(nodes + arcs).
  std::optional<KnownRun> undercounted(const CutSolution &solution, const CutPrices &prices) const;

  /// An op node on which the solutions differ, with most bytes; ties by number;
  /// as the span of its window. Nothing if they differ in no op.
  std::optional<KnownRun> disputed(const CutSolution &a, const CutSolution &b) const;

  /// The dearest op that runs again without being known to; ties by number.
  std::optional<KnownRun> dearest(const CutSolution &solution) const;

  /// Bytes that `node` adds to its cut in `CutSolution::bytes` when selected;
  /// negative for an op, whose results are then not stored.
  int64_t bytesOf(int32_t node) const { return nodes[node].bytes; }

private:
  struct Node {
    int32_t k;    ///< cut
    int32_t item; ///< value, or op when `isOp`
    bool isOp;
    int64_t cost;
    int64_t bytes, weighted; ///< of the stored bytes at k, and times the weights
  };
  enum class Decided : char { No, Selected, NotSelected };
  static constexpr int32_t kNone = -1, kAlways = -2;

  /// Whether a window of `op` ends at interval k and another starts at cut k + 1.
  bool windowEndsAt(int32_t op, int32_t k) const { return windowEnds[k][op] == k; }
  bool mayEndWindow(int32_t op, int32_t k) const;
  void findWindows();
  bool isReadWithin(int32_t value, int32_t after, int32_t until) const;
  bool isAlwaysAvailable(int32_t value, int32_t k) const;
  /// What is known of op's window at cut k.
  std::optional<bool> knownToRun(int32_t op, int32_t k) const;
  int32_t endOfInterval(int32_t k) const {
    return k + 1 < cutCount() ? cuts[k + 1] : graph.opCount();
  }
  void addCut(int32_t k);
  void addValues(int32_t op, int32_t k);
  void addOp(int32_t op, int32_t k);
  int32_t addNode(const Node &node);
  int32_t needValue(int32_t value, int32_t k);
  void imply(int32_t node, int32_t implied) {
    implications.push_back({node, implied, kUnboundedFlow});
  }
  /// Bytes that `value` costs at cut k when stored; and times its weight.
  int64_t chargeOf(int32_t value, int32_t k) const;
  int64_t weightOf(int32_t value) const {
    return options.weights.empty() ? 1 : options.weights[value];
  }

  const SearchGraph &graph;
  std::vector<int32_t> cuts;
  Options options;
  std::vector<int64_t> workingSets;             ///< by cut
  std::vector<std::vector<int32_t>> windowEnds; ///< by cut, by op: its last interval
  std::vector<std::vector<KnownRun>> knownOf;   ///< by op; empty if nothing is known
  std::vector<CutDecision> forced;              ///< from what is known to run
  /// By cut: the node of each value (or kAlways), and of each op.
  std::vector<std::vector<int32_t>> valueNodes, opNodes;
  std::vector<Node> nodes;
  std::vector<FlowArc> implications;
  std::vector<int64_t> alwaysBytes, alwaysWeighted; ///< by cut
  std::vector<__int128> weightedSums;               ///< by cut: of the amounts' sizes
  int64_t costSum = 0;
  std::unique_ptr<MaxFlow> flow;
  std::vector<Decided> decided; ///< by node
};

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_CUTMODEL_H
