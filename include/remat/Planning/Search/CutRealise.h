//===- CutRealise.h - choices at cuts made schedules ------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_CUTREALISE_H
#define REMAT_PLANNING_SEARCH_CUTREALISE_H

#include "remat/Planning/Search/CutBound.h"

namespace remat::planning::search {

/// The recomputations of a schedule that stores at each cut what `choices` say
/// (ascending by cut), as late as can be: behind a cut all else is gone, but for
/// what cannot be made again, and an op runs again in the stage of the first op
/// that misses its result, after those it needs itself. Values made after a cut
/// stay until the next. The schedule is valid; its peak may be above any limit.
/// Cost: O(cuts * (V + E)).
Recomputations realiseJustInTime(const SearchGraph &graph, std::span<const CutChoice> choices);

/// Live bytes while each base op runs in the schedule with these recomputations;
/// size opCount(). Cost: O(V + E + degrees of the recomputations).
std::vector<int64_t> profileAtBaseOps(const SearchGraph &graph,
                                      const Recomputations &recomputations);

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_CUTREALISE_H
