//===- PlanIO.h - plan.json -------------------------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_PLANIO_H
#define REMAT_PLANNING_RECOMPUTE_PLANIO_H

#include "remat/Planning/Recompute/Verify.h"

namespace remat::planning {

/// The version of plan.json that this build reads and writes.
inline constexpr int64_t kPlanSchemaVersion = 1;

/// Writes an answer for `problem` in the form of docs/concepts/plan.md: what
/// `result` holds, and what follows from it and the problem (base cost,
/// overhead, flops, time). Its schedule lists `Op::id`s. Equal results give
/// equal bytes. Cost: O(size of the result).
std::string writePlan(const Problem &problem, const PlanResult &result);

/// Reads an answer for `problem` back; `source` names the file in messages.
/// The plan is not verified. Errors: InvalidInput, with line and column for
/// what is not JSON, else with the key path: an unknown key, an op id that
/// `problem` lacks, or a scope, unit or base cost other than the problem's;
/// UnsupportedSchema.
Result<PlanResult> readPlan(const Problem &problem, std::string_view text,
                            const std::string &source);

/// Reads the figures of an answer that follow from others, for `verifyClaims`.
/// Requires: `readPlan` reads `text`. Errors: InvalidInput for what is no number.
Result<PlanFigures> readPlanFigures(std::string_view text, const std::string &source);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_PLANIO_H
