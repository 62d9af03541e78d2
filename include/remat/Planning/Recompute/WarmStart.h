//===- WarmStart.h - a plan of a similar problem ----------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_WARMSTART_H
#define REMAT_PLANNING_RECOMPUTE_WARMSTART_H

#include "remat/Planning/Recompute/Plan.h"

namespace remat::planning {

/// Reads the schedule of a plan.json that was made for another budget or for a
/// similar graph, and fits it to `problem`: ops are matched by `Op::id`, an op
/// that `problem` lacks is dropped, one that the plan lacks is put in its place in
/// base order, and a recomputation stays before the op that it stood before (or,
/// where that is gone, before the next one). First executions of the result stand
/// in base order. Other keys of the plan are not looked at.
/// Errors: InvalidInput, with the key path; UnsupportedSchema.
Result<Schedule> readWarmStart(const Problem &problem, std::string_view text,
                               const std::string &source);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_WARMSTART_H
