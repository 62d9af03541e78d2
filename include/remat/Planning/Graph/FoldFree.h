//===- FoldFree.h - free ops folded into their readers ----------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_GRAPH_FOLDFREE_H
#define REMAT_PLANNING_GRAPH_FOLDFREE_H

#include "remat/Planning/Graph/Graph.h"

namespace remat::planning {

/// Returns `graph` without its free ops: constants, and broadcasts and views of
/// one input, unless their value is an output or they may not run twice. A
/// reader of a folded value reads what the folded ops read, and its work counts
/// theirs: their flops, and as bytes read those of its inputs afterwards, each
/// once. Arguments stay, read or not.
///
/// Op ids are numbered anew: arguments count as 0 ... A - 1, ops from A on in
/// base order, so that they are list positions in the file that `writeNeutralGraph`
/// makes. Value names stay, and tell which op of the source is meant.
/// Requires: `graph.check()`. Cost: O(V + E + sum over readers of folded ops
/// behind them).
Graph foldFree(const Graph &graph);

} // namespace remat::planning

#endif // REMAT_PLANNING_GRAPH_FOLDFREE_H
