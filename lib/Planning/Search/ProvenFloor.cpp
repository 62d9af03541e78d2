//===- ProvenFloor.cpp - a peak that no schedule goes below ---------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/ProvenFloor.h"

#include "remat/Planning/Search/CutModel.h"
#include "remat/Planning/Search/InputsPeak.h"

#include <algorithm>
#include <numeric>

namespace remat::planning::search {

namespace {

/// Two bounds on what is live while each base op runs, whatever runs again.
struct LiveRange {
  std::vector<int64_t> least; ///< the working set, and what is made once and read later
  std::vector<int64_t> most;  ///< that, and what is made once and might be read again
};

LiveRange liveRange(const SearchGraph &graph) {
  int32_t ops = graph.opCount();
  LiveRange range{std::vector<int64_t>(ops + 1, 0), std::vector<int64_t>(ops + 1, 0)};
  // Values made once, as differences; working sets are added on top, less what
  // they share with those.
  for (int32_t value = 0; value < graph.valueCount(); ++value) {
    int32_t birth = graph.producer(value);
    if (graph.recomputable(birth) || graph.readers(value).empty())
      continue;
    std::span<const int32_t> readers = graph.readers(value);
    bool forAgain = std::any_of(readers.begin(), readers.end(),
                                [&](int32_t reader) { return graph.recomputable(reader); });
    range.least[birth] += graph.bytes(value);
    range.least[std::min(readers.back() + 1, ops)] -= graph.bytes(value);
    range.most[birth] += graph.bytes(value);
    if (!forAgain)
      range.most[std::min(readers.back() + 1, ops)] -= graph.bytes(value);
  }
  std::partial_sum(range.least.begin(), range.least.end(), range.least.begin());
  std::partial_sum(range.most.begin(), range.most.end(), range.most.begin());
  for (int32_t op = 0; op < ops; ++op) {
    int64_t rest = 0;
    for (int32_t value : graph.inputs(op))
      rest += graph.recomputable(graph.producer(value)) ? graph.bytes(value) : 0;
    for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value)
      rest += graph.recomputable(op) || graph.readers(value).empty() ? graph.bytes(value) : 0;
    range.least[op] += rest;
    range.most[op] += rest;
  }
  return range;
}

/// Of one op.
constexpr int64_t kMostStates = 256;

/// Ops from the largest of `bytes` down, ties by position.
std::vector<int32_t> largestFirst(std::vector<int32_t> ops, const std::vector<int64_t> &bytes) {
  std::sort(ops.begin(), ops.end(), [&](int32_t a, int32_t b) {
    return bytes[a] != bytes[b] ? bytes[a] > bytes[b] : a < b;
  });
  return ops;
}

} // namespace

ProvenFloor provenFloor(const SearchGraph &graph, int64_t flows, int64_t states) {
  int32_t ops = graph.opCount();
  LiveRange range = liveRange(graph);
  ProvenFloor floor;
  auto raise = [&](int64_t bytes, int32_t op) {
    if (bytes > floor.bytes || (bytes == floor.bytes && op < floor.op))
      floor = {bytes, op};
  };
  for (int32_t op = 0; op < ops; ++op)
    raise(range.least[op], op);
  int64_t outputs = 0;
  for (int32_t value : graph.inputs(ops))
    outputs += graph.bytes(value);
  raise(outputs, ops);

  std::vector<int64_t> profile = baseProfile(graph);
  std::vector<int32_t> open;
  for (int32_t op = 0; op < ops; ++op) {
    range.most[op] = std::min(range.most[op], profile[op]);
    if (range.most[op] > floor.bytes)
      open.push_back(op);
  }
  for (int32_t op : largestFirst(open, range.most)) {
    if (flows-- <= 0 || range.most[op] <= floor.bytes)
      break;
    CutModel model(graph, {op});
    raise(model.workingSet(0) + model.solve({0, {1}}).bytes[0], op);
  }
  std::vector<int32_t> all(ops);
  std::iota(all.begin(), all.end(), 0);
  for (int32_t op : largestFirst(std::move(all), range.least)) {
    if (states <= 0)
      break;
    // Smaller ones say nothing; an equal one may name an earlier op.
    InputsPeak peak = inputsPeak(graph, op, std::min(states, kMostStates), floor.bytes - 1);
    states -= std::max<int64_t>(peak.states, 1);
    raise(peak.bytes, op);
  }
  return floor;
}

} // namespace remat::planning::search
