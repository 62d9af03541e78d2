//===- ProblemIO.h - problem.json -------------------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_PROBLEMIO_H
#define REMAT_PLANNING_RECOMPUTE_PROBLEMIO_H

#include "remat/Planning/Recompute/Problem.h"

namespace remat::planning {

/// The version of problem.json that this build reads and writes.
inline constexpr int64_t kProblemSchemaVersion = 1;

/// Reads a problem in the form of docs/concepts/plan.md; `source` names the
/// file in messages. The result passes `Problem::check`. Errors: InvalidInput,
/// with line and column for what is not JSON and with the key path for all
/// else; UnsupportedSchema. Cost: O(size of the text).
Result<Problem> readProblem(std::string_view text, const std::string &source);

/// Writes a problem; `readProblem` of it gives an equal problem, and equal
/// problems give equal bytes.
std::string writeProblem(const Problem &problem);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_PROBLEMIO_H
