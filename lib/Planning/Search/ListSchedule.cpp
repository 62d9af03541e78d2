//===- ListSchedule.cpp - orders that free memory early -------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ListSchedule.h"

#include <algorithm>
#include <functional>
#include <queue>

namespace remat::planning::search {

using Pairs = std::vector<std::pair<int32_t, int32_t>>;

Lists::Lists(size_t lists, const Pairs &pairs) : first(lists + 1, 0), entries(pairs.size()) {
  for (auto [list, entry] : pairs)
    ++first[list + 1];
  for (size_t list = 0; list < lists; ++list)
    first[list + 1] += first[list];
  std::vector<int32_t> next(first.begin(), first.end() - 1);
  for (auto [list, entry] : pairs)
    entries[next[list]++] = entry;
}

namespace {

Pairs memberPairs(const std::vector<int32_t> &unitOf, const std::vector<int32_t> &order) {
  Pairs pairs;
  for (int32_t op : order)
    pairs.emplace_back(unitOf[op], op);
  return pairs;
}

/// (value, unit that reads it from outside), each pair once.
Pairs readerPairs(const SearchGraph &graph, const std::vector<int32_t> &unitOf) {
  Pairs pairs;
  std::vector<int32_t> units;
  for (int32_t value = 0; value < graph.valueCount(); ++value) {
    units.clear();
    for (int32_t op : graph.readers(value))
      if (op < graph.opCount() && unitOf[op] != unitOf[graph.producer(value)])
        units.push_back(unitOf[op]);
    std::sort(units.begin(), units.end());
    units.erase(std::unique(units.begin(), units.end()), units.end());
    for (int32_t unit : units)
      pairs.emplace_back(value, unit);
  }
  return pairs;
}

Pairs swapped(Pairs pairs) {
  for (auto &[one, other] : pairs)
    std::swap(one, other);
  return pairs;
}

bool isRead(const SearchGraph &graph, int32_t value, int32_t op) {
  std::span<const int32_t> readers = graph.readers(value);
  return std::binary_search(readers.begin(), readers.end(), op);
}

/// (unit, value that something outside it reads).
Pairs resultPairs(const SearchGraph &graph, const std::vector<int32_t> &unitOf) {
  Pairs pairs;
  for (int32_t value = 0; value < graph.valueCount(); ++value) {
    int32_t unit = unitOf[graph.producer(value)];
    if (std::ranges::any_of(graph.readers(value), [&](int32_t op) {
          return op == graph.opCount() || unitOf[op] != unit;
        }))
      pairs.emplace_back(unit, value);
  }
  return pairs;
}

Pairs unitPairs(const Precedences &precedences, const std::vector<int32_t> &unitOf) {
  Pairs pairs;
  for (auto [before, after] : precedences)
    if (unitOf[before] != unitOf[after])
      pairs.emplace_back(unitOf[before], unitOf[after]);
  return pairs;
}

} // namespace

Units::Units(const SearchGraph &graph, const std::vector<int32_t> &unitOf, int32_t units,
             const std::vector<int32_t> &order, const Precedences &precedences)
    : graph(graph), members(units, memberPairs(unitOf, order)),
      inputs(units, swapped(readerPairs(graph, unitOf))),
      results(units, resultPairs(graph, unitOf)),
      readers(graph.valueCount(), readerPairs(graph, unitOf)),
      after(units, unitPairs(precedences, unitOf)),
      before(units, swapped(unitPairs(precedences, unitOf))), producer(graph.valueCount()),
      isOutput(graph.valueCount(), 0), rank(units), innerPeak(units, 0), resultBytes(units, 0) {
  for (int32_t value = 0; value < graph.valueCount(); ++value) {
    producer[value] = unitOf[graph.producer(value)];
    isOutput[value] = isRead(graph, value, graph.opCount());
  }
  for (size_t position = 0; position < order.size(); ++position)
    rank[unitOf[order[position]]] = static_cast<int32_t>(position);
  // Readers of a value in its own unit that have not run; 1 more for each
  // reason to stay beyond the unit.
  std::vector<int32_t> waiting(graph.valueCount());
  for (int32_t value = 0; value < graph.valueCount(); ++value)
    waiting[value] = static_cast<int32_t>(graph.readers(value).size());
  for (int32_t unit = 0; unit < units; ++unit) {
    for (int32_t value : results[unit])
      resultBytes[unit] += graph.bytes(value);
    int64_t live = 0;
    for (int32_t op : members[unit]) {
      for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value)
        live += graph.bytes(value);
      innerPeak[unit] = std::max(innerPeak[unit], live);
      for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value)
        if (waiting[value] == 0)
          live -= graph.bytes(value);
      for (int32_t value : graph.inputs(op))
        if (producer[value] == unit && --waiting[value] == 0)
          live -= graph.bytes(value);
    }
  }
}

namespace {

class ListScheduler {
public:
  ListScheduler(const Units &units, Direction direction, int64_t limit)
      : units(units), forwards(direction == Direction::Forwards), limit(limit),
        missing(units.count(), 0), net(units.count()), isPlaced(units.count(), 0),
        open(units.graph.valueCount(), 0) {}

  std::vector<int32_t> run();

private:
  void prepare();
  int32_t choose();
  void place(int32_t unit);
  void placeForwards(int32_t unit);
  void placeBackwards(int32_t unit);

  int64_t bytes(int32_t value) const { return units.graph.bytes(value); }

  /// Bytes that come on top of the live ones while `unit` runs.
  int64_t transient(int32_t unit) const {
    int64_t inner = units.innerPeak[unit];
    return forwards ? inner : net[unit] + inner;
  }

  void release(int32_t unit) {
    if (--missing[unit] == 0)
      makeReady(unit);
  }

  void makeReady(int32_t unit) {
    ready.push({0, rankOf(unit), unit});
    offer(unit);
  }

  void lowerNet(int32_t unit, int64_t by) {
    net[unit] -= by;
    if (missing[unit] == 0)
      offer(unit);
  }

  void offer(int32_t unit) {
    small.push({net[unit], rankOf(unit), unit});
    if (net[unit] <= 0)
      eager.push({transient(unit), rankOf(unit), unit});
  }

  bool fits(int32_t unit) const { return live + transient(unit) <= limit; }
  int32_t rankOf(int32_t unit) const { return forwards ? units.rank[unit] : -units.rank[unit]; }

  struct Entry {
    int64_t bytes;
    int32_t rank, unit;
    auto operator<=>(const Entry &) const = default;
  };
  using Queue = std::priority_queue<Entry, std::vector<Entry>, std::greater<>>; // least first

  void dropPlaced(Queue &queue) const {
    while (!queue.empty() && isPlaced[queue.top().unit])
      queue.pop();
  }

  /// Looking further would make a step cost more than O(log V).
  static constexpr size_t maxTried = 16;

  const Units &units;
  const bool forwards;
  const int64_t limit;
  std::vector<int32_t> missing; ///< by unit: what it waits for; 0: ready or placed
  std::vector<int64_t> net;     ///< by unit: bytes it allocates, less those it frees
  std::vector<char> isPlaced;
  /// By value: forwards, readers not placed (END is one); backwards, whether one is.
  std::vector<int32_t> open;
  Queue ready; ///< by rank
  Queue eager; ///< ready ones of no net bytes, by what they need meanwhile
  Queue small; ///< ready ones by net bytes
  int64_t live = 0;
};

void ListScheduler::prepare() {
  for (int32_t value = 0; value < units.graph.valueCount(); ++value) {
    auto readers = static_cast<int32_t>(units.readers[value].size());
    open[value] = units.isOutput[value] + (forwards ? readers : 0);
    if (forwards)
      continue;
    live += units.isOutput[value] ? bytes(value) : 0;
    missing[units.producer[value]] += readers;
  }
  for (int32_t unit = 0; unit < units.count(); ++unit) {
    if (forwards)
      missing[unit] += static_cast<int32_t>(units.inputs[unit].size());
    missing[unit] += static_cast<int32_t>((forwards ? units.before : units.after)[unit].size());
    net[unit] = forwards ? units.resultBytes[unit] : -units.resultBytes[unit];
    for (int32_t value : units.inputs[unit])
      if (forwards)
        net[unit] -= open[value] == 1 ? bytes(value) : 0;
      else
        net[unit] += open[value] == 0 ? bytes(value) : 0;
  }
  for (int32_t unit = 0; unit < units.count(); ++unit)
    if (missing[unit] == 0)
      makeReady(unit);
}

/// An entry of a queue from before its unit's needs shrank is not the first of
/// the unit.
int32_t ListScheduler::choose() {
  dropPlaced(eager);
  if (!eager.empty() && fits(eager.top().unit))
    return eager.top().unit;
  dropPlaced(ready);
  if (ready.empty() || fits(ready.top().unit))
    return ready.empty() ? -1 : ready.top().unit;
  std::vector<Entry> tried;
  int32_t chosen = ready.top().unit;
  for (dropPlaced(small); !small.empty() && tried.size() < maxTried; dropPlaced(small)) {
    tried.push_back(small.top());
    small.pop();
    if (fits(tried.back().unit)) {
      chosen = tried.back().unit;
      break;
    }
  }
  for (const Entry &entry : tried)
    small.push(entry);
  return chosen;
}

void ListScheduler::placeForwards(int32_t unit) {
  for (int32_t value : units.inputs[unit]) {
    if (--open[value] == 0)
      live -= bytes(value);
    if (open[value] == 1 && !units.isOutput[value])
      for (int32_t reader : units.readers[value])
        if (!isPlaced[reader])
          lowerNet(reader, bytes(value));
  }
  for (int32_t value : units.results[unit]) {
    live += bytes(value);
    for (int32_t reader : units.readers[value])
      release(reader);
  }
}

void ListScheduler::placeBackwards(int32_t unit) {
  for (int32_t value : units.results[unit])
    live -= bytes(value);
  for (int32_t value : units.inputs[unit]) {
    if (!open[value]) {
      open[value] = 1;
      live += bytes(value);
      for (int32_t reader : units.readers[value])
        if (!isPlaced[reader])
          lowerNet(reader, bytes(value));
    }
    release(units.producer[value]);
  }
}

std::vector<int32_t> ListScheduler::run() {
  prepare();
  std::vector<int32_t> order;
  for (int32_t left = units.count(); left > 0; --left) {
    int32_t unit = choose();
    if (unit < 0)
      return {};
    isPlaced[unit] = 1;
    order.push_back(unit);
    if (forwards)
      placeForwards(unit);
    else
      placeBackwards(unit);
    for (int32_t other : (forwards ? units.after : units.before)[unit])
      release(other);
  }
  if (!forwards)
    std::reverse(order.begin(), order.end());
  std::vector<int32_t> ops;
  for (int32_t unit : order)
    ops.insert(ops.end(), units.members[unit].begin(), units.members[unit].end());
  return ops;
}

} // namespace

std::vector<int32_t> listSchedule(const Units &units, Direction direction, int64_t limit) {
  return ListScheduler(units, direction, limit).run();
}

} // namespace remat::planning::search
