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

/// Returns the joint graph of spec section 11: nodes 0 ... n-1 in a topological
/// order by id, then grad(v) with op id n + v, bytes M[v], cost 0, which reads
/// the gradients of v's consumers and the forward values those consumers read.
/// No outputs (a gradient dies after its last reader). Every node is recomputable.
Problem jointProblem(const PaperGraph &graph);

/// Plans under the paper's formula: `options.budget` bounds Eq. 2 in the graph's
/// own units (percentages are refused); the result's `formula` holds overhead,
/// peak and sequence, `plan` the schedule of `jointProblem` with liveness.
/// Errors: InvalidOption for a percentage. Complexity: exact O(#L^2 T(V)),
/// approximate O(n^2 T(V)).
Result<PlanResult> solvePaper(const PaperGraph &graph, const StrategyOptions &options);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_PAPERGRAPH_H
