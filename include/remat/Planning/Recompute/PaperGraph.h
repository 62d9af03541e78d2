//===- PaperGraph.h - the paper's graph and its formula --------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_PAPERGRAPH_H
#define REMAT_PLANNING_RECOMPUTE_PAPERGRAPH_H

#include "remat/Planning/Recompute/Strategy.h"

namespace remat::planning {

/// The forward graph of Kusumoto et al. 2019, section 2: node v costs T[v] to
/// compute, its value has M[v] bytes, and so has its gradient.
struct PaperGraph {
  std::string name;
  int32_t n = 0;
  std::vector<int64_t> T;                        ///< size n, >= 0
  std::vector<int64_t> M;                        ///< size n, >= 0
  std::vector<std::pair<int32_t, int32_t>> edges; ///< u -> v: the op of v reads u

  /// Errors: InvalidInput for a cycle (naming it), an index out of range, a
  /// negative or overflowing number, a wrong length.
  Status check() const;
};

/// Lower sets L_1 ... L_k = V by node id, each strictly inside the next.
using LowerSetSequence = std::vector<std::vector<int32_t>>;

/// Returns the joint graph of `graph`: the forward nodes, then grad(v) with op
/// id n + v, M[v] bytes and cost 0, which reads the gradients of v's consumers
/// and the forward values that those consumers read. There are no arguments and
/// no outputs (a gradient dies after its last reader), and every op may run
/// again; costs are in units.
///
/// A paper graph has no program order of its own, so the base order follows the
/// canonical strategy of `sequence`: forward by (segment, topological position),
/// gradients in exactly the opposite order. Topological positions prefer the
/// smaller node id. An empty `sequence` stands for {V}.
/// Requires: `graph.check()`. Cost: O(n + E + sum of in-degrees of consumers).
Problem jointProblem(const PaperGraph &graph, const LowerSetSequence &sequence = {});

/// A plan of a paper graph, and the joint graph whose ops it names.
struct PaperPlan {
  Problem joint;
  PlanResult result;
};

/// Plans under the paper's formula: `options.budget` bounds Eq. 2 in the graph's
/// own units (absent: no limit). The result's `formula` holds overhead, peak and
/// sequence; `plan` the schedule of `joint` with liveness, whose peak is never
/// above the formula's. `Objective::Best` means Time, which is never costlier.
/// When the budget is too small, `result.smallestPeak` is the smallest that the
/// family reaches under the formula.
/// Errors: InvalidInput when `graph.check()` fails; InvalidOption for a
/// percentage, and for the exact family of a graph with too many lower sets.
/// Cost: exact O(#L^2 T(V)), approximate O(n^2 T(V)).
Result<PaperPlan> solvePaper(const PaperGraph &graph, const StrategyOptions &options);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_PAPERGRAPH_H
