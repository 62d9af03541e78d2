//===- Witness.h - who makes a peak -----------------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_WITNESS_H
#define REMAT_PLANNING_RECOMPUTE_WITNESS_H

#include "remat/Planning/Recompute/Plan.h"

namespace remat::planning {

/// Returns who makes a peak: when `budget` is below the floor, the op that sets
/// the floor with its inputs and results; else the op at the peak of `best`, the
/// schedule of smallest peak that is known, with the values live there.
/// `floor`: the largest that is proven, at least `floorOf(problem)`; where it is
/// more, `best` shows what is live at its op.
/// Cost: O(sum of degrees of the executions).
Witness witnessOf(const Problem &problem, const Schedule &best, Bytes budget, Floor floor);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_WITNESS_H
