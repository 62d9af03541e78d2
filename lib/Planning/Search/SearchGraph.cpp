//===- SearchGraph.cpp - a problem as flat arrays -------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/SearchGraph.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace remat::planning::search {

namespace {
constexpr size_t kUnused = std::numeric_limits<size_t>::max();
} // namespace

SearchGraph::SearchGraph(const Problem &problem) {
  const Graph &graph = problem.graph;
  std::vector<Bytes> charge = problem.charges();
  std::vector<int32_t> numberOf(graph.values.size(), -1);
  for (const Op &op : graph.ops) {
    firstValue.push_back(static_cast<int32_t>(producers.size()));
    for (ValueId value : op.results) {
      numberOf[value] = static_cast<int32_t>(producers.size());
      producers.push_back(static_cast<int32_t>(firstValue.size()) - 1);
      charges.push_back(charge[value].count);
    }
    mayRunAgain.push_back(op.recomputable);
  }
  firstValue.insert(firstValue.end(), 2, static_cast<int32_t>(producers.size()));
  mayRunAgain.push_back(false);

  std::vector<std::vector<int32_t>> readersOf(producers.size());
  auto addInputs = [&](const std::vector<ValueId> &read) {
    auto op = static_cast<int32_t>(firstInput.size());
    size_t first = inputValues.size();
    firstInput.push_back(static_cast<int32_t>(first));
    for (ValueId value : read)
      if (numberOf[value] >= 0)
        inputValues.push_back(numberOf[value]);
    std::sort(inputValues.begin() + first, inputValues.end());
    inputValues.erase(std::unique(inputValues.begin() + first, inputValues.end()),
                      inputValues.end());
    for (size_t i = first; i < inputValues.size(); ++i)
      readersOf[inputValues[i]].push_back(op);
  };
  for (const Op &op : graph.ops)
    addInputs(op.inputs);
  addInputs(graph.outputs);
  firstInput.push_back(static_cast<int32_t>(inputValues.size()));

  for (const std::vector<int32_t> &readers : readersOf) {
    firstReader.push_back(static_cast<int32_t>(readerOps.size()));
    readerOps.insert(readerOps.end(), readers.begin(), readers.end());
  }
  firstReader.push_back(static_cast<int32_t>(readerOps.size()));

  for (Cost cost : problem.cost)
    costs.push_back(cost.count);
  costs.push_back(0);
  sumOfCosts = problem.baseCost().count;
  alwaysLive = problem.fixedBytes().count;
  addTakeovers(problem);
}

void SearchGraph::addTakeovers(const Problem &problem) {
  std::vector<Takeover> found = problem.takeovers();
  std::stable_sort(found.begin(), found.end(),
                   [](const Takeover &a, const Takeover &b) { return a.taker < b.taker; });
  std::vector<int32_t> takeoverOf(problem.graph.values.size(), -1); // by argument
  for (auto [argument, taker] : found) {
    firstTaken.resize(taker + 1, takeoverCount());
    takeoverOf[argument] = takeoverCount();
    takers.push_back(taker);
    copies.push_back(problem.graph.values[argument].bytes.count);
  }
  firstTaken.resize(opCount() + 2, takeoverCount());
  for (int32_t op = 0; op < opCount(); ++op) {
    auto first = static_cast<std::ptrdiff_t>(oldTakeovers.size());
    firstOld.push_back(static_cast<int32_t>(first));
    for (int32_t own = firstTakeover(op); own < firstTakeover(op + 1); ++own)
      oldTakeovers.push_back(own);
    for (ValueId value : problem.graph.ops[op].inputs)
      if (takeoverOf[value] >= 0)
        oldTakeovers.push_back(takeoverOf[value]);
    std::sort(oldTakeovers.begin() + first, oldTakeovers.end());
    oldTakeovers.erase(std::unique(oldTakeovers.begin() + first, oldTakeovers.end()),
                       oldTakeovers.end());
  }
  firstOld.resize(opCount() + 2, static_cast<int32_t>(oldTakeovers.size()));
}

std::vector<int64_t> baseProfile(const SearchGraph &graph) {
  std::vector<int64_t> profile = liveBytes(graph, {});
  profile.pop_back();
  return profile;
}

std::vector<int64_t> liveBytes(const SearchGraph &graph, const Recomputations &recomputations) {
  Schedule schedule = scheduleOf(graph, recomputations);
  schedule.push_back(graph.opCount());
  std::vector<int64_t> live(schedule.size() + 1, 0); // first as changes
  std::vector<size_t> lastUse(graph.valueCount(), kUnused);
  std::vector<size_t> takenAt(graph.takeoverCount(), kUnused), lastOld = takenAt;
  auto close = [&](int32_t value) {
    if (lastUse[value] != kUnused)
      live[lastUse[value] + 1] -= graph.bytes(value);
  };
  for (size_t step = 0; step < schedule.size(); ++step) {
    int32_t op = schedule[step];
    for (int32_t value : graph.inputs(op))
      lastUse[value] = step;
    for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value) {
      close(value);
      live[step] += graph.bytes(value);
      lastUse[value] = step;
    }
    for (int32_t takeover : graph.oldReads(op)) {
      if (takenAt[takeover] != kUnused)
        lastOld[takeover] = step;
      else if (graph.taker(takeover) == op)
        takenAt[takeover] = step;
    }
  }
  for (int32_t takeover = 0; takeover < graph.takeoverCount(); ++takeover)
    if (lastOld[takeover] != kUnused) {
      live[takenAt[takeover]] += graph.copyBytes(takeover);
      live[lastOld[takeover] + 1] -= graph.copyBytes(takeover);
    }
  for (int32_t value = 0; value < graph.valueCount(); ++value)
    close(value);
  live.pop_back();
  std::partial_sum(live.begin(), live.end(), live.begin());
  return live;
}

Schedule scheduleOf(const SearchGraph &graph, const Recomputations &recomputations) {
  Schedule schedule;
  schedule.reserve(graph.opCount() + recomputations.size());
  auto next = recomputations.begin();
  for (int32_t op = 0; op <= graph.opCount(); ++op) {
    for (; next != recomputations.end() && next->stage == op; ++next)
      schedule.push_back(next->op);
    if (op < graph.opCount())
      schedule.push_back(op);
  }
  return schedule;
}

Recomputations recomputationsOf(const SearchGraph &graph, const Schedule &schedule) {
  Recomputations all;
  std::vector<int32_t> open;
  int32_t stage = 0;
  for (OpId op : schedule) {
    if (op != stage) {
      open.push_back(op);
      continue;
    }
    for (int32_t again : open)
      all.push_back({stage, again});
    open.clear();
    ++stage;
  }
  for (int32_t again : open)
    all.push_back({graph.opCount(), again});
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

} // namespace remat::planning::search
