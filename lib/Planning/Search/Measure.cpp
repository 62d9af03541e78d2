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
  int32_t ops = graph.opCount();
  auto steps = static_cast<int32_t>(static_cast<size_t>(ops) + recomputations.size() + 1);
  std::vector<int64_t> delta(steps + 1, 0);
  std::vector<int32_t> lastUse(graph.valueCount(), -1);
  int32_t step = 0;
  auto run = [&](int32_t op) {
    for (int32_t value : graph.inputs(op))
      lastUse[value] = step;
    for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value) {
      if (lastUse[value] >= 0)
        delta[lastUse[value] + 1] -= graph.bytes(value);
      delta[step] += graph.bytes(value);
      lastUse[value] = step;
    }
    ++step;
  };
  auto next = recomputations.begin();
  for (int32_t op = 0; op <= ops; ++op) {
    for (; next != recomputations.end() && next->stage == op; ++next) {
      run(next->op);
      result.extra += graph.cost(next->op);
    }
    run(op);
  }
  for (int32_t value = 0; value < graph.valueCount(); ++value)
    delta[lastUse[value] + 1] -= graph.bytes(value);
  int64_t live = 0;
  for (int32_t at = 0; at < steps; ++at)
    result.peak = std::max(result.peak, live += delta[at]);
  result.recomputations = std::move(recomputations);
  return result;
}

} // namespace remat::planning::search
