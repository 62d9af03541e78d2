//===- Summary.h - what remat-plan says on stderr ---------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_COMMAND_SUMMARY_H
#define REMAT_PLANNING_COMMAND_SUMMARY_H

#include "remat/Planning/Recompute/Plan.h"

#include <string>

namespace remat::planning {

/// Returns some lines about a plan that was found: peaks with their scope,
/// overhead and bound, executions.
std::string summarizePlan(const Problem &problem, const PlanResult &result);

} // namespace remat::planning

#endif // REMAT_PLANNING_COMMAND_SUMMARY_H
