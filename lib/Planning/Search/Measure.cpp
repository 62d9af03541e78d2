//===- Measure.cpp - peak and extra cost of recomputations ----------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/Measure.h"

#include <algorithm>

namespace remat::planning::search {

Measured measure(const SearchGraph &graph, Recomputations recomputations) {
  Measured result;
  std::vector<int64_t> live = liveBytes(graph, recomputations);
  result.peak = *std::max_element(live.begin(), live.end());
  for (Recomputation one : recomputations)
    result.extra += graph.cost(one.op);
  result.recomputations = std::move(recomputations);
  return result;
}

} // namespace remat::planning::search
