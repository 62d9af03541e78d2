//===- Simulator.h - peak and cost of a schedule ----------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_SIMULATOR_H
#define REMAT_PLANNING_RECOMPUTE_SIMULATOR_H

#include "remat/Planning/Recompute/Plan.h"

namespace remat::planning {

/// Memory and cost of a schedule under docs/concepts/plan.md: an execution
/// allocates its results while its inputs are live; a use reads the latest
/// earlier execution; an instance dies after its last use before the next
/// execution of its op; the last instance of an output lives to the end; an argument
/// that is read after its buffer was taken over was copied before.
struct Simulation {
  Bytes peak; ///< in the problem's scope, fixed bytes included
  int64_t peakStep = -1;
  Cost cost;
  Flops flops;
  std::vector<Bytes> liveAtStep; ///< live bytes during each step; only if asked
};

/// Simulates `schedule`, which must be valid (`verify` says so for untrusted
/// schedules). Cost: O(sum of degrees of the executions).
Simulation simulate(const Problem &problem, const Schedule &schedule, bool trace = false);

/// The base order: every op once.
Schedule baseSchedule(const Problem &problem);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_SIMULATOR_H
