//===- Reorder.h - another base order that needs less memory ----*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_REORDER_H
#define REMAT_PLANNING_SEARCH_REORDER_H

#include "remat/Planning/Recompute/Plan.h"

#include <vector>

namespace remat::planning::search {

/// order[position]: the op of the problem (OpId) that runs there; each op once.
using Order = std::vector<OpId>;

/// Returns an order of the ops of `problem` whose plain peak is no larger: one
/// with a smaller peak, or with a peak as large, to 1/256, and fewer bytes live
/// on average, which is room for plans; or else the base order.
///
/// Producers stay before readers, and readers of an argument before the op whose
/// result takes it over (with donation). Ops that may run once only keep their
/// order among themselves, as they may do more than make results. Ops behind the
/// last op of the forward stay there; a forward op may move behind it.
///
/// List schedules are tried in turn, each starting from the best so far: at each
/// step a unit that frees as much as it allocates, else the next one, else one
/// that adds little, whichever fits below the peak so far; forwards (eager
/// frees) and backwards (late allocations). Before and after, ops sink to their
/// first reader where that lets go of more than it holds (`runLate`). A unit is an
/// op; or an op and those that only it reads; or what leads to outputs only and
/// hangs together, as the update of a weight does, which so runs as soon as its
/// gradient is there.
/// Deterministic; ties go to what stands first. Requires: `problem.check()`.
/// Cost: O((V + E) log V), and O(E d) for ops that sink, with d readers of a value.
Order reorder(const Problem &problem);

/// Returns orders worth planning in: that of `reorder`, and the base order with ops
/// that run late; those that are the base order are left out. Requires and costs as
/// `reorder`.
std::vector<Order> reorderings(const Problem &problem);

/// Returns `problem` with its ops in `order`; values keep their ids, ops their
/// `Op::id`. Forward ops that come to stand behind the last op of the forward
/// become backward ones. Requires: an order that `reorder` may return. Cost:
/// O(V + E).
Problem permuted(const Problem &problem, const Order &order);

/// Returns `schedule` without the executions whose results nothing reads, of ops that run
/// again later: the plan is then one of another order. It costs no more and has no
/// larger peak.
///
/// The last op of the forward and readers of donated arguments keep all executions, as
/// the order that comes out must be one that `permuted` takes. The rewrite leaves out
/// what nothing reads by the same rule but without these exceptions (`resolveExecutions`
/// on the IR side, which works on IR values and knows more readers: folded cones), and so
/// does the report (`Plan.executions` in python/remat/plan.py), which counts what the
/// rewrite does. Three walks, as their exceptions and what they walk over differ.
///
/// Requires: a schedule that `verify` accepts. Cost: O(executions * degree + V + E).
Schedule withoutUnread(const Problem &problem, const Schedule &schedule);

/// Returns the order of the first executions of `schedule`, which has one of every op.
Order orderOf(const Problem &problem, const Schedule &schedule);

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_REORDER_H
