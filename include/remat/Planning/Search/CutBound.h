//===- CutBound.h - certified lower bounds from cuts ------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Lower bounds on what recomputation must cost under a limit, for the base
// order given and any number of recomputations anywhere. Limits leave out
// `SearchGraph::fixedBytes()`. Every bound is an exact integer: a Lagrangian
// dual value of `CutModel`, rounded up (Geoffrion 1974), or a branch and bound
// over such values. Nothing here reads a clock: effort counts maximum flows.
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_CUTBOUND_H
#define REMAT_PLANNING_SEARCH_CUTBOUND_H

#include "remat/Planning/Search/CutModel.h"

#include <optional>

namespace remat::planning::search {

/// What a relaxed solution does at one cut.
struct CutChoice {
  int32_t cut = 0;             ///< op
  int64_t room = 0;            ///< bytes: the limit less the op's working set
  int64_t bytes = 0;           ///< stored beyond that working set
  std::vector<int32_t> stored; ///< values, ascending
  std::vector<int32_t> again;  ///< ops that run again in their windows, ascending
};

/// Within the limit, what runs again behind the base execution of `cut` costs at
/// least `extra`.
struct CutExtra {
  int32_t cut;
  int64_t extra;
};

struct CutBound {
  /// No schedule of this base order stays within the limit: op `witness` needs
  /// at least `least` bytes.
  bool infeasible = false;
  int32_t witness = -1;
  int64_t least = 0;
  /// Every schedule within the limit costs at least `baseCost() + extra`.
  int64_t extra = 0;
  /// Prices of the best dual value, one per choice.
  CutPrices prices;
  /// Of the cheapest relaxed solution met that keeps within the room at each
  /// cut, else of the one at the best prices. Empty when infeasible.
  std::vector<CutChoice> choices;
  std::vector<CutExtra> tried; ///< of single cuts, in no order
  int64_t choiceCost = 0;      ///< of the ops that run again in `choices`
  bool choiceFits = false;     ///< whether it keeps within the room
  int64_t flows = 0;           ///< maximum flows spent
};

/// The cuts worth a bound: local maxima of the base profile above `limit`,
/// highest first, ties by position; at most `most`. Cost: O(V log V).
std::vector<int32_t> cutsAbove(const SearchGraph &graph, int64_t limit, size_t most);

/// The bound of one cut: the largest over prices, by secants between the
/// solutions on either side of the room. About 10 flows, at most `flows`.
CutBound singleCutBound(const SearchGraph &graph, int64_t limit, int32_t cut, int64_t flows);

/// The largest of `singleCutBound` over at most `most` of the cuts above `limit`:
/// the highest, and some spread over all.
CutBound bestSingleCutBound(const SearchGraph &graph, int64_t limit, size_t most, int64_t flows);

/// The bound of one cut in integers: best first branch and bound, which ends at
/// the optimum of the cut's problem, when the bound reaches `enough`, or after
/// `flows` flows.
CutBound branchedCutBound(const SearchGraph &graph, int64_t limit, int32_t cut, int64_t flows,
                          std::optional<int64_t> enough = std::nullopt);

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_CUTBOUND_H
