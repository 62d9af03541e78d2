//===- CheckmateIO.h - graphs of the Checkmate paper ------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_CHECKMATEIO_H
#define REMAT_PLANNING_RECOMPUTE_CHECKMATEIO_H

#include "remat/Planning/Recompute/Problem.h"

namespace remat::planning {

/// Reads a graph of the Checkmate (MLSys 2020) and Moccasin (ICML 2023) papers:
/// the node-link JSON that networkx writes, in either of two spellings, which
/// the first node decides:
///   Checkmate: nodes {id, cost_ram, cost_cpu, name, backward}, links {source, target};
///   layered:   nodes {name, out_cost, duration}, links {"0", "1"}.
/// `id`, or `name` in the second, is the node's list position. `graph.order`, if
/// there, is the base order; else the list's, a node that stands before one it
/// reads being moved behind it. Other keys are for other readers; a link given
/// twice counts once.
///
/// The problem's rules are those of the papers' programs: a node is an op with
/// one result, each may be recomputed, nothing is an argument or an output, so
/// that a result goes after its last reader, and one that nobody reads, such as
/// the last, after its own step. Costs are the file's integers, in units.
/// `Op::id` is the node; forward is everything up to the last node of the base
/// order that is not marked backward. Errors: InvalidInput, with line and column
/// for what is not JSON, else with the key path: a missing key, a wrong type, an
/// unknown node, a cycle (naming it), an order that is none, a negative or
/// overflowing number. Cost: O((size of the text) log V).
/// Source: moccasin, src/moccasin/util.py, get_mem_from_schedule; Jain et al.
/// 2020, section 4.
Result<Problem> readCheckmateProblem(std::string_view text, const std::string &source);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_CHECKMATEIO_H
