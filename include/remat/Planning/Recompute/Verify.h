//===- Verify.h - the independent check of a plan ---------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_VERIFY_H
#define REMAT_PLANNING_RECOMPUTE_VERIFY_H

#include "remat/Planning/Recompute/Plan.h"

namespace remat::planning {

/// Checks that `plan` is a valid schedule of `problem` that keeps its promises,
/// by code that no strategy and not the simulator uses. Errors: InvalidPlan,
/// the message starting with the label of the broken rule:
///   R1 every execution names an op of the graph
///   R2 every op runs at least once, first executions in base order; of a plan in
///      another order, ops that run once stay in base order among themselves, and
///      with donation readers of an argument before the op that takes it over, as
///      far as they stand before it in base order
///   R3 an op that may not be recomputed runs exactly once
///   R4 an execution's inputs were executed before it
///   R5 the peak is the promised one
///   R6 the cost is the promised one
///   R7 the peak is within the budget, if there is one
/// Cost: O(E log E) in the sum E of the executions' degrees.
Status verify(const Problem &problem, const Plan &plan, std::optional<Bytes> budget);

/// Returns the peak of `schedule` as `verify` measures it. Requires: rules R1 to R4.
Bytes measuredPeak(const Problem &problem, const Schedule &schedule);

/// Figures that a plan file states though they follow from others; absent where it
/// does not.
struct PlanFigures {
  std::optional<double> overhead, gap, timeMicroseconds;
  std::optional<int64_t> totalFlops;
};

/// Checks what a plan file says besides its plan, which passes `verify`: its order,
/// that status, bound, cost and base cost agree, that the peak is within the file's
/// own budget, plain_peak and smallest_peak, and `figures`, which may be rounded to 6
/// places. That a bound holds and that a smallest peak was reached cannot be checked.
/// Requires: `result.plan`.
/// Errors: InvalidPlan naming the key, what it says, and what was expected.
Status verifyClaims(const Problem &problem, const PlanResult &result, const PlanFigures &figures);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_VERIFY_H
