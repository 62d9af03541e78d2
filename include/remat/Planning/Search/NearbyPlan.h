//===- NearbyPlan.h - plans out of plans at hand ----------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_NEARBYPLAN_H
#define REMAT_PLANNING_SEARCH_NEARBYPLAN_H

#include "remat/Planning/Search/Best.h"
#include "remat/Planning/Search/Measure.h"

namespace remat::planning::search {

/// What may be spent, in units of Repairer::work().
struct NearbyOptions {
  int64_t repairWork = 0;     ///< on each start
  int64_t improveWork = 0;    ///< on the best of what comes out
  bool anyPlan = false;       ///< the first start that comes within the limit is enough
  int64_t goal = 0;           ///< extra cost known to be least: no need to go on there
  std::function<bool()> goOn; ///< false stops
};

/// Brings each start within the limit, takes away what it does not need there,
/// and improves the cheapest. Adds what it spent to `work`. Returns nothing if no
/// start comes within the limit.
std::optional<Measured> planNear(const SearchGraph &graph, int64_t limit,
                                 const std::vector<const Measured *> &starts,
                                 const NearbyOptions &options, int64_t &work);

/// Lowers the limit step by step, and returns the plan of the smallest peak that
/// comes out: steps grow with each success and shrink with each failure, until
/// they are below 1/4000 of the peak or `allowance` is spent. `floor`: no peak is
/// smaller. Requires: a plan in `plans`, any order. Adds what it spent to `work`.
Measured shrinkPeak(const SearchGraph &graph, const std::vector<Measured> &plans, int64_t floor,
                    int64_t allowance, const std::function<bool()> &goOn, int64_t &work);

/// Goes on from `options.warmStart`: keeps the recomputations that exist here,
/// repairs, prunes, and improves a little. Offers to `pool` what fits; spends at
/// most a fifth of what a search from nothing may.
BestReport offerWarm(const Problem &problem, const StrategyOptions &options, Bytes limit,
                     CandidatePool &pool);

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_NEARBYPLAN_H
