//===- Arena.h - buffers with lifetimes, and where they lie -----*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The words and the rules A1 to A5 are explained in docs/concepts/arena.md.
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_ARENA_ARENA_H
#define REMAT_PLANNING_ARENA_ARENA_H

#include "remat/Planning/Support/Status.h"
#include "remat/Planning/Support/Units.h"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace remat::planning::arena {

/// The times [begin, end): whole numbers without a unit, of which only the order counts.
struct Interval {
  int64_t begin = 0;
  int64_t end = 0;

  auto operator<=>(const Interval &) const = default;
};

/// Bytes that are needed at some times. Nesting is the caller's to map to times: a
/// buffer of a loop's body is live over times of the body, one that lives across
/// the loop over the times of the whole loop, so one interval does for both.
/// Between two intervals the bytes belong to others and what they held is lost.
struct Buffer {
  std::string id;                  ///< unique in the problem
  Bytes size;                      ///< >= 0; a buffer without bytes conflicts with none
  int64_t alignment = 1;           ///< bytes, > 0, of the offset in the arena
  std::vector<Interval> intervals; ///< at least one; ascending, disjoint, none empty
  std::optional<Bytes> hint;       ///< an offset to begin the search with; it binds to nothing
};

/// Buffers to place in one arena, whose own address is a multiple of every alignment.
struct ArenaProblem {
  std::vector<Buffer> buffers;
  std::optional<Bytes> capacity; ///< the most bytes the arena may have; absent: no limit

  /// Checks what the fields above say, that times are below 2^62 in magnitude, and that
  /// sizes with their alignments add up to less than 2^62, so that no sum of
  /// offsets and sizes overflows. Errors: InvalidInput naming the buffer. Cost:
  /// O(n log n) in the intervals.
  Status check() const;
};

/// A time at which most bytes are live.
struct LivePeak {
  Bytes bytes;
  int64_t time = 0; ///< the earliest such time; 0 without buffers
};

/// Returns the most bytes live at one time: no arena can be smaller. Requires: a problem
/// that `check` accepts. Cost: O(n log n) in the intervals.
LivePeak livePeak(const ArenaProblem &problem);

/// Returns the indices of the buffers live at `time`, the largest first. Cost: O(n log n).
std::vector<size_t> liveAt(const ArenaProblem &problem, int64_t time);

/// Where each buffer lies.
struct Packing {
  std::vector<Bytes> offsets; ///< offsets[b] of buffers[b]
  Bytes arena;                ///< the largest end of a buffer
};

/// Checks that `packing` places the buffers of `problem`, by code that no packer uses.
/// Errors: InvalidPlan, the message starting with the label of the broken rule:
///   A1 every buffer has one offset
///   A2 an offset is a multiple of the buffer's alignment and not below 0
///   A3 two buffers that are live at one time share no byte
///   A4 the arena is the largest end of a buffer
///   A5 the arena is within the capacity, if there is one
/// Requires: a problem that `check` accepts. Cost: O(n log n) in the intervals.
Status verify(const ArenaProblem &problem, const Packing &packing);

} // namespace remat::planning::arena

#endif // REMAT_PLANNING_ARENA_ARENA_H
