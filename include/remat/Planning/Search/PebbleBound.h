//===- PebbleBound.h - a lower bound from the largest values ----*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A relaxation that knows few values and every execution, where the cuts know
// every value and few executions: strong where a limit leaves room for a
// handful of values, and blind to the rest.
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_PEBBLEBOUND_H
#define REMAT_PLANNING_SEARCH_PEBBLEBOUND_H

#include "remat/Planning/Search/CutBound.h"

#include <optional>

namespace remat::planning::search {

struct PebbleBound {
  /// No schedule of this base order stays within the limit.
  bool infeasible = false;
  int32_t witness = -1; ///< base op where the farthest of them end
  /// Every schedule within the limit costs at least `baseCost() + extra`.
  int64_t extra = 0;
  int64_t work = 0; ///< states bounded
};

struct PebbleOptions {
  int64_t work = 100'000; ///< states bounded, all games together
  /// Extra cost of a plan in hand: the search ends when the bound reaches it.
  std::optional<int64_t> enough = std::nullopt;
  /// Bounds on what runs again behind cuts, within the limit.
  std::vector<CutExtra> later = {};
};

/// Tracks at most 64 values, the largest, and lets all others be free: behind their
/// first execution they are there at no cost, and take memory only while an op
/// that reads or makes them runs. What is left is a pebble game whose states are
/// sets of tracked values and a place in base order. Its cheapest way to the end
/// is found by A* (Hart, Nilsson and Raphael 1968; as an abstraction, Culberson and
/// Schaeffer 1998), where a state is bounded by `later` and by what must run again
/// at least once: what later base ops read and is not there, and what that needs.
///
/// Values of fewer and fewer bytes are tracked, as long as they are at most 64;
/// first without those whose only reader can take their place, then with them. The
/// bound is the highest of all games; of one that does not end, the least of its
/// open states. Cost: O(work * 64 + V + E) per game, of which there are at most
/// 128, and O(work) memory.
PebbleBound pebbleBound(const SearchGraph &graph, int64_t limit, const PebbleOptions &options = {});

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_PEBBLEBOUND_H
