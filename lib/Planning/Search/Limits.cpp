//===- Limits.cpp - how far strategy best goes ----------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/Best.h"

#include <algorithm>

namespace remat::planning::search {

Limits limitsOf(Effort effort, int64_t ops) {
  switch (effort) {
  case Effort::Fast:
    return {.boundFlows = 24, .branchFlows = 0, .work = 0, .spread = 8, .candidates = 4};
  case Effort::Default:
    return {.boundFlows = 150,
            .branchFlows = 1000,
            .work = std::clamp<int64_t>(800 * ops, std::min<int64_t>(30'000 * ops, 1'600'000),
                                        10'000'000),
            .spread = 24,
            .candidates = 14};
  case Effort::Max:
    return {.boundFlows = 2000,
            .branchFlows = 20'000,
            .work = std::min<int64_t>(40'000 * ops, 400'000'000),
            .spread = 48,
            .candidates = 40};
  }
  return {};
}

std::vector<int32_t> turnsOf(const Problem &problem, const SearchGraph &graph) {
  std::vector<int64_t> profile = baseProfile(graph);
  std::vector<int32_t> found{
      static_cast<int32_t>(std::max_element(profile.begin(), profile.end()) - profile.begin())};
  for (auto op = static_cast<int32_t>(problem.graph.ops.size()); op-- > 0;)
    if (problem.graph.ops[op].phase == Phase::Forward) {
      if (op != found.front())
        found.push_back(op);
      break;
    }
  return found;
}

} // namespace remat::planning::search
