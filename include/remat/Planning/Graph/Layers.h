//===- Layers.h - contraction of the forward to layers ---------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_GRAPH_LAYERS_H
#define REMAT_PLANNING_GRAPH_LAYERS_H

#include "remat/Planning/Graph/Graph.h"

namespace remat::planning {

/// How ops are grouped before a lower-set program runs on them.
enum class Granularity {
  Op,      ///< one node per op
  Cluster, ///< an op that does real work, with the light ops that follow it
  Layer,   ///< one node per framework-layer output (by `Op::scope`); clusters
           ///< where an op has no scope
};

/// The recomputable forward: the nodes of the lower-set programs on a joint
/// graph (Kusumoto et al. 2019, section 2, on forward values that a backward or
/// update op reads, with their forward ancestors).
struct ForwardGraph {
  /// nodeOf[op]: node of an op, or -1 when the op is not part of the forward
  /// graph (backward, update, not recomputable, or nothing backward needs it).
  std::vector<int32_t> nodeOf;
  std::vector<std::vector<OpId>> members; ///< by node, each in base order
  /// predecessors[node], successors[node]: distinct, ascending. Nodes are
  /// numbered in a topological order, ties by first member.
  std::vector<std::vector<int32_t>> predecessors, successors;
};

/// Contracts the recomputable forward of `graph`. The quotient is acyclic:
/// groups that would form a cycle are merged. Deterministic. Cost: O(V + E).
ForwardGraph contractForward(const Graph &graph, Granularity granularity);

} // namespace remat::planning

#endif // REMAT_PLANNING_GRAPH_LAYERS_H
