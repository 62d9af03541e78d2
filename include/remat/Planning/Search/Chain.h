//===- Chain.h - what to run again along with an op -------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_CHAIN_H
#define REMAT_PLANNING_SEARCH_CHAIN_H

#include "remat/Planning/Search/SearchState.h"

namespace remat::planning::search {

/// What memory is worth at each stage: prefix sums of weights, and the cost that
/// a buffer of `limit` bytes pays for one unit of weight.
class StagePrices {
public:
  explicit StagePrices(int32_t stages) : prefix(stages + 2, 0) {}

  /// Weighs the stages by how full they are: nothing up to 93 % of the limit,
  /// half a unit at the limit, one unit above it. Cost: O(N).
  void update(SearchState &state);
  /// Cost of holding `bytes` over the stages in (from, to] at `price` per unit.
  int64_t hold(int64_t bytes, int32_t from, int32_t to, int64_t price) const;

private:
  static constexpr int64_t kUnit = 1024;
  std::vector<int64_t> prefix;
  int64_t limit = 1;
};

/// Chooses, for an op that is to run again in a stage, which of its missing
/// inputs to recompute as well and which to keep longer, whichever is cheaper at
/// a price; greedy along the inputs, each op decided once.
class ChainPlanner {
public:
  ChainPlanner(SearchState &state, const StagePrices &prices)
      : state(state), graph(state.graph()), prices(prices), decided(graph.opCount(), 0),
        taken(graph.opCount(), 0), chosen(graph.opCount(), 0) {}

  /// Finds the ops to run in `stage` for a new run of `op`. At price 0 nothing is
  /// recomputed along; at kNoHolding everything that is not live is.
  void plan(int32_t op, int32_t stage, int64_t price);
  static constexpr int64_t kNoHolding = -1;

  const std::vector<int32_t> &ops() const { return members; } ///< ascending
  int64_t cost() const { return sum; }
  /// Makes the runs that `plan` found and clears away what they make useless.
  void apply();

private:
  int64_t missing(int32_t value, int64_t cap, int32_t depth);
  void collect(int32_t op);

  SearchState &state;
  const SearchGraph &graph;
  const StagePrices &prices;
  std::vector<int32_t> decided, taken; ///< by op: the round that set it
  std::vector<char> chosen;            ///< by op, if decided: run it again
  std::vector<int32_t> members;
  int64_t sum = 0, price = 0;
  int32_t stage = 0, round = 0;
};

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_CHAIN_H
