//===- InputsPeak.h - the peak of making one op's inputs --------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What an op reads was made one by one, and while the last of it was made the
// rest was live.
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_INPUTSPEAK_H
#define REMAT_PLANNING_SEARCH_INPUTSPEAK_H

#include "remat/Planning/Search/SearchGraph.h"

namespace remat::planning::search {

/// What a search through the states before one op found.
struct InputsPeak {
  int64_t bytes = 0;  ///< some moment up to the op's end has at least so many live
  int64_t states = 0; ///< looked at
  bool ended = false; ///< `bytes` is the least possible, whatever else is to be done, or
                      ///< the `least` that was asked for
};

/// Returns a lower bound in bytes on the peak of every schedule that runs `op`, in any
/// order of ops and with any number of recomputations, fixed bytes left out.
///
/// A state is the set of values that must be live, those without bytes left out; the
/// step back from it undoes an op that made some of it, and then the op's inputs must be
/// live. Of all ways back to the empty state, the one whose largest step is smallest;
/// at most `mostStates` states are looked at, of 2^18 values in all, and the bound is
/// what all ways need that far.
///
/// Cost: O(states * live values * (live values + degree) * log states).
///
/// Source: memory as pebbles on a graph (Sethi 1975), played backward; shortest paths
/// (Dijkstra 1959) with the largest step in place of the sum.
///
/// Example: sum reads left and right, 20 bytes each, made from 50 and from 60 bytes that
/// nothing else reads: 20 + 50 + 20 = 90, right first.
InputsPeak inputsPeak(const SearchGraph &graph, int32_t op, int64_t mostStates, int64_t least = 0);

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_INPUTSPEAK_H
