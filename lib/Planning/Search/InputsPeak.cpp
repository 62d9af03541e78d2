//===- InputsPeak.cpp - the peak of making one op's inputs ----------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/InputsPeak.h"

#include <algorithm>
#include <queue>
#include <unordered_set>

namespace remat::planning::search {

namespace {

/// Values in all states together.
constexpr int64_t kMostEntries = 1 << 18;

class InputsPeakSearch {
public:
  InputsPeakSearch(const SearchGraph &graph, int64_t least)
      : graph(graph), least(least), closed(0, Hash{values}, Equal{values}) {}

  InputsPeak run(int32_t op, int64_t mostStates);

private:
  /// Values that must be live at once, ascending, those without bytes left out: `size`
  /// of `values` from `first` on.
  struct State {
    size_t first, size;
    uint64_t hash;
  };
  struct Hash {
    const std::vector<int32_t> &values;
    size_t operator()(const State &state) const { return state.hash; }
  };
  struct Equal {
    const std::vector<int32_t> &values;
    bool operator()(const State &a, const State &b) const {
      return a.size == b.size &&
             std::equal(&values[a.first], &values[a.first] + a.size, &values[b.first]);
    }
  };
  struct Entry {
    int64_t peak;   ///< of the best way found from the state to the op
    int64_t number; ///< of finding, for ties: the latest first
    State state;
    bool operator<(const Entry &other) const {
      return peak != other.peak ? peak > other.peak : number < other.number;
    }
  };

  bool isResult(int32_t value, int32_t op) const { return graph.producer(value) == op; }
  /// The state before `op` ran, at the end of `values`, and in `live` the bytes while it
  /// ran.
  State undo(const State &state, int32_t op, int64_t &live);
  /// Takes in the last state made.
  void add(const State &state, int64_t peak) {
    if (closed.contains(state)) {
      values.resize(state.first);
      return;
    }
    entries += static_cast<int64_t>(state.size);
    open.push({std::max(peak, least), made++, state});
  }

  const SearchGraph &graph;
  int64_t least;
  std::vector<int32_t> values; ///< of all states, one behind the other, and one more
  std::priority_queue<Entry> open;
  std::unordered_set<State, Hash, Equal> closed; ///< looked up only, never walked
  int64_t made = 0, entries = 0;
};

InputsPeakSearch::State InputsPeakSearch::undo(const State &state, int32_t op, int64_t &live) {
  State before{values.size(), 0, 0};
  live = 0;
  auto take = [&](int32_t value) {
    values.push_back(value);
    live += graph.bytes(value);
    before.hash = (before.hash ^ static_cast<uint64_t>(value)) * 0x9E3779B97F4A7C15u;
    before.hash ^= before.hash >> 29;
  };
  std::span<const int32_t> inputs = graph.inputs(op);
  auto input = inputs.begin();
  auto takeInputs = [&](int32_t until) {
    for (; input != inputs.end() && *input < until; ++input)
      if (graph.bytes(*input) > 0)
        take(*input);
  };
  for (size_t i = state.first; i < state.first + state.size; ++i) {
    int32_t value = values[i];
    if (isResult(value, op))
      continue;
    takeInputs(value);
    if (input != inputs.end() && *input == value)
      ++input;
    take(value);
  }
  takeInputs(graph.valueCount());
  before.size = values.size() - before.first;
  for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value)
    live += graph.bytes(value);
  return before;
}

InputsPeak InputsPeakSearch::run(int32_t op, int64_t mostStates) {
  InputsPeak found;
  int64_t live = 0;
  State first = undo({0, 0, 0}, op, live);
  add(first, live);
  while (!open.empty()) {
    auto [peak, number, state] = open.top();
    found.bytes = std::max(found.bytes, peak);
    found.ended = state.size == 0;
    auto size = static_cast<int64_t>(state.size);
    if (found.ended || found.states == mostStates || entries + size * size > kMostEntries)
      return found;
    open.pop();
    if (!closed.insert(state).second)
      continue;
    ++found.states;
    for (size_t i = state.first; i < state.first + state.size; ++i) {
      int32_t producer = graph.producer(values[i]);
      if (i > state.first && isResult(values[i - 1], producer))
        continue; // undone with the value before
      State before = undo(state, producer, live);
      add(before, std::max(peak, live));
    }
  }
  return found;
}

} // namespace

InputsPeak inputsPeak(const SearchGraph &graph, int32_t op, int64_t mostStates, int64_t least) {
  return InputsPeakSearch(graph, least).run(op, mostStates);
}

} // namespace remat::planning::search
