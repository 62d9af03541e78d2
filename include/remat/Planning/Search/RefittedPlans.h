//===- RefittedPlans.h - many refits, the cheapest of them ------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_REFITTEDPLANS_H
#define REMAT_PLANNING_SEARCH_REFITTEDPLANS_H

#include "remat/Planning/Search/Refit.h"
#include "remat/Planning/Search/Repair.h"

#include <functional>

namespace remat::planning::search {

/// Refits guides within a limit in many ways: each guide in two ways, the guides
/// that led to the cheapest plans in all ways, and then these with noise.
class RefittedPlans {
public:
  RefittedPlans(const SearchGraph &graph, int64_t limit)
      : graph(graph), limit(limit), refitter(graph), repairer(graph, limit, 4) {}

  /// When a run ends.
  struct Options {
    int64_t allowance = 0;        ///< units of work, which it exceeds by little
    int64_t goal = 0;             ///< extra cost of a plan that ends the search
    std::function<bool()> goOn{}; ///< false ends it as well
  };
  void run(std::span<const Measured *const> guides, const Options &options);

  /// Within the limit, pruned; the cheapest first, all different.
  std::vector<Measured> &plans() { return found; }
  /// Of the plans that do not fit the one with the smallest peak.
  const std::optional<Measured> &smallest() const { return exceeding; }
  int64_t work() const { return refitter.work() + repairer.work(); }

private:
  int64_t attempt(const Recomputations &guide, RefitOptions options);
  bool isDone(const Options &options) const {
    return work() >= end || (!found.empty() && found.front().extra <= options.goal) ||
           (options.goOn && !options.goOn());
  }

  const SearchGraph &graph;
  int64_t limit, end = 0;
  Refitter refitter;
  Repairer repairer;
  std::vector<Measured> found;
  std::optional<Measured> exceeding;
};

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_REFITTEDPLANS_H
