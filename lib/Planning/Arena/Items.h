//===- Items.h - what packers work on ---------------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_ARENA_ITEMS_H
#define REMAT_PLANNING_ARENA_ITEMS_H

#include "remat/Planning/Arena/Arena.h"

#include <span>

namespace remat::planning::arena {

/// The sections [begin, end).
struct Span {
  int begin = 0;
  int end = 0;
};

/// A buffer with bytes. Times are cut into sections wherever a buffer begins or ends
/// to be live, so that who is live does not change within one.
struct Item {
  size_t buffer = 0; ///< index in ArenaProblem::buffers
  int64_t size = 0, alignment = 1;
  std::vector<Span> spans; ///< ascending, with gaps between them
  int64_t hint = -1;
  // What orders look at.
  int64_t length = 0; ///< times from first to last
  __int128 area = 0;  ///< bytes times times, without gaps
  int64_t crowd = 0;  ///< the most bytes live in one of its sections

  int begin() const { return spans.front().begin; }
  int end() const { return spans.back().end; }
};

/// Buffers that are live in one stretch of time in which always one is: nothing of
/// another group is live then.
struct Group {
  std::vector<Item> items; ///< in an order that ids and the order of buffers do not change
  int sections = 0;        ///< items' spans count from 0
  int64_t live = 0;        ///< the most bytes live at once
};

/// Returns `intervals`, which ascend, with those that touch as one.
std::vector<Interval> merged(const std::vector<Interval> &intervals);

/// Returns the groups of `problem` in order of time. Buffers without bytes are in none.
/// Requires: a problem that `check` accepts. Cost: O(n log n) in the intervals, and
/// O(n log n) more for the crowds.
std::vector<Group> groupsOf(const ArenaProblem &problem);

inline int64_t alignUp(int64_t offset, int64_t alignment) {
  int64_t over = offset % alignment;
  return over == 0 ? offset : offset + (alignment - over);
}

/// offsets[i] of items[i] of a group, and the largest end.
struct GroupPacking {
  std::vector<int64_t> offsets;
  int64_t height = 0;
};

} // namespace remat::planning::arena

#endif // REMAT_PLANNING_ARENA_ITEMS_H
