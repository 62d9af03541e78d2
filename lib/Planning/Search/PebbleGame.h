//===- PebbleGame.h - the pebble game of some values ------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_PEBBLEGAME_H
#define REMAT_PLANNING_SEARCH_PEBBLEGAME_H

#include "remat/Planning/Search/SearchGraph.h"

#include <bit>
#include <optional>

namespace remat::planning::search {

/// A set of tracked values, by bit.
using PebbleSet = uint64_t;

/// What `PebbleBound` plays: some values are tracked, all others are free.
struct PebbleGame {
  /// What an execution takes while it runs, besides what is there anyhow.
  struct Room {
    PebbleSet makes = 0; ///< tracked values that are there then
    int64_t rest = 0;    ///< bytes of untracked ones
  };
  /// A base op that reads or makes tracked values, or a run of others.
  struct Step {
    int32_t first = 0, last = 0; ///< ops
    PebbleSet reads = 0, makes = 0;
    Room room;
    PebbleSet needed = 0; ///< made before, and read by this step or a later one
    PebbleSet useful = 0; ///< and what moves read to make something useful
  };
  /// What may run again: an op with tracked results, after those it took over.
  struct Move {
    int32_t step; ///< of the op's base execution: it may run again behind
    PebbleSet inputs, results;
    int64_t cost;
    /// Of `cost`, what a schedule may pay later than the game does: all but the first
    /// that runs, whose value may wait in place of the results.
    int64_t early;
    Room room; ///< of the first that runs: no other needs more
  };
  std::vector<Step> steps;     ///< in base order, END the last
  std::vector<Move> moves;     ///< by step
  std::vector<int32_t> makers; ///< by value: its move; -1 if it is made once
  std::vector<int64_t> bytes;  ///< by value

  int64_t sizeOf(PebbleSet values) const {
    int64_t sum = 0;
    for (; values != 0; values &= values - 1)
      sum += bytes[std::countr_zero(values)];
    return sum;
  }
};

/// The game whose tracked values are those of at least `least` bytes, but for what
/// is taken over if `takesOver`; nothing if they are more than 64.
///
/// A value u that one move r reads, which reads no other tracked value and makes
/// no more bytes, need not be tracked if no base op far behind reads it: instead
/// of u, r's result may be kept, from the base execution of r on or from where u
/// is made again, so that r takes over u's cost. Base ops that read u then count
/// r's results in its place, for these may be what is there.
/// Cost: O(V + E + moves * steps).
std::optional<PebbleGame> pebbleGame(const SearchGraph &graph, int64_t least, bool takesOver);

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_PEBBLEGAME_H
