//===- Chain.cpp - what to run again along with an op ---------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/Chain.h"

#include <algorithm>
#include <limits>

namespace remat::planning::search {

namespace {
constexpr int64_t kDear = int64_t(1) << 62;
constexpr int32_t kDepth = 200;
} // namespace

void StagePrices::update(SearchState &state) {
  limit = std::max<int64_t>(state.profile().limit(), 1);
  std::fill(prefix.begin(), prefix.end(), 0);
  int64_t full = limit - limit / 100 * 7;
  state.profile().forEachAbove(full, [&](Key key, int64_t live) {
    int64_t weight = live > limit
                         ? kUnit
                         : static_cast<int64_t>(static_cast<__int128>(live - full) * (kUnit / 2) /
                                                std::max<int64_t>(limit - full, 1));
    prefix[SearchState::stageOf(key) + 1] += weight;
  });
  for (size_t stage = 1; stage < prefix.size(); ++stage)
    prefix[stage] += prefix[stage - 1];
}

int64_t StagePrices::hold(int64_t bytes, int32_t from, int32_t to, int64_t price) const {
  if (to <= from)
    return 0;
  if (price == ChainPlanner::kNoHolding)
    return kDear;
  __int128 weighed = static_cast<__int128>(bytes) * (prefix[to] - prefix[from]) / limit;
  __int128 cost = weighed * price / kUnit;
  return cost < kDear ? static_cast<int64_t>(cost) : kDear;
}

/// The cost of having `value` at the stage: 0 if it is there, else the cheaper of
/// keeping it longer and running its producer again; not above `cap`.
int64_t ChainPlanner::missing(int32_t value, int64_t cap, int32_t depth) {
  int32_t op = graph.producer(value);
  if (decided[op] == round && chosen[op])
    return 0; // another input has paid
  Key key = SearchState::keyOf(stage, op);
  if (op >= stage || state.isLive(value, key) || state.runsAt(op, key))
    return 0;
  int32_t last = SearchState::stageOf(state.lastRead(value, state.runBefore(op, key), key));
  int64_t holding = std::min(prices.hold(graph.bytes(value), last, stage, price), cap);
  if (!graph.recomputable(op) || depth == 0 || graph.cost(op) >= holding)
    return holding;
  decided[op] = round;
  chosen[op] = true;
  int64_t running = graph.cost(op);
  for (int32_t input : graph.inputs(op)) {
    running += missing(input, holding - running, depth - 1);
    if (running >= holding) {
      chosen[op] = false;
      return holding;
    }
  }
  return running;
}

void ChainPlanner::collect(int32_t op) {
  taken[op] = round;
  members.push_back(op);
  sum += graph.cost(op);
  for (size_t next = members.size() - 1; next < members.size(); ++next)
    for (int32_t input : graph.inputs(members[next])) {
      int32_t producer = graph.producer(input);
      if (decided[producer] != round || !chosen[producer] || taken[producer] == round)
        continue;
      taken[producer] = round;
      members.push_back(producer);
      sum += graph.cost(producer);
    }
}

void ChainPlanner::plan(int32_t op, int32_t atStage, int64_t atPrice) {
  stage = atStage;
  price = atPrice;
  ++round;
  members.clear();
  sum = 0;
  decided[op] = round;
  chosen[op] = true;
  if (price != 0)
    for (int32_t input : graph.inputs(op))
      missing(input, kDear, kDepth);
  collect(op);
  std::sort(members.begin(), members.end());
}

void ChainPlanner::apply() {
  for (int32_t op : members)
    if (Key key = SearchState::keyOf(stage, op); !state.runsAt(op, key))
      state.insertOnly(op, key);
  for (int32_t op : members)
    if (Key key = SearchState::keyOf(stage, op); state.runsAt(op, key))
      state.eraseIfUseless(op, state.runBefore(op, key));
  for (auto op = members.rbegin(); op != members.rend(); ++op)
    if (Key key = SearchState::keyOf(stage, *op); state.runsAt(*op, key))
      state.eraseIfUseless(*op, key);
}

} // namespace remat::planning::search
