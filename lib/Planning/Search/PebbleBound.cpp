//===- PebbleBound.cpp - a lower bound from the largest values ------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/PebbleBound.h"

#include "PebbleGame.h"

#include <algorithm>
#include <limits>
#include <queue>
#include <tuple>
#include <vector>

namespace remat::planning::search {

namespace {

/// The least spent up to each state that was reached. A table without lists: most of a
/// game's time is looking states up.
class SpentTable {
public:
  /// The number of the state, kNever spent until now if it is new.
  int64_t &of(int32_t next, PebbleSet there) {
    if (2 * used >= slots.size())
      grow();
    Slot &slot = find(next, there);
    if (slot.next < 0) {
      slot = {there, kNever, next};
      ++used;
    }
    return slot.spent;
  }
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

private:
  struct Slot {
    PebbleSet there = 0;
    int64_t spent = kNever;
    int32_t next = -1; ///< -1: free
  };

  Slot &find(int32_t next, PebbleSet there) {
    uint64_t mixed = (there ^ (static_cast<uint64_t>(next) << 48)) * 0x9E3779B97F4A7C15u;
    size_t mask = slots.size() - 1, at = (mixed ^ (mixed >> 29)) & mask;
    while (slots[at].next >= 0 && (slots[at].next != next || slots[at].there != there))
      at = (at + 1) & mask;
    return slots[at];
  }
  void grow() {
    std::vector<Slot> old = std::move(slots);
    slots.assign(2 * old.size(), {});
    for (const Slot &slot : old)
      if (slot.next >= 0)
        find(slot.next, slot.there) = slot;
  }

  std::vector<Slot> slots = std::vector<Slot>(1024);
  size_t used = 0;
};

/// A* over the states of a game.
class GameSearch {
public:
  /// `later`: by op, what schedules pay at least behind its base execution.
  GameSearch(const PebbleGame &game, int64_t limit, std::span<const int64_t> later)
      : game(game), limit(limit), later(later) {}

  /// Bounds the game; adds the states bounded to `result.work`, up to `end`.
  void run(int64_t end, std::optional<int64_t> enough, PebbleBound &result);

private:
  struct State {
    int64_t least; ///< of schedules through here
    int64_t spent;
    int32_t next; ///< step that runs next
    PebbleSet there;
    /// Cheapest first; of these, the farthest.
    bool operator<(const State &other) const {
      return std::tie(other.least, next, spent, there) <
             std::tie(least, other.next, other.spent, other.there);
    }
  };
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  int64_t mustRun(int32_t next, PebbleSet there) const;
  bool fits(const PebbleGame::Room &room, PebbleSet there) const {
    return game.sizeOf(there | room.makes) + room.rest <= limit;
  }
  bool isRead(int32_t next, PebbleSet there) const {
    return (game.steps[next].reads & ~there) == 0;
  }
  void reach(State state);
  void expand(const State &state);

  const PebbleGame &game;
  int64_t limit;
  std::span<const int64_t> later;
  std::priority_queue<State> open;
  SpentTable cheapest;
  int64_t made = 0;
  int32_t farthest = 0;
};

/// The cost of what must run again at least once: what later base ops read of what
/// was made before, and what that needs; kNever if something cannot.
int64_t GameSearch::mustRun(int32_t next, PebbleSet there) const {
  int64_t sum = 0;
  PebbleSet missing = game.steps[next].needed & ~there, seen = there;
  while (missing != 0) {
    int32_t maker = game.makers[std::countr_zero(missing)];
    if (maker < 0)
      return kNever;
    const PebbleGame::Move &move = game.moves[maker];
    sum += move.cost;
    seen |= move.results;
    missing = (missing | move.inputs) & ~seen;
  }
  return sum;
}

/// Takes in a state, after steps that make nothing that is tracked: these only
/// free what they read, so they run as soon as they can.
void GameSearch::reach(State state) {
  auto &[least, spent, next, there] = state;
  auto end = static_cast<int32_t>(game.steps.size()) - 1;
  there &= game.steps[next].useful;
  while (next < end && game.steps[next].makes == 0 && isRead(next, there) &&
         fits(game.steps[next].room, there))
    there &= game.steps[++next].useful;
  farthest = std::max(farthest, next);
  int64_t &before = cheapest.of(next, there);
  if (before <= spent)
    return;
  before = spent;
  ++made;
  int64_t rest = mustRun(next, there);
  if (rest == kNever)
    return;
  if (int64_t behind = later[game.steps[next].first]; behind > rest) {
    int64_t early = 0; // of what is spent: schedules may pay it behind this step
    for (const PebbleGame::Move &move : game.moves)
      early += (move.results & there) != 0 ? move.early : 0;
    rest = std::max(rest, behind - early);
  }
  least = std::max(least, spent + rest);
  open.push(state);
}

void GameSearch::expand(const State &state) {
  auto [least, spent, next, there] = state;
  const PebbleGame::Step &step = game.steps[next];
  PebbleSet mayGo = 0; // to make room for something that might run now
  if (next + 1 < static_cast<int32_t>(game.steps.size()) && isRead(next, there)) {
    if (fits(step.room, there))
      reach({least, spent, next + 1, there | step.makes});
    else
      mayGo |= there & ~step.reads;
  }
  for (const PebbleGame::Move &move : game.moves) {
    if (move.step >= next)
      break;
    if ((move.inputs & ~there) != 0 || (move.results & ~there & step.useful) == 0)
      continue;
    if (fits(move.room, there))
      reach({least, spent + move.cost, next, there | move.results});
    else
      mayGo |= there & ~move.inputs;
  }
  for (; mayGo != 0; mayGo &= mayGo - 1)
    reach({least, spent, next, there & ~(mayGo & -mayGo)});
}

void GameSearch::run(int64_t end, std::optional<int64_t> enough, PebbleBound &result) {
  reach({0, 0, 0, 0});
  auto last = static_cast<int32_t>(game.steps.size()) - 1;
  bool isOver = false;
  while (!open.empty() && !isOver) {
    State state = open.top();
    result.extra = std::max(result.extra, state.least);
    isOver = (state.next == last && isRead(last, state.there) &&
              fits(game.steps[last].room, game.steps[last].reads)) ||
             result.work + made >= end || (enough && result.extra >= *enough);
    if (isOver)
      break;
    open.pop();
    if (cheapest.of(state.next, state.there) == state.spent)
      expand(state);
  }
  if (!isOver) {
    result.infeasible = true;
    result.witness = std::min(game.steps[farthest].first, game.steps[last].first - 1);
  }
  result.work += made;
}

/// By op, END the last: what schedules pay at least behind its base execution.
std::vector<int64_t> laterCosts(const SearchGraph &graph, const PebbleOptions &options) {
  std::vector<int64_t> later(graph.opCount() + 1, 0);
  for (const CutExtra &bound : options.later)
    later[bound.cut] = std::max(later[bound.cut], bound.extra);
  for (int32_t op = graph.opCount(); op-- > 0;)
    later[op] = std::max(later[op], later[op + 1]);
  return later;
}

} // namespace

PebbleBound pebbleBound(const SearchGraph &graph, int64_t limit, const PebbleOptions &options) {
  constexpr int64_t smallest = 64; // of the limit: less is not worth a bit
  std::vector<int64_t> sizes;
  for (int32_t value = 0; value < graph.valueCount(); ++value)
    if (graph.bytes(value) > limit / smallest)
      sizes.push_back(graph.bytes(value));
  std::sort(sizes.rbegin(), sizes.rend());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  std::vector<int64_t> later = laterCosts(graph, options);
  PebbleBound best;
  auto play = [&](int64_t least, bool takesOver) {
    best.work += graph.opCount() / 4; // to build a game
    if (best.infeasible || best.work >= options.work ||
        (options.enough && best.extra >= *options.enough))
      return false;
    std::optional<PebbleGame> game = pebbleGame(graph, least, takesOver);
    if (game)
      GameSearch(*game, limit, later).run(options.work, options.enough, best);
    return game.has_value();
  };
  // Fewer values first: their games end soon.
  size_t some = 0;
  while (some < sizes.size() && play(sizes[some], true))
    ++some;
  for (size_t all = 0; all < some; ++all)
    if (!play(sizes[all], false))
      break;
  return best;
}

} // namespace remat::planning::search
