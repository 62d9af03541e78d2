//===- ExhaustiveSearch.h - the optimum of small problems -------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_TEST_UNIT_PLANNING_SEARCH_EXHAUSTIVESEARCH_H
#define REMAT_TEST_UNIT_PLANNING_SEARCH_EXHAUSTIVESEARCH_H

#include "remat/Planning/Recompute/Plan.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <optional>
#include <vector>

namespace remat::planning {

/// Which schedules are searched.
enum class ScheduleClass {
  BaseOrder, ///< first executions in base order: rule R2 of docs/concepts/plan.md
  Staged,    ///< besides, what runs again between two of them does so in base
             ///< order, each op at most once: what search::Recomputations say
  AnyOrder,  ///< first executions in every order in which producers come first
};

/// A schedule and what the search says of it.
struct Found {
  Schedule schedule;
  int64_t cost = 0; ///< of all executions
  int64_t peak = 0; ///< in the problem's scope; `smallestPeak` only
};

/// The best of all schedules, with any number of recomputations anywhere.
/// Shares nothing with the strategies, the bounds, the simulator or the verifier.
///
/// Dijkstra's algorithm over what is in memory and what ran already. A step
/// runs an op whose inputs are in memory, with all of its results counted
/// beside what is there; or drops a value. A value that an op makes again while
/// it is there counts once: its former instance died after its last use. Values
/// are dropped only where they are in some op's way: dropping one later is
/// never worse. What an argument holds whose buffer an op takes over is a value
/// too: there from the start, counted from the first run of that op on, which
/// drops it or not.
///
/// Requires at most 16 ops, and 40 results that are read or outputs. Memory and
/// time: O(2^results * sets of ops that ran), far less at tight budgets.
class ExhaustiveSearch {
public:
  explicit ExhaustiveSearch(const Problem &problem,
                            ScheduleClass schedules = ScheduleClass::BaseOrder)
      : schedules(schedules), fixedBytes(problem.fixedBytes().count) {
    const Graph &graph = problem.graph;
    assert(graph.ops.size() <= maxOps);
    std::vector<Bytes> charge = problem.charges();
    std::vector<int> bitOf(graph.values.size(), -1);
    auto keep = [&](ValueId value) {
      if (graph.values[value].producer == kNoOp)
        return uint64_t(0);
      if (bitOf[value] < 0) {
        bitOf[value] = static_cast<int>(bytes.size());
        bytes.push_back(charge[value].count);
        assert(bytes.size() <= maxValues);
      }
      return uint64_t(1) << bitOf[value];
    };
    for (ValueId value : graph.outputs)
      outputs |= keep(value);
    for (const Op &op : graph.ops) {
      Node &node = nodes.emplace_back();
      for (ValueId value : op.inputs)
        node.inputs |= keep(value);
      node.cost = problem.cost[nodes.size() - 1].count;
      node.recomputable = op.recomputable;
    }
    for (const Op &op : graph.ops)
      for (ValueId value : op.results) {
        Node &node = nodes[&op - graph.ops.data()];
        if (bitOf[value] >= 0)
          node.results |= uint64_t(1) << bitOf[value];
        else
          node.unreadBytes += charge[value].count;
      }
    for (auto [argument, taker] : problem.takeovers()) {
      uint64_t bit = uint64_t(1) << bytes.size();
      bytes.push_back(graph.values[argument].bytes.count);
      assert(bytes.size() <= maxValues);
      nodes[taker].inputs |= bit;
      nodes[taker].takes |= bit;
      for (const Op &op : graph.ops)
        if (std::find(op.inputs.begin(), op.inputs.end(), argument) != op.inputs.end())
          nodes[&op - graph.ops.data()].inputs |= bit;
    }
  }

  /// The cheapest schedule whose peak is at most `budget`, fixed bytes included;
  /// nothing when no schedule fits.
  std::optional<Found> cheapest(Bytes budget) {
    if (budget.count < fixedBytes)
      return std::nullopt;
    goal = Goal::Cost;
    limit = budget.count - fixedBytes;
    return search();
  }

  /// A schedule of the smallest peak, fixed bytes included.
  Found smallestPeak() {
    goal = Goal::Peak;
    return *search(); // without a budget there is at least the base order
  }

private:
  static constexpr size_t maxOps = 16, maxValues = 40, lastBits = 8;
  enum class Goal { Cost, Peak };

  struct Node {
    uint64_t inputs = 0, results = 0; ///< results: those read or returned
    uint64_t takes = 0;               ///< of arguments; they are inputs too
    int64_t unreadBytes = 0, cost = 0;
    bool recomputable = true;
  };

  /// From the lowest bit: which ops ran; one more than the last op that ran
  /// again since a first execution (Staged only); which values are in memory.
  using Key = uint64_t;
  static Key makeKey(uint64_t live, uint64_t last, uint64_t ran) {
    return live << (maxOps + lastBits) | last << maxOps | ran;
  }
  static uint64_t liveOf(Key key) { return key >> (maxOps + lastBits); }
  static uint64_t lastOf(Key key) { return key >> maxOps & ((1u << lastBits) - 1); }
  static uint64_t ranOf(Key key) { return key & ((1u << maxOps) - 1); }

  struct State {
    Key key;
    int64_t distance;  ///< cost of the recomputations so far, or the peak so far
    int64_t liveBytes; ///< of the values in memory
    int32_t from;      ///< the state before; -1 at the start
    int16_t op;        ///< run on the way here; -1: a value was dropped
    bool done;
  };

  /// In the queue: the least distance first, then who ran most ops, then the newest.
  struct Entry {
    int64_t distance;
    int32_t ran, state;
    bool operator<(const Entry &other) const {
      return distance != other.distance ? distance > other.distance
             : ran != other.ran         ? ran < other.ran
                                        : state < other.state;
    }
  };

  std::optional<Found> search() {
    slots.assign(slots.size(), -1);
    states.clear();
    queue.clear();
    uint64_t all = (uint64_t(1) << nodes.size()) - 1;
    reach(makeKey(notTaken(0), 0, 0), 0, 0, -1, -1);
    while (!queue.empty()) {
      std::pop_heap(queue.begin(), queue.end());
      int32_t at = queue.back().state;
      queue.pop_back();
      if (states[at].done)
        continue;
      states[at].done = true;
      if (ranOf(states[at].key) == all && (outputs & ~liveOf(states[at].key)) == 0)
        return pathTo(at);
      expand(at);
    }
    return std::nullopt;
  }

  void expand(int32_t at) {
    const State state = states[at];
    uint64_t live = liveOf(state.key), last = lastOf(state.key), ran = ranOf(state.key);
    int64_t room = goal == Goal::Cost ? limit : state.distance;
    bool blocked = false;
    for (size_t op = 0; op < nodes.size(); ++op) {
      const Node &node = nodes[op];
      bool again = ran >> op & 1;
      bool useful = again ? node.recomputable && (node.results & ~live) != 0 && op >= last
                          : schedules == ScheduleClass::AnyOrder ||
                                op == static_cast<size_t>(std::countr_one(ran));
      if (!useful || (node.inputs & ~live) != 0)
        continue;
      uint64_t takes = again ? 0 : node.takes, copied = takes;
      while (true) { // with each subset of what the op takes
        int64_t after = state.liveBytes + bytesOf(node.results & ~live) + bytesOf(copied);
        int64_t during = after + node.unreadBytes;
        blocked |= during > room;
        if (goal == Goal::Peak || during <= room) {
          int64_t distance = goal == Goal::Peak ? std::max(state.distance, during)
                                                : state.distance + (again ? node.cost : 0);
          uint64_t lastNow = again && schedules == ScheduleClass::Staged ? op + 1 : 0;
          uint64_t liveNow = (live & ~takes) | copied | node.results;
          reach(makeKey(liveNow, lastNow, ran | uint64_t(1) << op), distance, after, at,
                static_cast<int16_t>(op));
        }
        if (copied == 0)
          break;
        copied = (copied - 1) & takes;
      }
    }
    if (!blocked)
      return;
    for (uint64_t left = live & ~notTaken(ran); left != 0; left &= left - 1)
      if (int64_t freed = bytes[std::countr_zero(left)])
        reach(makeKey(live & ~(left & -left), last, ran), state.distance, state.liveBytes - freed,
              at, -1);
  }

  /// What arguments hold that no op has taken over yet.
  uint64_t notTaken(uint64_t ran) const {
    uint64_t values = 0;
    for (size_t op = 0; op < nodes.size(); ++op)
      values |= ran >> op & 1 ? 0 : nodes[op].takes;
    return values;
  }

  int64_t bytesOf(uint64_t values) const {
    int64_t sum = 0;
    for (; values != 0; values &= values - 1)
      sum += bytes[std::countr_zero(values)];
    return sum;
  }

  void reach(Key key, int64_t distance, int64_t liveBytes, int32_t from, int16_t op) {
    int32_t &slot = slots[slotOf(key)];
    if (slot < 0) {
      slot = static_cast<int32_t>(states.size());
      states.push_back({key, distance, liveBytes, from, op, false});
    } else {
      State &state = states[slot];
      if (state.done || state.distance <= distance)
        return;
      state.distance = distance;
      state.from = from;
      state.op = op;
    }
    queue.push_back({distance, std::popcount(ranOf(key)), slot});
    std::push_heap(queue.begin(), queue.end());
    if (states.size() * 2 > slots.size())
      grow();
  }

  /// Where `key` is in `slots`, or would be.
  size_t slotOf(Key key) const {
    size_t mask = slots.size() - 1, slot = key * 0x9E3779B97F4A7C15u >> 20 & mask;
    while (slots[slot] >= 0 && states[slots[slot]].key != key)
      slot = (slot + 1) & mask;
    return slot;
  }

  void grow() {
    slots.assign(slots.size() * 2, -1);
    for (size_t state = 0; state < states.size(); ++state)
      slots[slotOf(states[state].key)] = static_cast<int32_t>(state);
  }

  Found pathTo(int32_t at) const {
    Found found;
    if (goal == Goal::Peak)
      found.peak = fixedBytes + states[at].distance;
    for (int32_t state = at; state >= 0; state = states[state].from)
      if (int16_t op = states[state].op; op >= 0) {
        found.schedule.push_back(op);
        found.cost += nodes[op].cost;
      }
    std::reverse(found.schedule.begin(), found.schedule.end());
    return found;
  }

  const ScheduleClass schedules;
  const int64_t fixedBytes;
  std::vector<Node> nodes;
  std::vector<int64_t> bytes; ///< by bit
  uint64_t outputs = 0;

  Goal goal = Goal::Cost;
  int64_t limit = 0; ///< bytes besides the fixed ones; Goal::Cost only
  std::vector<State> states;
  std::vector<int32_t> slots = std::vector<int32_t>(1024, -1); ///< a hash table of states
  std::vector<Entry> queue;
};

} // namespace remat::planning

#endif // REMAT_TEST_UNIT_PLANNING_SEARCH_EXHAUSTIVESEARCH_H
