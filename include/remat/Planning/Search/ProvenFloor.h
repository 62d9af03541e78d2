//===- ProvenFloor.h - a peak that no schedule goes below -------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_PROVENFLOOR_H
#define REMAT_PLANNING_SEARCH_PROVENFLOOR_H

#include "remat/Planning/Search/SearchGraph.h"

namespace remat::planning::search {

/// Every schedule of this base order has a peak of at least `bytes`, fixed bytes
/// left out: that much is live while `op` runs for the first time, or while what it
/// reads is made. Op opCount() (END) stands for the outputs together.
struct ProvenFloor {
  int64_t bytes = 0;
  int32_t op = 0;
};

/// The largest, ties by position, of: the outputs; each op's inputs and results
/// with the fewest bytes that must be stored besides while it runs, when what
/// can run again runs again for nothing. That is a minimum cut (`CutModel`) and
/// takes a flow only where ops that run once leave it open; at most `flows`,
/// the ops of the highest possible floor first. Or what is live before, when the
/// last of an op's inputs is made (`inputsPeak`), the ops of the largest floor so
/// far first, for at most `states` states.
/// Cost: O(V log V + E), and O(V + E) and a flow for each of those.
ProvenFloor provenFloor(const SearchGraph &graph, int64_t flows = 64, int64_t states = 2000);

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_PROVENFLOOR_H
