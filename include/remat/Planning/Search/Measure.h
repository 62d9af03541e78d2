//===- Measure.h - peak and extra cost of recomputations --------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_MEASURE_H
#define REMAT_PLANNING_SEARCH_MEASURE_H

#include "remat/Planning/Search/SearchGraph.h"

namespace remat::planning::search {

/// A plan and what it comes to.
struct Measured {
  Recomputations recomputations;
  int64_t peak = 0;  ///< without fixedBytes
  int64_t extra = 0; ///< cost of the recomputations
};

/// Fills in peak and extra cost. Cost: O(V + E + R).
Measured measure(const SearchGraph &graph, Recomputations recomputations);

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_MEASURE_H
