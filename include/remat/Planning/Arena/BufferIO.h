//===- BufferIO.h - buffers as CSV ------------------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The columns are those of MiniMalloc (Moffitt, ASPLOS 2023): id, lower, upper, size and
// if needed alignment, hint, gaps; a packing adds offset. See docs/concepts/arena.md.
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_ARENA_BUFFERIO_H
#define REMAT_PLANNING_ARENA_BUFFERIO_H

#include "remat/Planning/Arena/Arena.h"

#include <string_view>

namespace remat::planning::arena {

/// Reads buffers; columns may stand in any order. Errors: InvalidInput naming `name`, line
/// and column, found and wanted; also for what `ArenaProblem::check` refuses and
/// for a column "offset", which belongs to a packing.
Result<ArenaProblem> readBuffers(std::string_view text, const std::string &name);

/// Reads a packing of the buffers of `problem`, which its rows repeat in any order. The
/// arena is the largest end of a buffer. Errors: InvalidInput as above, and
/// naming a buffer that is missing, unknown or not the one of `problem`.
Result<Packing> readPacking(const ArenaProblem &problem, std::string_view text,
                            const std::string &name);

/// Returns the buffers as CSV, with the column offset where `packing` is given. Columns
/// that hold only the default are left out; so are empty gaps between intervals.
/// Requires: ids without commas, quotes and line ends, as `check` demands.
std::string writeBuffers(const ArenaProblem &problem, const Packing *packing = nullptr);

} // namespace remat::planning::arena

#endif // REMAT_PLANNING_ARENA_BUFFERIO_H
