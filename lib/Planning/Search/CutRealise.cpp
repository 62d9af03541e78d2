//===- CutRealise.cpp - choices at cuts made schedules --------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/CutRealise.h"

#include <algorithm>

namespace remat::planning::search {

namespace {

/// What is in memory while a schedule is made.
class Realiser {
public:
  explicit Realiser(const SearchGraph &graph)
      : graph(graph), available(graph.valueCount(), 0), asked(graph.opCount(), 0) {}

  /// Drops what `choice` does not store and can be made again.
  void cut(const CutChoice &choice) {
    std::vector<char> keep(graph.valueCount(), 0);
    for (int32_t value : choice.stored)
      keep[value] = 1;
    for (int32_t value = 0; value < graph.firstResult(choice.cut + 1); ++value)
      available[value] &= keep[value] || !graph.recomputable(graph.producer(value));
  }

  /// Runs base op `op`, and before it all that it misses.
  void run(int32_t op) {
    missing.clear();
    collect(op);
    for (size_t next = 0; next < missing.size(); ++next)
      collect(missing[next]);
    std::sort(missing.begin(), missing.end());
    for (int32_t again : missing) {
      result.push_back({op, again});
      asked[again] = 0;
      make(again);
    }
    if (op < graph.opCount())
      make(op);
  }

  Recomputations take() { return std::move(result); }

private:
  void collect(int32_t op) {
    for (int32_t value : graph.inputs(op))
      if (int32_t producer = graph.producer(value); !available[value] && !asked[producer]) {
        asked[producer] = 1;
        missing.push_back(producer);
      }
  }
  void make(int32_t op) {
    std::fill(available.begin() + graph.firstResult(op),
              available.begin() + graph.firstResult(op + 1), 1);
  }

  const SearchGraph &graph;
  std::vector<char> available; ///< by value
  std::vector<char> asked;     ///< by op: in `missing`
  std::vector<int32_t> missing;
  Recomputations result;
};

} // namespace

Recomputations realiseJustInTime(const SearchGraph &graph, std::span<const CutChoice> choices) {
  Realiser realiser(graph);
  auto next = choices.begin();
  for (int32_t op = 0; op <= graph.opCount(); ++op) {
    realiser.run(op);
    if (next != choices.end() && next->cut == op)
      realiser.cut(*next++);
  }
  return realiser.take();
}

std::vector<int64_t> profileAtBaseOps(const SearchGraph &graph,
                                      const Recomputations &recomputations) {
  Schedule schedule = scheduleOf(graph, recomputations);
  std::vector<int64_t> live = liveBytes(graph, recomputations), profile;
  for (size_t step = 0; step < schedule.size(); ++step)
    if (schedule[step] == static_cast<int32_t>(profile.size())) // its first execution
      profile.push_back(live[step]);
  return profile;
}

} // namespace remat::planning::search
