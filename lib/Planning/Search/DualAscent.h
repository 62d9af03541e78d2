//===- DualAscent.h - best prices of several cuts ---------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_DUALASCENT_H
#define REMAT_PLANNING_SEARCH_DUALASCENT_H

#include "remat/Planning/Search/CutBound.h"

namespace remat::planning::search {

/// Cuts, ascending, and a price for each.
struct PricedCuts {
  std::vector<int32_t> cuts;
  CutPrices at;
};

/// Climbs the dual function of one set of cuts.
class DualAscent {
public:
  DualAscent(const SearchGraph &graph, int64_t limit, const PricedCuts &start,
             std::vector<KnownRun> known = {});

  /// Spends at most `flows` flows; ends when the bound is `enough`.
  void climb(int64_t flows, std::optional<int64_t> enough);

  /// Raises the price of the cut at op `cut` alone, by secants between the lines of
  /// the dual function on either side of its maximum, for at most `flows` flows.
  void raise(int32_t cut, int64_t flows);

  /// Looks for a solution within the room just above the best prices, where none is
  /// known: at them, the one that runs fewest ops may be outside.
  void lookWithin();

  int64_t spent() const { return flowsSpent; }
  int64_t bound() const { return best; }
  PricedCuts bestPrices() const { return {cuts, bestAt}; }
  /// Puts bound, prices and choices of the best so far into `result`.
  void report(CutBound &result) const;
  std::vector<CutChoice> choicesAtBest() const { return choicesOf(atBest); }
  /// Of the cheapest solution within the room at each cut, else as above.
  std::vector<CutChoice> cheapestChoices() const {
    return choicesOf(cheapest ? *cheapest : atBest);
  }

  /// A run to branch on: one that the best prices undercount, or one on which
  /// solutions inside and outside the room disagree, or the dearest. Nothing when
  /// the bound is the cost of a solution within the room.
  std::optional<KnownRun> branch();

private:
  void scale(const PricedCuts &start);
  /// Solves at `prices`; returns the dual value times `prices.cost`.
  __int128 evaluate(const CutPrices &prices);
  bool step(__int128 dual, __int128 target);
  std::vector<CutChoice> choicesOf(const CutSolution &solution) const;

  std::vector<int32_t> cuts;
  CutModel model;
  CutPrices prices, bestAt;
  std::vector<int64_t> room;       ///< by cut
  std::vector<__int128> direction; ///< by cut: bytes, deflected
  CutSolution current, atBest;
  std::optional<CutSolution> cheapest; ///< of those within the room
  std::optional<CutSolution> outside;  ///< of those that are not, of the best prices
  __int128 outsideDual = 0;
  __int128 bestDual = 0; ///< times bestAt.cost
  int64_t best = -1, flowsSpent = 0;
};

/// The base op at which the schedule of `choices` exceeds the limit most, but for
/// `cuts` and ops that `tries` counts three times; -1 if none does.
int32_t worstOp(const SearchGraph &graph, int64_t limit, std::span<const CutChoice> choices,
                std::span<const int32_t> cuts, std::span<const char> tries);

/// Adds a cut, at price 0.
void join(PricedCuts &prices, int32_t cut);

/// Takes away the cuts of price 0: what is stored there is free, so they bound
/// nothing.
void leave(PricedCuts &prices);

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_DUALASCENT_H
