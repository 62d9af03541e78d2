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
#include <set>

namespace remat::planning::search {

namespace {

/// Values in all states together.
constexpr int64_t kMostEntries = 1 << 18;

/// Values that must be live at once, ascending; those without bytes left out.
using State = std::vector<int32_t>;

class InputsPeakSearch {
public:
  explicit InputsPeakSearch(const SearchGraph &graph) : graph(graph) {}

  InputsPeak run(int32_t op, int64_t mostStates);

private:
  struct Entry {
    int64_t peak;   ///< of the best way found from the state to the op
    int64_t number; ///< of finding, for ties: the latest first
    State state;
    bool operator<(const Entry &other) const {
      return peak != other.peak ? peak > other.peak : number < other.number;
    }
  };

  int64_t bytesOf(const State &state) const {
    int64_t sum = 0;
    for (int32_t value : state)
      sum += graph.bytes(value);
    return sum;
  }
  bool isResult(int32_t value, int32_t op) const { return graph.producer(value) == op; }
  /// The state before `op` ran, and in `live` the bytes while it ran.
  State undo(const State &state, int32_t op, int64_t &live) const;
  void add(State state, int64_t peak) {
    if (closed.contains(state))
      return;
    entries += static_cast<int64_t>(state.size());
    open.push({peak, made++, std::move(state)});
  }

  const SearchGraph &graph;
  std::priority_queue<Entry> open;
  std::set<State> closed;
  int64_t made = 0, entries = 0;
};

State InputsPeakSearch::undo(const State &state, int32_t op, int64_t &live) const {
  State rest, before;
  std::copy_if(state.begin(), state.end(), std::back_inserter(rest),
               [&](int32_t value) { return !isResult(value, op); });
  State inputs;
  std::copy_if(graph.inputs(op).begin(), graph.inputs(op).end(), std::back_inserter(inputs),
               [&](int32_t value) { return graph.bytes(value) > 0; });
  std::set_union(rest.begin(), rest.end(), inputs.begin(), inputs.end(),
                 std::back_inserter(before));
  live = bytesOf(before);
  for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value)
    live += graph.bytes(value);
  return before;
}

InputsPeak InputsPeakSearch::run(int32_t op, int64_t mostStates) {
  InputsPeak found;
  int64_t live = 0;
  State first = undo({}, op, live);
  add(std::move(first), live);
  while (!open.empty()) {
    Entry entry = open.top();
    found.bytes = std::max(found.bytes, entry.peak);
    found.ended = entry.state.empty();
    auto size = static_cast<int64_t>(entry.state.size());
    if (found.ended || found.states == mostStates || entries + size * size > kMostEntries)
      return found;
    open.pop();
    if (!closed.insert(entry.state).second)
      continue;
    ++found.states;
    for (size_t i = 0; i < entry.state.size(); ++i) {
      int32_t producer = graph.producer(entry.state[i]);
      if (i > 0 && isResult(entry.state[i - 1], producer))
        continue; // undone with the value before
      State before = undo(entry.state, producer, live);
      add(std::move(before), std::max(entry.peak, live));
    }
  }
  return found;
}

} // namespace

InputsPeak inputsPeak(const SearchGraph &graph, int32_t op, int64_t mostStates) {
  return InputsPeakSearch(graph).run(op, mostStates);
}

} // namespace remat::planning::search
