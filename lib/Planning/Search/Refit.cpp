//===- Refit.cpp - a plan made again within a limit -----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/Refit.h"

#include <algorithm>
#include <bit>

namespace remat::planning::search {

namespace {

constexpr int32_t kPasses = 6; ///< from the first execution to the last

} // namespace

Refitter::Refitter(const SearchGraph &graph)
    : graph(graph), weights(graph.opCount() + 2), seen(graph.opCount() + 1, 0) {}

void Refitter::start(const Recomputations &plan) {
  int32_t ops = graph.opCount();
  std::vector<size_t> reads(graph.valueCount() + 1, 0), runs(ops + 2, 0);
  for (int32_t op = 0; op <= ops; ++op)
    for (int32_t value : graph.inputs(op))
      ++reads[value + 1];
  for (Recomputation one : plan) {
    ++runs[one.op + 1];
    for (int32_t value : graph.inputs(one.op))
      ++reads[value + 1];
  }
  for (size_t i = 1; i < reads.size(); ++i)
    reads[i] += reads[i - 1];
  for (size_t i = 1; i < runs.size(); ++i)
    runs[i] += runs[i - 1];
  readAt.assign(reads.begin(), reads.end() - 1);
  readEnd = readAt;
  runAt.assign(runs.begin(), runs.end() - 1);
  runEnd = runAt;
  planReads.resize(reads.back());
  planRuns.resize(runs.back());
  auto next = plan.begin();
  for (int32_t op = 0; op <= ops; ++op) {
    for (; next != plan.end() && next->stage == op; ++next) {
      planRuns[runEnd[next->op]++] = keyOf(op, next->op);
      for (int32_t value : graph.inputs(next->op))
        planReads[readEnd[value]++] = keyOf(op, next->op);
    }
    for (int32_t value : graph.inputs(op))
      planReads[readEnd[value]++] = keyOf(op, ops);
  }
  needs.assign(graph.valueCount(), kNever);
  found.assign(graph.valueCount(), 0);
  foundAt.assign(graph.valueCount(), kNotFound);
  events = 0;
  earlier.clear();
  madeAt.assign(graph.valueCount(), -1);
  spare.assign(graph.valueCount(), 0);
  frozen.assign(graph.valueCount(), 0);
  for (int32_t value = 0; value < graph.valueCount(); ++value)
    frozen[value] = graph.bytes(value) == 0 || !graph.recomputable(graph.producer(value));
  active.assign(ops + 1, -1);
  place.assign(graph.valueCount(), -1);
  held.clear();
  result.clear();
  live = extra = 0;
  effort += static_cast<int64_t>(planReads.size()) / 4;
}

void Refitter::insertLive(int32_t value) {
  place[value] = static_cast<int32_t>(held.size());
  held.push_back(value);
  live += graph.bytes(value);
}

void Refitter::removeLive(int32_t value) {
  int32_t last = held.back();
  held[place[value]] = last;
  place[last] = place[value];
  held.pop_back();
  place[value] = -1;
  live -= graph.bytes(value);
}

/// When the value is read next behind `now`, by the plan or for something missing.
void Refitter::findNeed(int32_t value) {
  size_t &read = readAt[value];
  while (read < readEnd[value] && planReads[read] <= now)
    ++read;
  Key next = read < readEnd[value] ? planReads[read] : kNever;
  int32_t stage = stageOf(now);
  for (int32_t reader : graph.readers(value)) {
    if (reader >= stage)
      break;
    for (int32_t made = graph.firstResult(reader); made < graph.firstResult(reader + 1); ++made)
      if (place[made] < 0 && needs[made] != kNever)
        next = std::min(next, keyOf(stageOf(needs[made]), reader));
  }
  needs[value] = next;
  spare[value] = next >= nextRun(graph.producer(value));
}

void Refitter::settle(int32_t value) {
  findNeed(value);
  if (needs[value] == kNever && place[value] >= 0)
    removeLive(value);
}

void Refitter::execute(int32_t op, Key key) {
  int64_t bytes = 0;
  for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value)
    bytes += place[value] < 0 ? graph.bytes(value) : 0;
  now = key - 1;
  if (!makeRoom(bytes, stageOf(key)) && crowded < 0) {
    crowded = op;
    waitingSince = -1;
    for (int32_t value : held)
      if (stageOf(needs[value]) == stageOf(key) && graph.bytes(value) > 0 &&
          madeAt[value] == graph.producer(value))
        waitingSince = std::max(waitingSince, madeAt[value]);
  }
  for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value)
    if (place[value] < 0) {
      insertLive(value);
      madeAt[value] = stageOf(key);
    }
  pass(op, key);
}

/// Whether something that will run reads what a planned run at `key` makes anew;
/// `active` are the runs of the stage that are known to be needed.
bool Refitter::isWanted(int32_t op, Key key) const {
  size_t after = runAt[op];
  while (after < runEnd[op] && planRuns[after] <= key)
    ++after;
  Key until = after < runEnd[op] ? planRuns[after] : kNever;
  int32_t stage = stageOf(key);
  for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value) {
    if (place[value] >= 0)
      continue;
    for (size_t read = readAt[value]; read < readEnd[value] && planReads[read] <= until; ++read) {
      if (planReads[read] <= key)
        continue;
      auto reader = static_cast<int32_t>(planReads[read] & 0xffffffff);
      if (stageOf(planReads[read]) > stage || reader == graph.opCount() || active[reader] == stage)
        return true;
    }
    for (int32_t reader : graph.readers(value)) {
      if (reader >= stage)
        break;
      for (int32_t made = graph.firstResult(reader); made < graph.firstResult(reader + 1); ++made)
        if (place[made] < 0 && needs[made] != kNever && needs[made] > key && needs[made] < until)
          return true;
    }
  }
  return false;
}

void Refitter::pass(int32_t op, Key key) {
  now = key;
  while (runAt[op] < runEnd[op] && planRuns[runAt[op]] <= key)
    ++runAt[op];
  for (int32_t value : graph.inputs(op))
    settle(value);
  for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value)
    settle(value);
}

/// Lists what `op` misses for this stage.
void Refitter::want(int32_t op) {
  for (int32_t value : graph.inputs(op))
    if (int32_t producer = graph.producer(value); place[value] < 0 && seen[producer] != round) {
      seen[producer] = round;
      stageOps.push_back(producer);
    }
}

void Refitter::runStage(int32_t stage, std::span<const Recomputation> planned) {
  ++round;
  stageOps.clear();
  for (size_t next = planned.size(); next-- > 0;)
    if (int32_t op = planned[next].op; isWanted(op, keyOf(stage, op))) {
      active[op] = stage;
      seen[op] = round;
      stageOps.push_back(op);
    }
  want(stage);
  for (size_t next = 0; next < stageOps.size(); ++next)
    want(stageOps[next]);
  std::sort(stageOps.begin(), stageOps.end());
  std::vector<int32_t> ops = stageOps;
  crowded = -1;
  auto skipped = planned.begin();
  for (int32_t op : ops) {
    for (; skipped != planned.end() && skipped->op < op; ++skipped)
      if (active[skipped->op] != stage)
        pass(skipped->op, keyOf(stage, skipped->op));
    result.push_back({stage, op});
    extra += graph.cost(op);
    execute(op, keyOf(stage, op));
  }
  for (; skipped != planned.end(); ++skipped)
    if (active[skipped->op] != stage)
      pass(skipped->op, keyOf(stage, skipped->op));
  if (crowded >= 0)
    startEarlier(stage, ops);
  if (stage < graph.opCount())
    execute(stage, keyOf(stage, graph.opCount()));
}

/// What this stage could not hold beside values that wait for it: has the runs that
/// the stage is for, as far as they were not made by then, made before those values.
void Refitter::startEarlier(int32_t stage, std::span<const int32_t> ops) {
  int32_t to = waitingSince >= 0 ? waitingSince : stage - 1;
  auto add = [&](int32_t op) {
    if (op >= crowded && op < to && std::binary_search(ops.begin(), ops.end(), op))
      earlier.push_back({stage, {to, op}});
  };
  for (int32_t op : ops)
    if (active[op] == stage)
      add(op);
  for (int32_t value : graph.inputs(stage))
    if (active[graph.producer(value)] != stage)
      add(graph.producer(value));
}

bool Refitter::runAll(const Recomputations &plan, int64_t finish) {
  start(plan);
  auto next = plan.begin();
  for (int32_t stage = 0; stage <= graph.opCount(); ++stage) {
    auto end = next;
    while (end != plan.end() && end->stage == stage)
      ++end;
    runStage(stage, {next, end});
    next = end;
    if (effort > finish || extra > options.ceiling)
      return false;
  }
  return true;
}

std::optional<Measured> Refitter::refit(const Recomputations &plan, int64_t most,
                                        const RefitOptions &how, int64_t work) {
  int64_t finish = effort + 8 * work;
  limit = most;
  options = how;
  std::vector<int64_t> profile = baseProfile(graph);
  weights[0] = 0;
  for (int32_t stage = 0; stage <= graph.opCount(); ++stage)
    weights[stage + 1] = weights[stage] + 1 +
                         (stage < graph.opCount() && profile[stage] > limit ? options.pressure : 0);
  int64_t largest = 0;
  for (int32_t value = 0; value < graph.valueCount(); ++value)
    largest = std::max(largest, graph.bytes(value));
  reliefShift =
      std::max(0, static_cast<int>(std::bit_width(static_cast<uint64_t>(largest)) +
                                   std::bit_width(static_cast<uint64_t>(weights.back()))) -
                      60);
  std::optional<Measured> best;
  Recomputations guide = plan;
  for (int32_t left = kPasses; left > 0 && runAll(guide, finish); --left) {
    Measured made = measure(graph, std::move(result));
    if (!best || made.peak < best->peak)
      best = std::move(made);
    if (best->peak <= limit || earlier.empty())
      break;
    for (const auto &[stage, run] : earlier) {
      std::erase(guide, Recomputation{stage, run.op});
      guide.push_back(run);
    }
    std::sort(guide.begin(), guide.end());
    guide.erase(std::unique(guide.begin(), guide.end()), guide.end());
  }
  return best;
}

} // namespace remat::planning::search
