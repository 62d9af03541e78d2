//===- Reorder.cpp - another base order that needs less memory ------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/Reorder.h"

#include "LateOrder.h"
#include "ListSchedule.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace remat::planning::search {

namespace {

/// Ops of a unit at most; the update of a weight takes about 20.
constexpr int32_t maxUnitOps = 64;
constexpr int maxRounds = 3;

/// What an order is judged by: the plain peak in parts of the base order's, then
/// the sum over the steps, which makes room for plans, then the peak's bytes.
struct Footprint {
  int64_t share = 0;
  __int128 sum = 0;
  int64_t peak = 0;
  auto operator<=>(const Footprint &) const = default;
};
/// A peak lower by less than this part of the base order's does not make up for
/// more bytes at the other steps.
constexpr int64_t peakParts = 256;

class Reorderer {
public:
  explicit Reorderer(const Problem &problem)
      : problem(problem), graph(problem), ops(graph.opCount()), best(ops) {
    std::iota(best.begin(), best.end(), 0);
    basePeak = measure(best).peak;
    footprint = measure(best);
    findPrecedences();
  }

  /// The base order with ops that run late.
  Order late() const { return runLate(graph, best, precedences); }
  Order run() {
    for (int round = 0; round < maxRounds; ++round) {
      Footprint before = footprint;
      take(runLate(graph, best, precedences));
      for (auto units : {&Reorderer::tailUnits, &Reorderer::singleUnits, &Reorderer::treeUnits})
        for (Direction direction : {Direction::Forwards, Direction::Backwards})
          improve((this->*units)(), direction);
      if (footprint == before)
        break;
    }
    return std::move(best);
  }

private:
  void findPrecedences();
  Footprint measure(const std::vector<int32_t> &order) const;
  void improve(const std::vector<int32_t> &unitOf, Direction direction);
  void take(Order order);
  std::vector<int32_t> singleUnits();
  std::vector<int32_t> treeUnits();
  std::vector<int32_t> tailUnits();
  std::vector<int32_t> numberUnits(std::vector<int32_t> &parent);
  bool isNeededByFew(int32_t op, size_t limit, std::vector<int32_t> &seenFrom) const;

  const Problem &problem;
  const SearchGraph graph;
  const int32_t ops;
  Order best;
  int64_t basePeak = 0; ///< 0 while it is not known
  Footprint footprint;  ///< of `best`
  Precedences precedences;
  int32_t lastForward = -1; ///< last op of the forward; -1 without a forward
  int32_t unitCount = 0;    ///< of the units made last
};

/// Ops that run once stay in order; what is outside the forward and behind its
/// last op stays there; what reads an argument stays before what takes it over.
void Reorderer::findPrecedences() {
  const Graph &all = problem.graph;
  std::vector<OpId> takenBy(all.values.size(), kNoOp);
  for (size_t output = 0; problem.donation && output < all.outputs.size(); ++output)
    if (all.donated[output])
      takenBy[all.arguments[*all.donated[output]]] = all.values[all.outputs[output]].producer;
  for (int32_t op = 0, once = -1; op < ops; ++op) {
    if (all.ops[op].phase == Phase::Forward)
      lastForward = op;
    for (ValueId value : all.ops[op].inputs)
      if (takenBy[value] > op)
        precedences.emplace_back(op, takenBy[value]);
    if (graph.recomputable(op))
      continue;
    if (once >= 0)
      precedences.emplace_back(once, op);
    once = op;
  }
  for (int32_t op = lastForward + 1; lastForward >= 0 && op < ops; ++op)
    precedences.emplace_back(lastForward, op);
}

Footprint Reorderer::measure(const std::vector<int32_t> &order) const {
  std::vector<int32_t> left(graph.valueCount());
  for (int32_t value = 0; value < graph.valueCount(); ++value)
    left[value] = static_cast<int32_t>(graph.readers(value).size());
  std::vector<int32_t> oldLeft(graph.takeoverCount(), 0);
  for (int32_t op = 0; op < ops; ++op)
    for (int32_t takeover : graph.oldReads(op))
      oldLeft[takeover] += graph.taker(takeover) != op;
  std::vector<char> isTaken(graph.takeoverCount(), 0);
  Footprint sum;
  int64_t live = 0;
  for (int32_t op : order) {
    int32_t end = graph.firstResult(op + 1);
    for (int32_t own = graph.firstTakeover(op); own < graph.firstTakeover(op + 1); ++own) {
      isTaken[own] = 1;
      live += oldLeft[own] > 0 ? graph.copyBytes(own) : 0;
    }
    for (int32_t value = graph.firstResult(op); value < end; ++value)
      live += graph.bytes(value);
    sum.peak = std::max(sum.peak, live);
    sum.sum += live;
    for (int32_t value = graph.firstResult(op); value < end; ++value)
      live -= left[value] == 0 ? graph.bytes(value) : 0;
    for (int32_t value : graph.inputs(op))
      live -= --left[value] == 0 ? graph.bytes(value) : 0;
    for (int32_t takeover : graph.oldReads(op))
      if (graph.taker(takeover) != op && --oldLeft[takeover] == 0 && isTaken[takeover])
        live -= graph.copyBytes(takeover);
  }
  if (int64_t base = basePeak; base > 0)
    sum.share = static_cast<int64_t>(ceilDiv(static_cast<__int128>(sum.peak) * peakParts, base));
  return sum;
}

void Reorderer::improve(const std::vector<int32_t> &unitOf, Direction direction) {
  Units units(graph, unitOf, unitCount, best, precedences);
  for (int64_t below : {0, 1}) {
    std::vector<int32_t> order = listSchedule(units, direction, footprint.peak - below);
    if (order.empty()) // the units lead in a circle
      return;
    take(std::move(order));
  }
}

/// Goes on from `order` if that is better.
void Reorderer::take(Order order) {
  if (Footprint reached = measure(order); reached < footprint) {
    footprint = reached;
    best = std::move(order);
  }
}

int32_t rootOf(std::vector<int32_t> &parent, int32_t op) {
  while (parent[op] != op)
    op = parent[op] = parent[parent[op]];
  return op;
}

/// Numbers the sets of a forest by their first op.
std::vector<int32_t> Reorderer::numberUnits(std::vector<int32_t> &parent) {
  std::vector<int32_t> number(ops, -1), unitOf(ops);
  unitCount = 0;
  for (int32_t op = 0; op < ops; ++op) {
    int32_t &unit = number[rootOf(parent, op)];
    if (unit < 0)
      unit = unitCount++;
    unitOf[op] = unit;
  }
  return unitOf;
}

std::vector<int32_t> Reorderer::singleUnits() {
  std::vector<int32_t> parent(ops);
  std::iota(parent.begin(), parent.end(), 0);
  return numberUnits(parent);
}

/// An op all of whose results go to one op runs right before it.
std::vector<int32_t> Reorderer::treeUnits() {
  std::vector<int32_t> parent(ops), size(ops, 1), onlyReader(ops, -1);
  std::iota(parent.begin(), parent.end(), 0);
  auto addReader = [&](int32_t op, int32_t reader) { // `ops`: none or several
    onlyReader[op] = onlyReader[op] < 0 || onlyReader[op] == reader ? reader : ops;
  };
  for (int32_t value = 0; value < graph.valueCount(); ++value)
    for (int32_t reader : graph.readers(value))
      addReader(graph.producer(value), reader);
  for (auto [before, after] : precedences)
    addReader(before, after);
  for (int32_t op = ops; op-- > 0;) {
    if (onlyReader[op] < 0 || onlyReader[op] == ops || !graph.recomputable(op))
      continue;
    int32_t root = rootOf(parent, onlyReader[op]);
    if (size[root] == maxUnitOps)
      continue;
    parent[op] = root;
    ++size[root];
  }
  return numberUnits(parent);
}

/// Whether at most `limit` ops need `op`, itself among them.
bool Reorderer::isNeededByFew(int32_t op, size_t limit, std::vector<int32_t> &seenFrom) const {
  std::vector<int32_t> found{op};
  seenFrom[op] = op;
  for (size_t next = 0; next < found.size(); ++next)
    for (int32_t value = graph.firstResult(found[next]); value < graph.firstResult(found[next] + 1);
         ++value)
      for (int32_t reader : graph.readers(value)) {
        if (reader == ops || seenFrom[reader] == op)
          continue;
        seenFrom[reader] = op;
        found.push_back(reader);
        if (found.size() > limit)
          return false;
      }
  return true;
}

/// Ops that few others need, as far as they hang together: such a set leads to
/// outputs only, so nothing outside waits for it.
std::vector<int32_t> Reorderer::tailUnits() {
  size_t limit = std::clamp(ops / 4, 1, maxUnitOps);
  std::vector<int32_t> parent(ops), seenFrom(ops, -1);
  std::vector<char> isTail(ops, 0), isBound(ops, 0);
  std::iota(parent.begin(), parent.end(), 0);
  for (int32_t op = ops; op-- > 0;) {
    isTail[op] = isNeededByFew(op, limit, seenFrom);
    for (int32_t value = graph.firstResult(op); isTail[op] && value < graph.firstResult(op + 1);
         ++value)
      for (int32_t reader : graph.readers(value))
        if (reader < ops)
          parent[rootOf(parent, op)] = rootOf(parent, reader);
  }
  for (int32_t op = 0; op < ops; ++op)
    if (!graph.recomputable(op) || op == lastForward)
      isBound[rootOf(parent, op)] = 1;
  std::vector<int32_t> unitOf(ops);
  for (int32_t op = 0; op < ops; ++op)
    unitOf[op] = isBound[rootOf(parent, op)] ? op : rootOf(parent, op);
  return numberUnits(unitOf);
}

} // namespace

Order reorder(const Problem &problem) { return Reorderer(problem).run(); }

std::vector<Order> reorderings(const Problem &problem) {
  Reorderer reorderer(problem);
  Order late = reorderer.late();
  std::vector<Order> orders{reorderer.run()};
  if (late != orders.front())
    orders.push_back(std::move(late));
  std::erase_if(orders, [](const Order &order) { return std::ranges::is_sorted(order); });
  return orders;
}

Problem permuted(const Problem &problem, const Order &order) {
  Problem result = problem;
  auto forwardEnd = std::find_if(problem.graph.ops.rbegin(), problem.graph.ops.rend(),
                                 [](const Op &op) { return op.phase == Phase::Forward; });
  OpId lastForward = static_cast<OpId>(problem.graph.ops.rend() - forwardEnd) - 1;
  bool isBehind = false;
  for (size_t position = 0; position < order.size(); ++position) {
    OpId from = order[position];
    Op &op = result.graph.ops[position];
    op = problem.graph.ops[from];
    result.cost[position] = problem.cost[from];
    for (ValueId value : op.results)
      result.graph.values[value].producer = static_cast<OpId>(position);
    if (isBehind && op.phase == Phase::Forward)
      op.phase = Phase::Backward;
    isBehind |= from == lastForward;
  }
  return result;
}

Schedule withoutUnread(const Problem &problem, const Schedule &schedule) {
  const Graph &graph = problem.graph;
  std::vector<char> isWanted(graph.values.size(), 0), runsLater(graph.ops.size(), 0);
  for (ValueId value : graph.outputs)
    isWanted[value] = 1;
  std::vector<char> isDonated(graph.values.size(), 0), stays(graph.ops.size(), 0);
  for (size_t output = 0; problem.donation && output < graph.outputs.size(); ++output)
    if (graph.donated[output])
      isDonated[graph.arguments[*graph.donated[output]]] = 1;
  OpId lastForward = kNoOp;
  for (size_t op = 0; op < graph.ops.size(); ++op) {
    stays[op] =
        std::ranges::any_of(graph.ops[op].inputs, [&](ValueId value) { return isDonated[value]; });
    if (graph.ops[op].phase == Phase::Forward)
      lastForward = static_cast<OpId>(op);
  }
  if (lastForward != kNoOp)
    stays[lastForward] = 1;
  Schedule kept;
  for (auto next = schedule.rbegin(); next != schedule.rend(); ++next) {
    const Op &op = graph.ops[*next];
    bool isRead = std::ranges::any_of(op.results, [&](ValueId value) { return isWanted[value]; });
    if (runsLater[*next] && !isRead && !stays[*next])
      continue;
    runsLater[*next] = 1;
    for (ValueId value : op.results)
      isWanted[value] = 0;
    for (ValueId value : op.inputs)
      isWanted[value] = 1;
    kept.push_back(*next);
  }
  std::ranges::reverse(kept);
  return kept;
}

Order orderOf(const Problem &problem, const Schedule &schedule) {
  std::vector<char> seen(problem.graph.ops.size(), 0);
  Order order;
  for (OpId op : schedule)
    if (!std::exchange(seen[op], 1))
      order.push_back(op);
  return order;
}

} // namespace remat::planning::search
