//===- Best.h - strategy best -----------------------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_BEST_H
#define REMAT_PLANNING_SEARCH_BEST_H

#include "remat/Planning/Recompute/CandidatePool.h"
#include "remat/Planning/Recompute/Strategy.h"
#include "remat/Planning/Search/SearchGraph.h"

namespace remat::planning::search {

/// How far a search goes with an effort, all counted in steps.
struct Limits {
  int64_t boundFlows, branchFlows, work;
  int32_t spread;    ///< prices per sweep
  size_t candidates; ///< repaired without noise
};
Limits limitsOf(Effort effort, int64_t ops);

/// Ops behind which a cut is worth a sweep: the end of the forward, and the base
/// order's peak.
std::vector<int32_t> turnsOf(const Problem &problem, const SearchGraph &graph);

/// What a search found out besides the plans that it offered.
struct BestReport {
  Cost bound;        ///< every plan within the limit costs at least this
  Floor floor;       ///< proven: no schedule of this base order has a smaller peak
  int64_t flows = 0; ///< maximum flows, for bounds and priced cuts
  /// Changes made and values looked at by repair, refit and iterated greedy, and states of
  /// pebble games.
  int64_t work = 0;
  bool stopped = false; ///< by `options.progress`
};

/// Plans of strategy `best` for a limit, offered to `pool`: priced minimum cuts,
/// repaired to the limit, pruned, and improved by iterated greedy, within a number
/// of steps that `options.effort` sets. Calls `offerSeeds` unless what it found is
/// proven to be cheapest, and goes on from `pool`'s plan where that is better.
/// Without a limit, or where no plan meets it: for the smallest peak, so that any
/// budget is met that is no smaller than what that search reaches.
/// Source: docs/design/0007.
/// Requires: `problem.check()`; sums of bytes and costs below 2^60.
BestReport offerBest(const Problem &problem, const StrategyOptions &options,
                     std::optional<Bytes> limit, CandidatePool &pool,
                     const std::function<void()> &offerSeeds);

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_BEST_H
