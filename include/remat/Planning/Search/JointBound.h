//===- JointBound.h - a lower bound from several cuts -----------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_JOINTBOUND_H
#define REMAT_PLANNING_SEARCH_JOINTBOUND_H

#include "remat/Planning/Search/CutBound.h"

#include <algorithm>
#include <functional>

namespace remat::planning::search {

/// How many cuts at once are worth their time: a flow takes longer with each.
inline size_t cutsAtOnce(const SearchGraph &graph) {
  constexpr int32_t opsOfAllCuts = 30000;
  return static_cast<size_t>(std::clamp(opsOfAllCuts / std::max(graph.opCount(), 1), 3, 12));
}

/// Takes choices at cuts, ascending, that a plan may be made of.
using OfferChoices = std::function<void(std::span<const CutChoice>)>;

struct JointBoundOptions {
  int64_t flows = 400;      ///< maximum flows to spend, all cuts together in each
  int64_t flowsPerCut = 10; ///< at most, each time a cut joins
  /// Climbs again, for as many flows, from the best of single cuts that lie apart
  /// where these promise more than the first.
  bool twice = false;
  /// Extra cost of a plan in hand: the search ends when the bound reaches it.
  std::optional<int64_t> enough;
  /// Called with what each set of cuts leaves at its best prices.
  OfferChoices offer;
};

/// Raises `start`, a bound of one cut that is not infeasible, by more cuts: a
/// closure problem over all of them (`CutModel`) has one price per cut, and each
/// vector of prices gives a bound. A cut joins where the solution at the best
/// prices, realised just in time, exceeds the limit most; before these, up to three
/// of `start.tried`, apart in base order, that raise the bound at a price for them
/// alone: each that does, or (`twice`) those that do most, then moved to where they
/// do more. Those of price 0 leave when there are `cutsAtOnce`. Prices climb by
/// deflected subgradients with Polyak steps (Polyak 1969; Camerini, Fratta and
/// Maffioli 1975) in integers. The bound is at least `start.extra`. `choices` and
/// `prices` belong to all cuts, ascending. Cost: `flows` maximum flows, or twice as
/// many, on a network of O(cuts * (V + E)).
CutBound jointBound(const SearchGraph &graph, int64_t limit, const CutBound &start,
                    const JointBoundOptions &options = {});

struct BranchedJointOptions {
  int64_t flows = 10000; ///< maximum flows to spend
  /// As many again, up to so many in all, as long as the last raised the bound by a
  /// fortieth of what was left to `enough`.
  int64_t mostFlows = 0;
  int64_t flowsPerPart = 8; ///< for a part's prices, each time a cut joins
  std::optional<int64_t> enough;
  /// Called with the cheapest choices of each part that keep within the room, if
  /// any do, else with those of its best prices.
  OfferChoices offer;
};

/// Raises `start` by branching on what runs again between two cuts: in a part of
/// the schedules where an op is known to run there, the ops before it that are
/// not stored are known to run there as well, and those of them that run again
/// later are counted twice. Best first, ends when the bound reaches `enough` or
/// after about `flows` flows. Only `extra` and `flows` of the result differ from
/// `start`.
CutBound branchedJointBound(const SearchGraph &graph, int64_t limit, const CutBound &start,
                            const BranchedJointOptions &options = {});

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_JOINTBOUND_H
