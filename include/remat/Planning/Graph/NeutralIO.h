//===- NeutralIO.h - neutral graphs -----------------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_GRAPH_NEUTRALIO_H
#define REMAT_PLANNING_GRAPH_NEUTRALIO_H

#include "remat/Planning/Graph/Graph.h"

namespace remat::planning {

/// Reads a neutral graph: a JSON object with `nodes` (id, op, inputs, bytes,
/// flops, phase arg|fwd|bwd|opt, kind, can_recompute, types) and `outputs`, and
/// perhaps `donate`; other keys are for other readers. docs/concepts/plan.md
/// has the form. A node has one value; nodes of phase arg become arguments.
/// `Op::id` is the node's id, which is its list position, and values are named
/// after it ("%12"). Forward is everything up to the last node tagged fwd. The
/// base order is the list's; a node that stands before one it reads is moved
/// behind it, ties by id.
/// Errors: InvalidInput, with line and column for what is not JSON, else with
/// the key path: a missing key, a wrong type, an unknown node, a cycle (naming
/// it), a negative or overflowing size. Cost: O(size of the text).
Result<Graph> readNeutralGraph(std::string_view text, const std::string &source);

/// Writes `graph` as a neutral graph: a node's id is its list position and its
/// op's `Op::id`; arguments take the remaining positions, in order.
/// Requires: every op has one result, and the ids fill 0 ... ops + arguments - 1
/// together with the arguments, as in what `readNeutralGraph`, `foldFree` and
/// `jointProblem` make. Errors: InvalidInput naming an op that breaks this.
Result<std::string> writeNeutralGraph(const Graph &graph);

} // namespace remat::planning

#endif // REMAT_PLANNING_GRAPH_NEUTRALIO_H
