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

/// What the gradient op of a node reads and produces, when it is known better
/// than the paper's model has it.
struct OpBackward {
  /// Forward values it reads: inputs of the node, or the node itself.
  std::vector<int32_t> reads;
  /// Inputs of the node that get a gradient from it.
  std::vector<int32_t> differentiates;
};

/// The forward graph of Kusumoto et al. 2019, section 2: node v costs T[v] to
/// compute, its value has M[v] bytes, and so has its gradient.
struct PaperGraph {
  std::string name;
  int32_t n = 0;
  std::vector<int64_t> T;                         ///< size n, >= 0
  std::vector<int64_t> M;                         ///< size n, >= 0
  std::vector<std::pair<int32_t, int32_t>> edges; ///< u -> v: the op of v reads u
  /// By node, or empty: then a gradient op reads all inputs of its node, not the
  /// node, and differentiates all inputs, as the paper has it. It changes the
  /// joint graph only; the formula knows nothing of it.
  std::vector<OpBackward> backward;

  /// Errors: InvalidInput for a cycle (naming it), an index out of range, a
  /// negative or overflowing number, a wrong length, a `backward` that names a
  /// node which is neither the op's nor one of its inputs.
  Status check() const;

  /// Returns the nodes with every edge pointing forward, the smaller id first
  /// where there is a choice; on a cycle, the nodes that do not wait for it.
  /// Requires: edges in range. Cost: O(E + n log n).
  std::vector<int32_t> topologicalOrder() const;
};

/// Returns the forward of a training step, contracted to `granularity`, as a paper
/// graph with the node ids of `contractForward`. T is 10 for a node with a
/// convolution and 1 for any other; M the bytes of the node's values that other
/// nodes read or, where none does, that backward and update read.
/// Errors: InvalidInput for a step without such a forward. Cost: O(V + E).
Result<PaperGraph> contractedPaperGraph(const Graph &graph, Granularity granularity);

/// Lower sets L_1 ... L_k = V by node id, each strictly inside the next.
using LowerSetSequence = std::vector<std::vector<int32_t>>;

/// Returns the joint graph of `graph`: the forward nodes, then grad(v) with op
/// id n + v, M[v] bytes and cost 0, which reads for each consumer of v that
/// differentiates it the consumer's gradient and what its gradient op reads.
/// There are no arguments and no outputs (a gradient dies after its last
/// reader), and every op may run again; costs are in units, and an op's flops
/// are its cost, so that a judge of flops judges the cost.
///
/// A paper graph has no program order of its own, so the base order follows the
/// canonical strategy of `sequence`: forward by (segment, topological position),
/// gradients in exactly the opposite order. Topological positions prefer the
/// smaller node id. An empty `sequence` stands for {V}.
/// Requires: `graph.check()`. Cost: O(n + E + sum of in-degrees of consumers).
Problem jointProblem(const PaperGraph &graph, const LowerSetSequence &sequence = {});

/// Returns the canonical strategy of `sequence` (Kusumoto et al. 2019, section
/// 3) as executions of `joint`: the forward; then, from the last segment to the
/// first, what is not cached of its forward, and its gradients. An op whose own
/// output a gradient reads runs again before that gradient where the output is
/// gone, as in the authors' code (ambiguity A8).
/// Requires: `joint` = jointProblem(graph, sequence).
Schedule canonicalSchedule(const PaperGraph &graph, const Problem &joint,
                           const LowerSetSequence &sequence, LastSegment lastSegment);

/// A plan of a paper graph, and the joint graph whose ops it names.
struct PaperPlan {
  Problem joint;
  PlanResult result;
};

/// Plans under the paper's formula: `options.budget` bounds Eq. 2 in the graph's
/// own units (absent: no limit). The result's `formula` holds overhead, peak and
/// sequence; `plan` the schedule of `joint` with liveness. Its peak is not above
/// the formula's, unless `graph.backward` says that gradients read more than the
/// formula knows; where it is above the budget the result has no budget, which
/// is the formula's alone. `Objective::Best` means Time, which is never costlier.
/// When the budget is too small, `result.smallestPeak` is the smallest that the
/// family reaches under the formula.
/// Errors: InvalidInput when `graph.check()` fails; InvalidOption for a
/// percentage, and for the exact family of a graph with too many lower sets.
/// Cost: exact O(#L^2 T(V)), approximate O(n^2 T(V)).
Result<PaperPlan> solvePaper(const PaperGraph &graph, const StrategyOptions &options);

/// Checks `given.formula` against the formula itself, evaluated for its sequence,
/// and its peak against `budget` where there is one. The strategy "none" never
/// recomputes, so its overhead is 0.
/// Requires: `given.formula`, with a sequence that `checkSequence` accepts.
/// Errors: InvalidPlan with the promised and the evaluated number.
Status verifyFormula(const PaperGraph &graph, const PlanResult &given, std::optional<Bytes> budget);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_PAPERGRAPH_H
