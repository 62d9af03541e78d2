//===- SearchState.h - a schedule under change ------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_SEARCHSTATE_H
#define REMAT_PLANNING_SEARCH_SEARCHSTATE_H

#include "remat/Planning/Search/LiveProfile.h"
#include "remat/Planning/Search/SearchGraph.h"

#include <algorithm>

namespace remat::planning::search {

/// The base order and a set of recomputations, with the exact live bytes at
/// every execution. A read binds to the latest earlier run of the producer;
/// a run's value lives until its last read before the next run. An argument that is
/// needed after it was taken over is copied (`SearchGraph::oldReads`).
///
/// Every change is logged, so that a trial can be undone.
class SearchState {
public:
  SearchState(const SearchGraph &graph, int64_t limit);

  /// Starts again from the base order and these recomputations.
  void reset(const Recomputations &recomputations);

  const SearchGraph &graph() const { return problem; }
  LiveProfile &profile() { return live; }
  const LiveProfile &profile() const { return live; }
  int64_t extraCost() const { return extra; }
  bool fits() { return live.maximum() <= live.limit(); }
  Recomputations recomputations() const;
  int64_t recomputationCount() const { return count; }

  static int32_t stageOf(Key key) { return static_cast<int32_t>(key >> 32); }
  Key baseKey(int32_t op) const { return keyOf(op, problem.opCount()); }
  /// Of a recomputation of `op` in `stage`.
  static Key keyOf(int32_t stage, int32_t op) {
    return static_cast<Key>(stage) << 32 | static_cast<Key>(op);
  }
  /// The op that runs at `key`.
  int32_t opAt(Key key) const {
    auto op = static_cast<int32_t>(key & 0xffffffff);
    return op == problem.opCount() ? stageOf(key) : op;
  }

  bool runsAt(int32_t op, Key key) const;
  bool isBase(int32_t op, Key key) const { return key == baseKey(op); }
  /// The last run of `op` before `key`; requires `key > baseKey(op)`.
  Key runBefore(int32_t op, Key key) const;
  /// The first run of `op` behind `key`, or kNever.
  Key runAfter(int32_t op, Key key) const;
  static constexpr Key kNever = ~Key(0);
  /// The last read of `value` in (from, to), or `from`.
  Key lastRead(int32_t value, Key from, Key to) const;
  /// The first read of `value` at or behind `key`, or kNever.
  Key readFrom(int32_t value, Key key) const;
  /// A read of `value` at `key` would lengthen nothing.
  bool isLive(int32_t value, Key key) const;
  const std::vector<Key> &reads(int32_t value) const { return readKeys[value]; }
  /// Nothing reads what the run of `op` at `key` makes.
  bool isUseless(int32_t op, Key key) const;

  /// Adds a run; requires that it is not there, in a stage behind `op`.
  void insert(int32_t op, Key key);
  /// Takes a recomputation away, and those that nothing reads any more.
  void erase(int32_t op, Key key);
  /// Takes the recomputation away if nothing reads it.
  void eraseIfUseless(int32_t op, Key key);
  /// The two without cleaning up.
  void insertOnly(int32_t op, Key key);
  void eraseOnly(int32_t op, Key key);

  struct Change {
    int32_t op;
    Key key;
    bool inserted;
  };
  size_t mark() const { return log.size(); }
  /// Undoes every change since `mark`.
  void undo(size_t mark);
  /// Forgets how to undo.
  void commit() { log.clear(); }
  const std::vector<Change> &changes() const { return log; }

private:
  void addRead(int32_t value, Key key);
  void removeRead(int32_t value, Key key);
  void addOldRead(int32_t takeover, Key key);
  void removeOldRead(int32_t takeover, Key key);
  int64_t bytesFrom(int32_t op, Key key) const;

  const SearchGraph &problem;
  int64_t limit;
  LiveProfile live;
  std::vector<std::vector<Key>> runs;     ///< by op, END included: ascending
  std::vector<std::vector<Key>> readKeys; ///< by value: ascending
  std::vector<std::vector<Key>> oldKeys;  ///< by takeover: runs behind it that need a copy
  int64_t extra = 0, count = 0;
  std::vector<Change> log;
};

// Called at every step of every search. Nearly all ops run once and most values are
// read once or twice, so these look from the end on.

inline bool SearchState::runsAt(int32_t op, Key key) const {
  const std::vector<Key> &keys = runs[op];
  return keys.size() == 1 ? keys.front() == key : std::binary_search(keys.begin(), keys.end(), key);
}

inline Key SearchState::runBefore(int32_t op, Key key) const {
  const std::vector<Key> &keys = runs[op];
  return keys.size() == 1 ? keys.front() : *(std::lower_bound(keys.begin(), keys.end(), key) - 1);
}

inline Key SearchState::runAfter(int32_t op, Key key) const {
  const std::vector<Key> &keys = runs[op];
  if (keys.back() <= key)
    return kNever;
  return keys.size() == 1 ? keys.front() : *std::upper_bound(keys.begin(), keys.end(), key);
}

inline Key SearchState::lastRead(int32_t value, Key from, Key to) const {
  const std::vector<Key> &keys = readKeys[value];
  if (keys.empty() || keys.front() >= to)
    return from;
  if (keys.back() < to)
    return std::max(keys.back(), from);
  return std::max(*(std::lower_bound(keys.begin(), keys.end(), to) - 1), from);
}

inline Key SearchState::readFrom(int32_t value, Key key) const {
  const std::vector<Key> &keys = readKeys[value];
  if (keys.empty() || keys.back() < key)
    return kNever;
  return keys.front() >= key ? keys.front() : *std::lower_bound(keys.begin(), keys.end(), key);
}

inline bool SearchState::isLive(int32_t value, Key key) const {
  int32_t op = problem.producer(value);
  return lastRead(value, runBefore(op, key), runAfter(op, key - 1)) >= key;
}

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_SEARCHSTATE_H
