//===- RefitEviction.cpp - what goes when a refit needs room --------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/Refit.h"

#include <algorithm>

namespace remat::planning::search {

namespace {

constexpr int32_t kDepth = 200; ///< missing ancestors looked at for a score
constexpr int64_t kUnseen = 16; ///< times what these cost, where there are more
constexpr int64_t kFresh = 64;  ///< evictions since a cost was found that still bounds it

} // namespace

/// What makes `value` again will read its inputs at that time; what is missing of
/// them has to be made again as well.
void Refitter::askForInputs(int32_t value) {
  asking.assign(1, value);
  while (!asking.empty()) {
    int32_t wanted = asking.back(), reader = graph.producer(wanted);
    asking.pop_back();
    Key key = keyOf(stageOf(needs[wanted]), reader);
    for (int32_t input : graph.inputs(reader)) {
      bool missing = place[input] < 0, planned = key >= nextRun(graph.producer(input));
      if (key >= needs[input] || (missing && planned))
        continue;
      needs[input] = key;
      if (!planned)
        spare[input] = 0;
      if (missing)
        asking.push_back(input);
    }
  }
}

void Refitter::evict(int32_t value) {
  removeLive(value);
  ++events;
  if (spare[value])
    needs[value] = kNever; // the plan runs it again in any case
  else
    askForInputs(value);
}

/// Adds up what is missing to run `op` in the stage of `at`, as far as `most` ops.
/// Returns false if something of it cannot run again.
bool Refitter::ancestors(int32_t op, Key at, int64_t &cost, int32_t most) {
  ++round;
  stack.assign(1, op);
  while (!stack.empty()) {
    int32_t next = stack.back();
    stack.pop_back();
    for (int32_t input : graph.inputs(next)) {
      int32_t producer = graph.producer(input);
      if (place[input] >= 0 || seen[producer] == round || nextRun(producer) < at)
        continue;
      if (!graph.recomputable(producer))
        return false;
      seen[producer] = round;
      cost += graph.cost(producer);
      ++effort;
      if (--most < 0) {
        cost = cost > (int64_t(1) << 56) ? cost : cost * kUnseen;
        return true;
      }
      stack.push_back(producer);
    }
  }
  return true;
}

/// The bytes and stages that a value gives free, which its cost is divided by.
int64_t Refitter::reliefOf(int32_t value, int32_t from, int32_t until, int64_t missing) const {
  int64_t bytes = graph.bytes(value);
  if (missing < bytes / options.surplus)
    bytes = options.surplus * missing;
  if (!options.distance)
    return bytes;
  auto product = static_cast<__int128>(bytes) * (weights[until] - weights[from]);
  return std::max<int64_t>(static_cast<int64_t>(product >> reliefShift), 1);
}

int64_t Refitter::noiseOf(int32_t value) const {
  return Random(options.seed + static_cast<uint64_t>(value)).below(options.noise);
}

/// The live value to take away at `stage`, or -1: what the plan runs again in any
/// case, else what costs least for its bytes and stages.
int32_t Refitter::cheapest(int32_t stage, int64_t missing) {
  int32_t best = -1;
  int64_t bestWorth = 0, bestRelief = 1;
  bool bestSpare = false;
  for (int32_t value : held) {
    int32_t op = graph.producer(value);
    bool isSpare = spare[value];
    int32_t until = stageOf(isSpare ? nextRun(op) : needs[value]);
    if (until <= stage || (bestSpare && !isSpare) || frozen[value])
      continue;
    int64_t relief = reliefOf(value, stage, until, missing);
    if (options.noise > 0)
      relief = relief / 1024 * (1024 + noiseOf(value)) + 1;
    int64_t worth = graph.cost(op) + 1;
    auto isBetter = [&] {
      __int128 ours = static_cast<__int128>(worth) * bestRelief;
      __int128 theirs = static_cast<__int128>(bestWorth) * relief;
      return best < 0 || isSpare > bestSpare || ours < theirs || (ours == theirs && value < best);
    };
    if (!isBetter())
      continue;
    if (!isSpare && options.ancestors > 0) {
      if (foundAt[value] != kNotFound && events - foundAt[value] < kFresh) {
        int64_t alone = worth;
        worth += found[value] / 4 * options.ancestors;
        if (!isBetter())
          continue;
        worth = alone;
      }
      if (foundAt[value] != events) {
        found[value] = 0;
        ancestors(op, needs[value], found[value], kDepth);
        foundAt[value] = events;
      }
      worth += found[value] / 4 * options.ancestors;
      if (!isBetter())
        continue;
    }
    best = value;
    bestWorth = worth;
    bestRelief = relief;
    bestSpare = isSpare;
  }
  effort += static_cast<int64_t>(held.size()) / 8;
  return best;
}

/// Returns false, and takes nothing away, where all that could go is not enough.
bool Refitter::makeRoom(int64_t bytes, int32_t stage) {
  if (live + bytes <= limit)
    return true;
  int64_t movable = 0;
  for (int32_t value : held)
    if (!frozen[value] &&
        stageOf(spare[value] ? nextRun(graph.producer(value)) : needs[value]) > stage)
      movable += graph.bytes(value);
  effort += static_cast<int64_t>(held.size()) / 8;
  if (live + bytes - movable > limit)
    return false;
  while (live + bytes > limit) {
    int32_t value = cheapest(stage, live + bytes - limit);
    if (value < 0)
      return false;
    int64_t cost = 0;
    if (spare[value] || ancestors(graph.producer(value), needs[value], cost, graph.opCount()))
      evict(value);
    else
      frozen[value] = 1;
  }
  return true;
}

} // namespace remat::planning::search
