//===- Occupancy.h - which bytes are taken when -----------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_ARENA_OCCUPANCY_H
#define REMAT_PLANNING_ARENA_OCCUPANCY_H

#include "Items.h"

namespace remat::planning::arena {

/// The bytes that placed items take, and the free bytes for the next one.
///
/// A tree halves the sections down to single ones. A node keeps two sets of byte ranges:
/// what items take that are live in all of its sections (`cover`), and what items take
/// that are live in one of them or more (`touch`). What is taken at some time of
/// a span is the union of the touch sets of the O(log s) nodes that make up the
/// span and of the cover sets above these. The sets hold unions, so a
/// well-filled arena has few ranges in each.
class Occupancy {
public:
  explicit Occupancy(int sections);

  /// Takes the bytes [offset, offset + item.size) in the sections of `item`.
  void take(const Item &item, int64_t offset);

  /// Returns the lowest offset for `item` that shares no byte with what is taken.
  int64_t lowest(const Item &item);

  /// Likewise, in the smallest range of free bytes that holds the item; the lowest of
  /// these. What lies above all that is taken counts as the largest.
  int64_t tightest(const Item &item);

  /// Ranges looked at so far, for limits that count.
  int64_t steps() const { return looked; }

private:
  struct Range {
    int64_t begin, end;
  };
  /// Ascending, disjoint and not touching.
  using Ranges = std::vector<Range>;
  struct Cursor {
    const Range *next, *end;
  };

  static void add(Ranges &ranges, Range range);
  void gather(Span span);
  /// Returns the lowest aligned offset >= `from` where the item is free; moves cursors.
  int64_t nextFree(int64_t from, const Item &item);

  size_t leaves = 1;
  std::vector<Ranges> cover, touch; ///< [node], the root at 1
  std::vector<Cursor> cursors;
  int64_t looked = 0;
};

} // namespace remat::planning::arena

#endif // REMAT_PLANNING_ARENA_OCCUPANCY_H
