//===- PebbleGame.cpp - the pebble game of some values --------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PebbleGame.h"

#include <algorithm>

namespace remat::planning::search {

namespace {

constexpr size_t kMostValues = 64;

class GameBuilder {
public:
  GameBuilder(const SearchGraph &graph, int64_t least)
      : graph(graph), tracked(graph.valueCount(), 0), takers(graph.valueCount(), -1),
        numbers(graph.valueCount(), -1), firsts(graph.opCount()), costs(graph.opCount()) {
    for (int32_t value = 0; value < graph.valueCount(); ++value)
      tracked[value] = graph.bytes(value) >= least && !graph.readers(value).empty();
    for (int32_t op = 0; op < graph.opCount(); ++op) {
      firsts[op] = op;
      costs[op] = graph.cost(op);
    }
  }

  /// In base order: what an op took over is settled when its reader's turn comes.
  void takeOver() {
    for (int32_t op = 0; op < graph.opCount(); ++op)
      takeOver(op);
  }
  std::optional<PebbleGame> build();

private:
  bool isMove(int32_t op) const {
    return op < graph.opCount() && graph.recomputable(op) && trackedBytes(op) > 0;
  }
  int64_t trackedBytes(int32_t op) const {
    int64_t sum = 0;
    for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value)
      sum += tracked[value] ? graph.bytes(value) : 0;
    return sum;
  }
  PebbleSet bitOf(int32_t value) const {
    return tracked[value] ? PebbleSet(1) << numbers[value] : 0;
  }
  PebbleSet inputsOf(int32_t op) const {
    PebbleSet set = 0;
    for (int32_t value : graph.inputs(op))
      set |= bitOf(value);
    return set;
  }
  PebbleSet resultsOf(int32_t op) const {
    PebbleSet set = 0;
    if (op < graph.opCount())
      for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value)
        set |= bitOf(value);
    return set;
  }
  void takeOver(int32_t op);
  PebbleGame::Room roomOf(int32_t op) const;
  void addSteps();
  void addMoves();
  void addNeeds();

  const SearchGraph &graph;
  PebbleGame game;
  std::vector<char> tracked;
  std::vector<int32_t> takers;  ///< by value: the op that took over; -1 if none did
  std::vector<int32_t> numbers; ///< by value: its bit
  std::vector<int32_t> firsts;  ///< by op: the first of those that run in its place
  std::vector<int64_t> costs;   ///< by op: of all of them
};

/// Lets the only move that reads op's result run in op's place, if it may.
void GameBuilder::takeOver(int32_t op) {
  constexpr int32_t near = 4;
  int32_t value = graph.firstResult(op);
  if (!isMove(op) || graph.firstResult(op + 1) != value + 1 ||
      graph.readers(value).back() - op > near)
    return;
  int32_t reader = -1;
  for (int32_t other : graph.readers(value))
    if (isMove(other)) {
      if (reader >= 0)
        return;
      reader = other;
    }
  if (reader >= 0) {
    if (trackedBytes(reader) > graph.bytes(value))
      return;
    for (int32_t input : graph.inputs(reader))
      if (tracked[input] && input != value)
        return;
    firsts[reader] = firsts[op];
    costs[reader] += costs[op];
    takers[value] = reader;
  }
  tracked[value] = 0;
}

std::optional<PebbleGame> GameBuilder::build() {
  for (int32_t value = 0; value < graph.valueCount(); ++value)
    if (tracked[value]) {
      numbers[value] = static_cast<int32_t>(game.bytes.size());
      game.bytes.push_back(graph.bytes(value));
    }
  if (game.bytes.size() > kMostValues)
    return std::nullopt;
  addSteps();
  addMoves();
  addNeeds();
  return std::move(game);
}

PebbleGame::Room GameBuilder::roomOf(int32_t op) const {
  PebbleGame::Room room{resultsOf(op), 0};
  for (int32_t value : graph.inputs(op)) {
    room.rest += tracked[value] ? 0 : graph.bytes(value);
    if (takers[value] >= 0 && takers[value] != op) {
      int32_t taker = takers[value];
      while (takers[graph.firstResult(taker)] >= 0)
        taker = takers[graph.firstResult(taker)];
      room.makes |= resultsOf(taker);
      room.rest -= trackedBytes(taker);
    }
  }
  if (op < graph.opCount())
    for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value)
      room.rest += tracked[value] ? 0 : graph.bytes(value);
  return room;
}

void GameBuilder::addSteps() {
  auto isPlain = [](const PebbleGame::Step &step) { return (step.reads | step.room.makes) == 0; };
  for (int32_t op = 0; op <= graph.opCount(); ++op) {
    PebbleGame::Step step{op, op, inputsOf(op), resultsOf(op), roomOf(op)};
    if (op < graph.opCount() && isPlain(step) && !game.steps.empty() &&
        isPlain(game.steps.back())) {
      PebbleGame::Step &run = game.steps.back();
      run.last = op;
      run.room.rest = std::max(run.room.rest, step.room.rest);
    } else {
      game.steps.push_back(step);
    }
  }
}

void GameBuilder::addMoves() {
  game.makers.assign(game.bytes.size(), -1);
  for (int32_t step = 0; step < static_cast<int32_t>(game.steps.size()); ++step) {
    // A run of several ops makes nothing.
    int32_t op = game.steps[step].first;
    if (!isMove(op))
      continue;
    PebbleSet results = game.steps[step].makes;
    for (PebbleSet left = results; left != 0; left &= left - 1)
      game.makers[std::countr_zero(left)] = static_cast<int32_t>(game.moves.size());
    // Behind the first, what was taken over reads no other tracked value.
    game.moves.push_back({step, inputsOf(firsts[op]), results, costs[op],
                          costs[op] - graph.cost(firsts[op]), roomOf(firsts[op])});
  }
}

void GameBuilder::addNeeds() {
  PebbleSet needed = 0, useful = 0; // by later steps
  for (auto step = static_cast<int32_t>(game.steps.size()); step-- > 0;) {
    PebbleGame::Step &at = game.steps[step];
    at.needed = needed = at.reads | (needed & ~at.makes);
    useful = at.reads | (useful & ~at.makes);
    for (auto move = game.moves.rbegin(); move != game.moves.rend(); ++move)
      if (move->step < step && (move->results & useful) != 0)
        useful |= move->inputs;
    at.useful = useful;
  }
}

} // namespace

std::optional<PebbleGame> pebbleGame(const SearchGraph &graph, int64_t least, bool takesOver) {
  GameBuilder builder(graph, least);
  if (takesOver)
    builder.takeOver();
  return builder.build();
}

} // namespace remat::planning::search
