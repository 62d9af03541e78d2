//===- LineBound.h - lower bounds at every limit at once --------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_LINEBOUND_H
#define REMAT_PLANNING_SEARCH_LINEBOUND_H

#include "remat/Planning/Search/CutModel.h"

namespace remat::planning::search {

/// Bounds of single cuts as functions of the limit. The minimum of cost + price *
/// bytes at one price bounds the cost at every limit from below, by a line that
/// falls with the limit; the bound is the highest line.
/// Source: Lagrangian duality; planner.md, "single cut".
class LineBound {
public:
  explicit LineBound(const SearchGraph &graph) : graph(graph) {}

  /// Adds lines of `cut`: prices between neighbouring solutions, the widest gaps
  /// first, for at most `flows` maximum flows. Returns the flows spent.
  int64_t addCut(int32_t cut, int64_t flows);

  /// Takes in a bound found elsewhere: within `limit`, at least `extra`.
  void addPoint(int64_t limit, int64_t extra) { points.push_back({limit, extra}); }

  /// Every schedule of this base order whose peak is at most `limit` (without
  /// fixedBytes) costs at least baseCost() + extraAt(limit). Falls with the limit.
  /// Cost: O(lines).
  int64_t extraAt(int64_t limit) const;

  /// No schedule of this base order has a smaller peak, and the op that shows it;
  /// 0 and -1 before the first cut.
  int64_t floor() const { return least; }
  int32_t floorOp() const { return leastOp; }

private:
  struct Line {
    int64_t workingSet;
    __int128 value; ///< minimum of cost * prices.cost + bytes * prices.bytes
    int64_t costPrice, bytesPrice;
  };
  struct Point {
    int64_t limit, extra;
  };
  const SearchGraph &graph;
  std::vector<Line> lines;
  std::vector<Point> points;
  int64_t least = 0;
  int32_t leastOp = -1;
};

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_LINEBOUND_H
