//===- Repair.cpp - down to the limit, then as cheap as it gets -----------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/Repair.h"

#include <algorithm>
#include <array>

namespace remat::planning::search {

namespace {

constexpr int kScoreShift = 40;
constexpr int32_t kEscapes = 80;
constexpr size_t kGroup = 200;
constexpr int64_t kEndless = int64_t(1) << 62;

__int128 scoreOf(int64_t cost, int64_t relief, int64_t noise) {
  return ((static_cast<__int128>(cost + 1) << kScoreShift) / relief) * (512 + noise) >> 9;
}

} // namespace

Repairer::Repairer(const SearchGraph &graph, int64_t limit, uint64_t seed)
    : graph(graph), schedule(graph, limit), prices(graph.opCount()), chain(schedule, prices),
      dice(seed) {
  price = usualPrice();
}

int64_t Repairer::usualPrice() const {
  return std::max<int64_t>(graph.baseCost() / std::max(graph.opCount(), 1), 1);
}

/// Whether `value` is live at `position` though nothing touches it there;
/// `lastTouch` is its last run or read before.
bool Repairer::across(int32_t value, Key position, Drop &drop, Key &lastTouch) const {
  Key read = schedule.readFrom(value, position + 1);
  if (read == SearchState::kNever)
    return false;
  int32_t op = graph.producer(value);
  lastTouch = schedule.lastRead(value, schedule.runBefore(op, read), read);
  drop.value = value;
  drop.read = read;
  return lastTouch < position && SearchState::stageOf(read) > op;
}

void Repairer::listDrops(Key peak, int64_t excess, const RepairOptions &options) {
  drops.clear();
  int32_t stage = SearchState::stageOf(peak);
  int32_t end = graph.firstResult(std::min(stage + 1, graph.opCount()));
  for (int32_t value = 0; value < end; ++value) {
    const std::vector<Key> &reads = schedule.reads(value);
    if (reads.empty() || reads.back() <= peak || graph.bytes(value) == 0 ||
        !graph.recomputable(graph.producer(value)))
      continue;
    Drop drop;
    Key lastTouch;
    if (!across(value, peak, drop, lastTouch))
      continue;
    __int128 rank = scoreOf(graph.cost(graph.producer(value)), std::min(excess, graph.bytes(value)),
                            options.noise > 0 ? dice.below(3 * options.noise) : 0);
    drop.rank = static_cast<int64_t>(std::min<__int128>(rank, int64_t(1) << 62));
    drops.push_back(drop);
  }
  effort += end / 8;
  auto first = [](const Drop &a, const Drop &b) {
    return a.rank != b.rank ? a.rank < b.rank : a.value < b.value;
  };
  size_t kept = std::min<size_t>(drops.size(), options.breadth);
  std::partial_sort(drops.begin(), drops.begin() + static_cast<std::ptrdiff_t>(kept), drops.end(),
                    first);
  drops.resize(kept);
}

/// A stage in [from, to]: one of few samples with little live, `to` more often.
int32_t Repairer::quietStage(int32_t from, int32_t to) {
  if (from >= to)
    return to;
  auto level = [&](int32_t stage) {
    int64_t bytes = schedule.profile().at(schedule.baseKey(stage));
    if (stage < graph.opCount())
      for (int32_t value = graph.firstResult(stage); value < graph.firstResult(stage + 1); ++value)
        bytes -= graph.bytes(value);
    return bytes;
  };
  int32_t best = to;
  int64_t least = level(to);
  for (int64_t left = 1 + dice.below(3); left > 0; --left) {
    int32_t stage = to - static_cast<int32_t>(dice.smallBelow(to - from + 1));
    if (int64_t bytes = level(stage); bytes <= least || dice.oneIn(4)) {
      least = bytes;
      best = stage;
    }
  }
  return best;
}

void Repairer::apply(const Move &move) {
  chain.plan(move.op, move.stage, move.price);
  chain.apply();
}

/// `excess` is that of the schedule, to which every trial comes back.
void Repairer::tryMove(Move move, int64_t excess, const RepairOptions &options, Move &best) {
  chain.plan(move.op, move.stage, move.price);
  uint64_t hash = static_cast<uint64_t>(move.stage);
  for (int32_t op : chain.ops())
    hash = (hash ^ static_cast<uint64_t>(op)) * 0x100000001b3;
  if (std::find(tried.begin(), tried.end(), hash) != tried.end())
    return;
  tried.push_back(hash);
  if (chain.cost() > options.costLimit - schedule.extraCost())
    return;
  int64_t cost = schedule.extraCost();
  if (best.op >= 0 && scoreOf(chain.cost() / 2, excess, 0) >= best.score)
    return;
  size_t mark = schedule.mark();
  chain.apply();
  int64_t relief = excess - schedule.profile().excess();
  cost = schedule.extraCost() - cost;
  effort += 8 * static_cast<int64_t>(schedule.mark() - mark);
  schedule.undo(mark);
  if (relief <= 0)
    return;
  move.score = scoreOf(std::max<int64_t>(cost, 0), relief,
                       options.noise > 0 ? dice.below(options.noise) : 0);
  if (best.op < 0 || move.score < best.score)
    best = move;
}

void Repairer::tryDrop(const Drop &drop, Key peak, int64_t excess, const RepairOptions &options,
                       Move &best) {
  int32_t op = graph.producer(drop.value);
  if (best.op >= 0 && scoreOf(graph.cost(op) / 2, excess, 0) >= best.score)
    return; // no move with it is better
  Drop again;
  Key lastTouch;
  if (!across(drop.value, peak, again, lastTouch))
    return;
  auto mayRun = [&](int32_t stage) {
    Key key = SearchState::keyOf(stage, op);
    return stage > op && key > lastTouch && key < drop.read && !schedule.runsAt(op, key);
  };
  tried.clear();
  int32_t last = SearchState::stageOf(drop.read);
  if (mayRun(last))
    for (int64_t factor : {int64_t(0), price, 6 * price, ChainPlanner::kNoHolding})
      tryMove({op, last, factor, 0}, excess, options, best);
  int32_t early = quietStage(
      std::max({op + 1, SearchState::stageOf(lastTouch) + 1, SearchState::stageOf(peak)}), last);
  if (early != last && mayRun(early) && SearchState::keyOf(early, op) > peak)
    tryMove({op, early, price, 0}, excess, options, best);
}

bool Repairer::repair(const RepairOptions &options) {
  int64_t most = options.work < kEndless ? effort + options.work : kEndless;
  for (int32_t step = 0; step < options.steps && effort < most; ++step) {
    int64_t maximum = schedule.profile().maximum();
    if (maximum <= schedule.profile().limit())
      return true;
    if (schedule.extraCost() > options.costLimit)
      return false;
    Key peak = schedule.profile().argMaximum();
    listDrops(peak, maximum - schedule.profile().limit(), options);
    int64_t excess = schedule.profile().excess();
    Move best;
    for (const Drop &drop : drops)
      tryDrop(drop, peak, excess, options, best);
    if (best.op >= 0) {
      apply(best);
      continue;
    }
    if (!escape(peak, excess, options))
      return false;
  }
  return schedule.fits();
}

std::optional<Measured> Repairer::planFrom(const Measured &start, RepairOptions options) {
  schedule.reset(start.recomputations);
  effort += graph.opCount() + 8 * static_cast<int64_t>(start.recomputations.size());
  updatePrices();
  options.steps = 200 + graph.opCount() / 4;
  if (!repair(options))
    return std::nullopt;
  prune();
  return measure(graph, schedule.recomputations());
}

/// A drop over one of `peaks`, both at random.
bool Repairer::dropSomewhere(const std::vector<Key> &peaks) {
  if (peaks.empty())
    return false;
  Key peak = peaks[dice.below(static_cast<int64_t>(peaks.size()))];
  int32_t end = graph.firstResult(std::min(SearchState::stageOf(peak) + 1, graph.opCount()));
  for (int32_t left = 20; left > 0; --left) {
    auto value = static_cast<int32_t>(dice.below(std::max(end, 1)));
    if (value >= graph.valueCount())
      return false;
    int32_t op = graph.producer(value);
    Drop drop;
    Key lastTouch;
    if (!graph.recomputable(op) || graph.bytes(value) == 0 || !across(value, peak, drop, lastTouch))
      continue;
    int32_t stage = SearchState::stageOf(drop.read);
    if (dice.oneIn(3))
      stage = quietStage(
          std::max({op + 1, SearchState::stageOf(lastTouch) + 1, SearchState::stageOf(peak)}),
          stage);
    Key key = SearchState::keyOf(stage, op);
    if (stage <= op || key <= lastTouch || key >= drop.read || schedule.runsAt(op, key))
      continue;
    std::array<int64_t, 3> choices{0, price, ChainPlanner::kNoHolding};
    apply({op, stage, choices[dice.below(3)], 0});
    return true;
  }
  return false;
}

/// No single drop at the worst position helps: tries to erase or move what runs
/// again near it, or a drop over another position above the limit, until a move
/// lowers the excess.
bool Repairer::escape(Key peak, int64_t excess, const RepairOptions &options) {
  std::vector<Recomputation> near;
  for (Recomputation one : schedule.recomputations())
    if (std::abs(one.stage - SearchState::stageOf(peak)) <= 3)
      near.push_back(one);
  std::vector<Key> peaks;
  schedule.profile().forEachAbove(schedule.profile().limit(),
                                  [&](Key key, int64_t) { peaks.push_back(key); });
  effort += graph.opCount() / 8;
  for (int32_t left = kEscapes; left > 0; --left) {
    size_t mark = schedule.mark();
    int64_t kind = dice.below(3);
    bool moved = false;
    if (kind == 2) {
      moved = dropSomewhere(peaks);
    } else if (!near.empty()) {
      Recomputation one = near[dice.below(static_cast<int64_t>(near.size()))];
      Key key = SearchState::keyOf(one.stage, one.op);
      if (schedule.runsAt(one.op, key) && kind == 0) {
        schedule.erase(one.op, key);
        moved = true;
      } else if (schedule.runsAt(one.op, key)) {
        auto far = static_cast<int32_t>(1 + dice.smallBelow(20));
        // One number at a time: a call's arguments have no order.
        bool back = dice.oneIn(2), whole = dice.oneIn(2);
        moved = shiftGroup(one.op, one.stage, one.stage + (back ? -far : far), whole);
      }
    }
    effort += 8 * static_cast<int64_t>(schedule.mark() - mark);
    if (moved && schedule.profile().excess() < excess && schedule.extraCost() <= options.costLimit)
      return true;
    schedule.undo(mark);
  }
  return false;
}

bool Repairer::shiftGroup(int32_t op, int32_t from, int32_t to, bool all) {
  std::vector<int32_t> group{op};
  auto add = [&](int32_t other) {
    if (other < graph.opCount() && other < from &&
        schedule.runsAt(other, SearchState::keyOf(from, other)) &&
        std::find(group.begin(), group.end(), other) == group.end())
      group.push_back(other);
  };
  for (size_t next = 0; next < group.size() && group.size() < kGroup; ++next) {
    for (int32_t value : graph.inputs(group[next]))
      add(graph.producer(value));
    if (all)
      for (int32_t value = graph.firstResult(group[next]);
           value < graph.firstResult(group[next] + 1); ++value)
        for (int32_t reader : graph.readers(value))
          add(reader);
  }
  std::sort(group.begin(), group.end());
  for (int32_t member : group)
    if (to <= member || to > graph.opCount() ||
        schedule.runsAt(member, SearchState::keyOf(to, member)))
      return false;
  for (auto member = group.rbegin(); member != group.rend(); ++member)
    schedule.eraseOnly(*member, SearchState::keyOf(from, *member));
  for (int32_t member : group)
    schedule.insertOnly(member, SearchState::keyOf(to, member));
  for (auto member = group.rbegin(); member != group.rend(); ++member) {
    Key key = SearchState::keyOf(to, *member);
    if (schedule.runsAt(*member, key)) {
      schedule.eraseIfUseless(*member, key);
      schedule.eraseIfUseless(*member, schedule.runBefore(*member, key));
    }
    for (int32_t value : graph.inputs(*member)) {
      int32_t producer = graph.producer(value);
      schedule.eraseIfUseless(producer,
                              schedule.runBefore(producer, SearchState::keyOf(from, *member)));
    }
  }
  return true;
}

} // namespace remat::planning::search
