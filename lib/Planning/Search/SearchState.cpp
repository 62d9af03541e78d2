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
    : problem(graph), limit(limit), runs(graph.opCount() + 1), readKeys(graph.valueCount()),
      oldKeys(graph.takeoverCount()) {
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
  for (std::vector<Key> &keys : oldKeys)
    keys.clear();
  for (int32_t op = 0; op < ops; ++op)
    for (int32_t takeover : problem.oldReads(op))
      if (problem.taker(takeover) < op)
        oldKeys[takeover].push_back(baseKey(op));
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

/// A run at `key` needs what the taker's first run overwrites, if that is earlier.
void SearchState::addOldRead(int32_t takeover, Key key) {
  Key taken = baseKey(problem.taker(takeover));
  if (key <= taken)
    return;
  std::vector<Key> &keys = oldKeys[takeover];
  if (keys.empty() || keys.back() < key)
    live.add(keys.empty() ? taken : keys.back() + 1, key, problem.copyBytes(takeover));
  keys.insert(std::lower_bound(keys.begin(), keys.end(), key), key);
}

void SearchState::removeOldRead(int32_t takeover, Key key) {
  Key taken = baseKey(problem.taker(takeover));
  if (key <= taken)
    return;
  std::vector<Key> &keys = oldKeys[takeover];
  keys.erase(std::lower_bound(keys.begin(), keys.end(), key));
  if (keys.empty() || keys.back() < key)
    live.add(keys.empty() ? taken : keys.back() + 1, key, -problem.copyBytes(takeover));
}

/// Bytes that count from the run of `op` at `key` on and not before.
int64_t SearchState::bytesFrom(int32_t op, Key key) const {
  int64_t bytes = 0;
  for (int32_t value = problem.firstResult(op); value < problem.firstResult(op + 1); ++value)
    bytes += problem.bytes(value);
  if (isBase(op, key))
    for (int32_t own = problem.firstTakeover(op); own < problem.firstTakeover(op + 1); ++own)
      bytes += oldKeys[own].empty() ? 0 : problem.copyBytes(own);
  return bytes;
}

void SearchState::insertOnly(int32_t op, Key key) {
  assert(stageOf(key) > op && !runsAt(op, key));
  Key next = live.after(key);
  int32_t follower = opAt(next);
  live.insert(key, live.at(next) - (follower < problem.opCount() ? bytesFrom(follower, next) : 0));
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
  for (int32_t takeover : problem.oldReads(op))
    addOldRead(takeover, key);
  extra += problem.cost(op);
  ++count;
  log.push_back({op, key, true});
}

void SearchState::eraseOnly(int32_t op, Key key) {
  assert(runsAt(op, key) && !isBase(op, key));
  for (int32_t takeover : problem.oldReads(op))
    removeOldRead(takeover, key);
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
