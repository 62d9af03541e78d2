//===- Prune.cpp - without the recomputations that room is left for -------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/Repair.h"

#include <algorithm>

namespace remat::planning::search {

namespace {

constexpr size_t kMostGoing = 200; ///< runs that go along, for a quick no

} // namespace

/// Whether `going` has every read of `value` at or behind `from` and before `until`.
bool Repairer::isReadByGoing(int32_t value, Key from, Key until) const {
  for (Key read = schedule.readFrom(value, from); read < until;
       read = schedule.readFrom(value, read + 1))
    if (std::find(going.begin(), going.end(), std::pair(schedule.opAt(read), read)) == going.end())
      return false;
  return true;
}

/// Lists in `going` the run of `op` at `key` and what only feeds it. `freed` are the
/// bytes that these alone hold from an earlier stage on, somewhere behind `freeFrom`.
void Repairer::listGoing(int32_t op, Key key, int64_t &freed, Key &freeFrom) {
  Key start = SearchState::keyOf(SearchState::stageOf(key), 0);
  freed = 0;
  freeFrom = start;
  going.assign(1, {op, key});
  for (size_t next = 0; next < going.size() && next < kMostGoing; ++next) {
    auto [reader, at] = going[next];
    for (int32_t value : graph.inputs(reader)) {
      int32_t producer = graph.producer(value);
      Key run = schedule.runBefore(producer, at), until = schedule.runAfter(producer, at - 1);
      Key touch = schedule.lastRead(value, run, at);
      if (touch < start && isReadByGoing(value, at, until)) {
        freed += graph.bytes(value);
        freeFrom = std::min(freeFrom, touch);
      }
      auto isUseless = [&] {
        for (int32_t made = graph.firstResult(producer); made < graph.firstResult(producer + 1);
             ++made)
          if (!isReadByGoing(made, run + 1, until))
            return false;
        return true;
      };
      std::pair<int32_t, Key> feeder{producer, run};
      if (!schedule.isBase(producer, run) &&
          std::find(going.begin(), going.end(), feeder) == going.end() && isUseless()) {
        going.push_back(feeder);
        freeFrom = std::min(freeFrom, run - 1); // what is live at the run goes with it
      }
    }
  }
  effort += static_cast<int64_t>(going.size());
}

/// A quick no, never wrong: without this run its values have to stay from their last
/// touch to its stage, where what goes with it does not make enough room.
bool Repairer::mayErase(int32_t op, Key key) {
  Key start = SearchState::keyOf(SearchState::stageOf(key), 0), freeFrom = 0;
  int64_t freed = 0;
  listGoing(op, key, freed, freeFrom);
  if (going.size() > kMostGoing)
    return true;
  const LiveProfile &profile = schedule.profile();
  Key before = schedule.runBefore(op, key), behind = schedule.runAfter(op, key);
  for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value) {
    if (schedule.readFrom(value, key) >= behind)
      continue;
    int64_t room = profile.limit() - graph.bytes(value);
    Key first = profile.after(schedule.lastRead(value, before, key));
    Key middle = std::min(std::max(first, freeFrom + 1), start);
    if ((first < middle && profile.maximumIn(first, middle - 1) > room) ||
        (middle < start && profile.maximumIn(middle, start - 1) > room + freed))
      return false;
  }
  return true;
}

void Repairer::prune() {
  struct Entry {
    __int128 rank;
    Recomputation one;
  };
  std::vector<Entry> order;
  for (Recomputation one : schedule.recomputations())
    order.push_back({static_cast<__int128>(graph.cost(one.op)) * (512 + dice.below(1024)), one});
  effort += graph.opCount() / 16 + static_cast<int64_t>(order.size());
  std::sort(order.begin(), order.end(), [](const Entry &a, const Entry &b) {
    return a.rank != b.rank ? a.rank > b.rank : a.one < b.one;
  });
  for (const Entry &entry : order) {
    int32_t op = entry.one.op;
    Key key = SearchState::keyOf(entry.one.stage, op);
    if (!schedule.runsAt(op, key) || !mayErase(op, key))
      continue;
    size_t mark = schedule.mark();
    schedule.erase(op, key);
    effort += 8 * static_cast<int64_t>(schedule.mark() - mark);
    if (!schedule.fits())
      schedule.undo(mark);
  }
}

} // namespace remat::planning::search
