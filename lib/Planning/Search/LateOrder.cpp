//===- LateOrder.cpp - ops that run no sooner than needed -----------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LateOrder.h"

#include <algorithm>
#include <compare>

namespace remat::planning::search {

namespace {

/// Before an op of the old order stand those that moved there, the last one moved
/// first, then the op itself.
struct Place {
  int32_t anchor = 0; ///< position in the old order
  int32_t moved = 0;  ///< 0: the op itself; else the less, the earlier
  auto operator<=>(const Place &) const = default;
};

class LateOrder {
public:
  LateOrder(const SearchGraph &graph, const std::vector<int32_t> &order,
            const Precedences &precedences)
      : graph(graph), places(graph.opCount() + 1), after(graph.opCount(), precedences) {
    for (size_t position = 0; position < order.size(); ++position)
      places[order[position]].anchor = static_cast<int32_t>(position);
    places[graph.opCount()].anchor = graph.opCount(); // END
  }

  void sink(int32_t op);
  std::vector<int32_t> order() const;

private:
  Place firstAfter(int32_t op) const;
  bool isLastReader(int32_t op, int32_t value) const;

  const SearchGraph &graph;
  std::vector<Place> places;
  Lists after;
  int32_t moves = 0;
};

Place LateOrder::firstAfter(int32_t op) const {
  Place first = places[graph.opCount()];
  for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value)
    for (int32_t reader : graph.readers(value))
      first = std::min(first, places[reader]);
  for (int32_t later : after[op])
    first = std::min(first, places[later]);
  return first;
}

bool LateOrder::isLastReader(int32_t op, int32_t value) const {
  std::span<const int32_t> readers = graph.readers(value);
  return std::all_of(readers.begin(), readers.end(),
                     [&](int32_t reader) { return places[reader] <= places[op]; });
}

void LateOrder::sink(int32_t op) {
  int64_t released = 0, held = 0;
  for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value)
    released += graph.readers(value).empty() ? 0 : graph.bytes(value);
  for (int32_t value : graph.inputs(op))
    held += isLastReader(op, value) ? graph.bytes(value) : 0;
  Place first = firstAfter(op);
  // Behind END nothing can wait.
  if (!graph.recomputable(op) || released <= held || first.anchor == graph.opCount())
    return;
  if (first.anchor > places[op].anchor)
    places[op] = {first.anchor, --moves};
}

std::vector<int32_t> LateOrder::order() const {
  std::vector<int32_t> ops(graph.opCount());
  for (size_t op = 0; op < ops.size(); ++op)
    ops[op] = static_cast<int32_t>(op);
  std::sort(ops.begin(), ops.end(), [&](int32_t a, int32_t b) { return places[a] < places[b]; });
  return ops;
}

} // namespace

std::vector<int32_t> runLate(const SearchGraph &graph, const std::vector<int32_t> &order,
                             const Precedences &precedences) {
  LateOrder late(graph, order, precedences);
  for (auto op = order.rbegin(); op != order.rend(); ++op)
    late.sink(*op);
  return late.order();
}

} // namespace remat::planning::search
