//===- SearchGraph.h - a problem as flat arrays -----------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the searches of strategy `best` and the bounds work on: ops and values
// as indices into flat arrays, arguments left out (they never come or go), and
// one last op END that reads every output.
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_SEARCHGRAPH_H
#define REMAT_PLANNING_SEARCH_SEARCHGRAPH_H

#include "remat/Planning/Recompute/Plan.h"

#include <compare>
#include <span>

namespace remat::planning::search {

/// Op `op` runs once more just before the base execution of op `stage`, which
/// comes later in base order (`op < stage <= opCount()`; END is the last stage).
/// Recomputations of one stage run in base order, each op at most once.
struct Recomputation {
  int32_t stage = 0;
  int32_t op = 0;
  auto operator<=>(const Recomputation &) const = default;
};

/// Sorted, without repetition: a schedule is a base order and these.
using Recomputations = std::vector<Recomputation>;

/// Ops are 0 ... opCount() - 1 in base order (the problem's OpIds), opCount() is
/// END. Values are numbered by producer, then by result index; they are not the
/// problem's ValueIds.
class SearchGraph {
public:
  /// Requires: `problem.check()`. Cost: O(V + E).
  explicit SearchGraph(const Problem &problem);

  int32_t opCount() const { return static_cast<int32_t>(costs.size()) - 1; }
  int32_t valueCount() const { return static_cast<int32_t>(producers.size()); }

  /// Values that `op` reads: distinct, ascending, arguments left out. END reads
  /// every output.
  std::span<const int32_t> inputs(int32_t op) const {
    return {inputValues.data() + firstInput[op], inputValues.data() + firstInput[op + 1]};
  }
  /// The results of `op` are the values firstResult(op) ... firstResult(op + 1) - 1.
  int32_t firstResult(int32_t op) const { return firstValue[op]; }
  /// Ops that read `value`: ascending; END among them for an output.
  std::span<const int32_t> readers(int32_t value) const {
    return {readerOps.data() + firstReader[value], readerOps.data() + firstReader[value + 1]};
  }
  int32_t producer(int32_t value) const { return producers[value]; }

  /// Arguments that an op takes over (`Problem::takeovers`), numbered by that op: those of
  /// `op` are firstTakeover(op) ... firstTakeover(op + 1) - 1.
  int32_t takeoverCount() const { return static_cast<int32_t>(takers.size()); }
  int32_t firstTakeover(int32_t op) const { return firstTaken[op]; }
  int32_t taker(int32_t takeover) const { return takers[takeover]; }
  int64_t copyBytes(int32_t takeover) const { return copies[takeover]; }
  /// The takeovers that a run of `op` behind the first run of the taker finds done, and
  /// needs a copy for: of arguments that it reads, and its own; distinct, ascending.
  std::span<const int32_t> oldReads(int32_t op) const {
    return {oldTakeovers.data() + firstOld[op], oldTakeovers.data() + firstOld[op + 1]};
  }

  int64_t cost(int32_t op) const { return costs[op]; }            ///< END: 0
  int64_t bytes(int32_t value) const { return charges[value]; }   ///< of the scope
  bool recomputable(int32_t op) const { return mayRunAgain[op]; } ///< END: no
  int64_t baseCost() const { return sumOfCosts; }
  /// Bytes that the scope counts at every step; every other figure in
  /// `remat::planning::search` leaves them out.
  int64_t fixedBytes() const { return alwaysLive; }

private:
  void addTakeovers(const Problem &problem);

  std::vector<int32_t> firstInput, inputValues, firstValue, firstReader, readerOps, producers;
  std::vector<int64_t> costs, charges;
  std::vector<char> mayRunAgain;
  std::vector<int32_t> firstTaken, takers, firstOld, oldTakeovers;
  std::vector<int64_t> copies;
  int64_t sumOfCosts = 0, alwaysLive = 0;
};

/// Live bytes while each base op runs when nothing is recomputed; size opCount().
/// Cost: O(V + E).
std::vector<int64_t> baseProfile(const SearchGraph &graph);

/// Live bytes at each execution of the schedule with these recomputations, and at
/// END. Cost: O(V + E + degrees of the recomputations).
std::vector<int64_t> liveBytes(const SearchGraph &graph, const Recomputations &recomputations);

/// The schedule with these recomputations. Cost: O(V + R).
Schedule scheduleOf(const SearchGraph &graph, const Recomputations &recomputations);

/// The recomputations of a schedule whose first executions stand in base order;
/// runs of one op in one stage count once. Cost: O(V + R log R).
Recomputations recomputationsOf(const SearchGraph &graph, const Schedule &schedule);

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_SEARCHGRAPH_H
