//===- Pack.h - buffers into one arena --------------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_ARENA_PACK_H
#define REMAT_PLANNING_ARENA_PACK_H

#include "remat/Planning/Arena/Arena.h"

namespace remat::planning::arena {

enum class PackStatus {
  Optimal,       ///< no smaller arena holds the buffers
  Feasible,      ///< a packing, perhaps not the smallest
  Infeasible,    ///< no packing is within the capacity
  NoPackingFound ///< none was found within the capacity; there may be one
};
std::string_view toString(PackStatus status);

/// Nodes of the exact search unless a caller says otherwise.
inline constexpr int64_t kDefaultNodeLimit = 400'000;

struct PackOptions {
  int64_t nodeLimit = kDefaultNodeLimit; ///< >= 0; a node places one buffer
};

/// What came of packing.
struct PackResult {
  PackStatus status = PackStatus::NoPackingFound;
  std::optional<Packing> packing; ///< with Optimal and Feasible
  LivePeak peak;                  ///< the most bytes live at once
  Bytes bound;                    ///< no arena is smaller; at least `peak.bytes`
  std::optional<Bytes> smallest;  ///< the smallest arena found, within the capacity or not
  int64_t nodes = 0;              ///< of the exact search, used
  std::string method;             ///< what made the packing, for people
  std::string stopReason;         ///< why packing ended, for people

  /// Bytes of the arena beyond those ever live at once. Requires: a packing.
  Bytes fragmentation() const { return packing->arena - peak.bytes; }
};

/// Packs the buffers into an arena as small as it finds: first-fit and best-fit over
/// several orders of the buffers, then an exact search where these leave a gap to
/// the bound. Ends at once when the arena has as many bytes as are ever live.
/// The order of `problem.buffers` and the ids change neither the arena nor the status.
/// Errors: InvalidInput, as `ArenaProblem::check`.
/// Cost: O(n log n) set operations per order, at most O(n) each and few in practice;
/// a node of the search costs O(m s) for the m buffers that it has still to place and
/// the s times at which one is live.
Result<PackResult> pack(const ArenaProblem &problem, const PackOptions &options = {});

} // namespace remat::planning::arena

#endif // REMAT_PLANNING_ARENA_PACK_H
