//===- SearchState.cpp - a schedule under change --------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/SearchState.h"

#include <algorithm>
#include <cassert>

namespace remat::planning::search {

SearchState::SearchState(const SearchGraph &graph, int64_t limit)
    : problem(graph), limit(limit), runs(graph.opCount() + 1), readKeys(graph.valueCount()) {
  reset({});
}

void SearchState::reset(const Recomputations &recomputations) {
  int32_t ops = problem.opCount();
  for (int32_t op = 0; op <= ops; ++op)
    runs[op].assign(1, baseKey(op));
  for (int32_t value = 0; value < problem.valueCount(); ++value) {
    readKeys[value].clear();
    for (int32_t reader : problem.readers(value))
      readKeys[value].push_back(baseKey(reader));
  }
  extra = count = 0;
  std::vector<Key> keys(ops + 1);
  for (int32_t op = 0; op <= ops; ++op)
    keys[op] = baseKey(op);
  live.build(keys, liveBytes(problem, {}), limit);
  for (Recomputation one : recomputations)
    insertOnly(one.op, keyOf(one.stage, one.op));
  log.clear();
}

Recomputations SearchState::recomputations() const {
  Recomputations all;
  all.reserve(count);
  for (int32_t op = 0; op < problem.opCount(); ++op)
    for (size_t run = 1; run < runs[op].size(); ++run)
      all.push_back({stageOf(runs[op][run]), op});
  std::sort(all.begin(), all.end());
  return all;
}

bool SearchState::isUseless(int32_t op, Key key) const {
  Key next = runAfter(op, key);
  for (int32_t value = problem.firstResult(op); value < problem.firstResult(op + 1); ++value)
    if (lastRead(value, key, next) > key)
      return false;
  return true;
}

void SearchState::addRead(int32_t value, Key key) {
  std::vector<Key> &keys = readKeys[value];
  int32_t op = problem.producer(value);
  Key last = lastRead(value, runBefore(op, key), runAfter(op, key - 1));
  if (last < key)
    live.add(last + 1, key, problem.bytes(value));
  keys.insert(std::lower_bound(keys.begin(), keys.end(), key), key);
}

void SearchState::removeRead(int32_t value, Key key) {
  std::vector<Key> &keys = readKeys[value];
  keys.erase(std::lower_bound(keys.begin(), keys.end(), key));
  int32_t op = problem.producer(value);
  Key last = lastRead(value, runBefore(op, key), runAfter(op, key - 1));
  if (last < key)
    live.add(last + 1, key, -problem.bytes(value));
}

void SearchState::insertOnly(int32_t op, Key key) {
  assert(stageOf(key) > op && !runsAt(op, key));
  Key next = live.after(key);
  int64_t across = live.at(next);
  int32_t follower = opAt(next);
  if (follower < problem.opCount())
    for (int32_t value = problem.firstResult(follower); value < problem.firstResult(follower + 1);
         ++value)
      across -= problem.bytes(value);
  live.insert(key, across);
  Key before = runBefore(op, key), behind = runAfter(op, key);
  for (int32_t value = problem.firstResult(op); value < problem.firstResult(op + 1); ++value) {
    Key oldLast = lastRead(value, before, behind);
    Key newLast = lastRead(value, before, key);
    if (oldLast > newLast)
      live.add(newLast + 1, oldLast, -problem.bytes(value));
    live.add(key, lastRead(value, key, behind), problem.bytes(value));
  }
  runs[op].insert(std::upper_bound(runs[op].begin(), runs[op].end(), key), key);
  for (int32_t value : problem.inputs(op))
    addRead(value, key);
  extra += problem.cost(op);
  ++count;
  log.push_back({op, key, true});
}

void SearchState::eraseOnly(int32_t op, Key key) {
  assert(runsAt(op, key) && !isBase(op, key));
  for (int32_t value : problem.inputs(op))
    removeRead(value, key);
  Key before = runBefore(op, key), behind = runAfter(op, key);
  for (int32_t value = problem.firstResult(op); value < problem.firstResult(op + 1); ++value) {
    live.add(key, lastRead(value, key, behind), -problem.bytes(value));
    Key oldLast = lastRead(value, before, key);
    Key newLast = lastRead(value, before, behind);
    if (newLast > oldLast)
      live.add(oldLast + 1, newLast, problem.bytes(value));
  }
  runs[op].erase(std::lower_bound(runs[op].begin(), runs[op].end(), key));
  live.erase(key);
  extra -= problem.cost(op);
  --count;
  log.push_back({op, key, false});
}

void SearchState::eraseIfUseless(int32_t op, Key key) {
  if (!isBase(op, key) && isUseless(op, key))
    erase(op, key);
}

void SearchState::erase(int32_t op, Key key) {
  eraseOnly(op, key);
  for (int32_t value : problem.inputs(op)) {
    int32_t producer = problem.producer(value);
    // Of two values of one op, the first may have taken the run along already.
    eraseIfUseless(producer, runBefore(producer, key));
  }
}

void SearchState::insert(int32_t op, Key key) {
  Key before = runBefore(op, key);
  insertOnly(op, key);
  eraseIfUseless(op, before);
}

void SearchState::undo(size_t mark) {
  while (log.size() > mark) {
    Change last = log.back();
    if (last.inserted)
      eraseOnly(last.op, last.key);
    else
      insertOnly(last.op, last.key);
    log.resize(log.size() - 2);
  }
}

} // namespace remat::planning::search
