//===- CutCandidates.h - plans from priced minimum cuts ---------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_CUTCANDIDATES_H
#define REMAT_PLANNING_SEARCH_CUTCANDIDATES_H

#include "remat/Planning/Search/CutModel.h"
#include "remat/Planning/Search/Measure.h"

#include <functional>
#include <map>

namespace remat::planning::search {

/// A price of bytes, on a grid of 64 per octave: (64 + index mod 64) *
/// 2^floor(index / 64) cost units per byte.
CutPrices priceAt(int32_t index);

/// The plans of one cut at many prices: the higher the price of a stored byte,
/// the more is recomputed and the smaller the peak. Each price is solved once.
class CutSweep {
public:
  /// `eagerness`, in 1/1000: by how much dearer a value is whose last use is the
  /// last op than one whose last use is the cut. Without it equal layers all
  /// change sides at one price.
  CutSweep(const SearchGraph &graph, int32_t cut, int64_t eagerness,
           std::function<void(const Measured &)> offer);

  /// Offers plans at `count` prices spread over all that make a difference.
  void spread(int32_t count);
  /// Offers the plans around the least price whose plan's peak is within `limit`.
  void aim(int64_t limit);

  int32_t cut() const { return at; }
  /// Maximum flows spent.
  int64_t flows() const { return static_cast<int64_t>(solved.size()); }

private:
  struct Point {
    int64_t peak, extra, stored;
  };
  const Point &solve(int32_t index);
  void findRange();

  const SearchGraph &graph;
  int32_t at;
  CutModel model;
  std::function<void(const Measured &)> offer;
  int32_t weightOctaves;           ///< by how much weights make each byte dearer
  std::map<int32_t, Point> solved; ///< by index of the price
  int32_t cheap = 0, dear = 0;     ///< prices at which nothing changes further out
};

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_CUTCANDIDATES_H
