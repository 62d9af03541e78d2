//===- PaperIO.h - files of paper graphs ------------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_PAPERIO_H
#define REMAT_PLANNING_RECOMPUTE_PAPERIO_H

#include "remat/Planning/Recompute/PaperGraph.h"

namespace remat::planning {

/// Reads a paper graph, {"n": 3, "T": [1, 10, 1], "M": [4, 2, 1], "edges": [[0,
/// 1], [1, 2]]}, or the one called `name` out of {"graphs": {"chain": {...}}}.
/// "backward" is optional: [{"need": [0], "needs_out": true, "targets": [0]},
/// ...] says by node which forward values its gradient op reads, whether it reads
/// the node's own output, and which inputs get a gradient (`OpBackward`).
/// Other keys are for other readers; an edge given twice counts once. An empty
/// `name` stands for the only graph of the file. The result passes
/// `PaperGraph::check`. Errors: InvalidInput, with line and column for what is
/// not JSON, else with the key path; InvalidOption, listing the graphs, for a
/// `name` that the file lacks or that is needed. Cost: O(size of the text).
Result<PaperGraph> readPaperGraph(std::string_view text, const std::string &source,
                                  const std::string &name);

/// Writes a paper graph so that `readPaperGraph` gives it back. Cost: O(n + E).
std::string writePaperGraph(const PaperGraph &graph);

/// Checks a sequence that comes from a file: lower sets of `graph` by ascending
/// node ids, each strictly inside the next, the last one all nodes. Errors:
/// InvalidInput naming the set. Cost: O(sum of the sets' sizes + k E).
Status checkSequence(const PaperGraph &graph, const LowerSetSequence &sequence);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_PAPERIO_H
