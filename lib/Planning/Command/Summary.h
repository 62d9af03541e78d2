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
#include <vector>

namespace remat::planning {

/// Returns some lines about a plan that was found: peaks with their scope,
/// overhead and bound, executions.
std::string summarizePlan(const Problem &problem, const PlanResult &result);

/// Why no plan was found: a sentence in the form of an error, and one note for
/// each of the largest live values.
struct Refusal {
  std::string message;
  std::vector<std::string> notes;
};

/// `ofFormula` says that the budget bounds the formula of a paper graph.
Refusal describeRefusal(const Problem &problem, const PlanResult &result, bool ofFormula);

} // namespace remat::planning

#endif // REMAT_PLANNING_COMMAND_SUMMARY_H
