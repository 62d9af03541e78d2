//===- CutModel.cpp - what to keep at cuts, at a price per byte ----------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/CutModel.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace remat::planning::search {

namespace {

constexpr int32_t kNoReader = std::numeric_limits<int32_t>::max();

/// The first op after `op` in base order that reads `value`.
int32_t nextReader(const SearchGraph &graph, int32_t value, int32_t op) {
  std::span<const int32_t> readers = graph.readers(value);
  auto next = std::upper_bound(readers.begin(), readers.end(), op);
  return next == readers.end() ? kNoReader : *next;
}

bool reads(const SearchGraph &graph, int32_t op, int32_t value) {
  std::span<const int32_t> inputs = graph.inputs(op);
  return std::binary_search(inputs.begin(), inputs.end(), value);
}

} // namespace

CutModel::CutModel(const SearchGraph &graph, std::vector<int32_t> at, Options given)
    : graph(graph), cuts(std::move(at)), options(std::move(given)),
      windowEnds(cuts.size(), std::vector<int32_t>(graph.opCount(), cutCount() - 1)),
      valueNodes(cuts.size(), std::vector<int32_t>(graph.valueCount(), kNone)),
      opNodes(cuts.size(), std::vector<int32_t>(graph.opCount(), kNone)),
      alwaysBytes(cuts.size(), 0), alwaysWeighted(cuts.size(), 0), weightedSums(cuts.size(), 0) {
  assert(!cuts.empty() && std::is_sorted(cuts.begin(), cuts.end()));
  for (int32_t op : cuts) {
    int64_t sum = 0;
    for (int32_t value : graph.inputs(op))
      sum += graph.bytes(value);
    for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value)
      sum += graph.bytes(value);
    workingSets.push_back(sum);
  }
  if (!options.known.empty())
    knownOf.resize(graph.opCount());
  for (const KnownRun &run : options.known)
    knownOf[run.op].push_back(run);
  if (options.windows)
    findWindows();
  for (int32_t k = cutCount() - 1; k >= 0; --k)
    addCut(k);
  for (const Node &node : nodes) {
    costSum += node.cost;
    weightedSums[node.k] += node.weighted < 0 ? -node.weighted : node.weighted;
  }
  for (int32_t k = 0; k < cutCount(); ++k)
    weightedSums[k] += alwaysWeighted[k];
  flow = std::make_unique<MaxFlow>(nodeCount(), implications);
  decided.assign(nodes.size(), Decided::No);
  if (!forced.empty())
    decide({});
}

/// Whether `value` is read after the base execution of `after` and not after that
/// of `until`, in any schedule with what is known.
bool CutModel::isReadWithin(int32_t value, int32_t after, int32_t until) const {
  if (nextReader(graph, value, after) <= until)
    return true;
  if (!knownOf.empty())
    for (int32_t reader : graph.readers(value))
      if (reader < graph.opCount())
        for (const KnownRun &run : knownOf[reader])
          if (run.runs && run.after >= after && run.until <= until)
            return true;
  return false;
}

/// A window of `op` may always end at interval k. It pays when each result that
/// was made is either read in that interval, so that it is available on both
/// sides of cut k + 1 anyhow, or read by nothing later than recomputations whose
/// windows end there too. (What is known to run may have begun before.)
bool CutModel::mayEndWindow(int32_t op, int32_t k) const {
  for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value) {
    if (nextReader(graph, value, cuts[k]) <= cuts[k + 1])
      continue;
    bool knownRead = false;
    if (!knownOf.empty())
      for (int32_t reader : graph.readers(value))
        if (reader < graph.opCount())
          for (const KnownRun &run : knownOf[reader])
            knownRead |= run.runs && run.until > cuts[k] && run.until <= cuts[k + 1];
    if (knownRead)
      continue;
    if (nextReader(graph, value, cuts[k]) != kNoReader)
      return false;
    for (int32_t consumer : graph.readers(value))
      if (graph.recomputable(consumer) && !windowEndsAt(consumer, k))
        return false;
  }
  return true;
}

void CutModel::findWindows() {
  for (int32_t op = graph.opCount() - 1; op >= 0; --op)
    for (int32_t k = cutCount() - 2; k >= 0 && cuts[k] >= op; --k)
      windowEnds[k][op] = mayEndWindow(op, k) ? k : windowEnds[k + 1][op];
}

bool CutModel::isAlwaysAvailable(int32_t value, int32_t k) const {
  return isReadWithin(value, cuts[k], endOfInterval(windowEnds[k][graph.producer(value)]));
}

KnownRun CutModel::windowOf(int32_t op, int32_t k) const {
  return {op, cuts[k], endOfInterval(windowEnds[k][op]), true};
}

std::optional<bool> CutModel::knownToRun(int32_t op, int32_t k) const {
  if (knownOf.empty())
    return std::nullopt;
  KnownRun window = windowOf(op, k);
  for (const KnownRun &run : knownOf[op]) {
    if (run.runs && window.after <= run.after && run.until <= window.until)
      return true;
    if (!run.runs && run.after <= window.after && window.until <= run.until)
      return false;
  }
  return std::nullopt;
}

int64_t CutModel::chargeOf(int32_t value, int32_t k) const {
  bool isFree =
      options.freeWorkingSet && (graph.producer(value) == cuts[k] || reads(graph, cuts[k], value));
  return isFree ? 0 : graph.bytes(value);
}

int32_t CutModel::addNode(const Node &node) {
  nodes.push_back(node);
  return nodeCount() - 1;
}

/// The node of `value` at cut k, made if need be; kAlways without a node.
int32_t CutModel::needValue(int32_t value, int32_t k) {
  int32_t &node = valueNodes[k][value];
  if (node == kNone && isAlwaysAvailable(value, k))
    node = kAlways;
  if (node == kNone) {
    int64_t bytes = chargeOf(value, k);
    node = addNode({k, value, false, 0, bytes, bytes * weightOf(value)});
  }
  return node;
}

/// Ops in descending order: those that read a value come before the one that
/// makes it; cuts in descending order: the later cut of a window comes first.
void CutModel::addCut(int32_t k) {
  for (int32_t op = cuts[k]; op >= 0; --op) {
    addValues(op, k);
    if (graph.recomputable(op))
      addOp(op, k);
  }
}

void CutModel::addValues(int32_t op, int32_t k) {
  for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value) {
    if (isAlwaysAvailable(value, k)) {
      int64_t bytes = chargeOf(value, k);
      valueNodes[k][value] = kAlways;
      alwaysBytes[k] += bytes;
      alwaysWeighted[k] += bytes * weightOf(value);
    } else if (!windowEndsAt(op, k) && valueNodes[k + 1][value] >= 0) {
      imply(valueNodes[k + 1][value], needValue(value, k));
    }
  }
}

void CutModel::addOp(int32_t op, int32_t k) {
  int32_t later = windowEndsAt(op, k) ? kNone : opNodes[k + 1][op];
  Node node{k, op, true, 0, 0, 0};
  for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value)
    if (valueNodes[k][value] != kNone) {
      int64_t bytes = chargeOf(value, k);
      node.bytes -= bytes;
      node.weighted -= bytes * weightOf(value);
    }
  std::optional<bool> runs = knownToRun(op, k);
  // Without a node it does not run: known, or because it saves nothing.
  if (runs ? !*runs : node.bytes == 0 && later == kNone)
    return;
  bool firstOfWindow = k == 0 || cuts[k - 1] < op || windowEndsAt(op, k - 1);
  if (firstOfWindow)
    node.cost = graph.cost(op);
  int32_t self = opNodes[k][op] = addNode(node);
  if (runs)
    forced.push_back({self, true});
  if (later != kNone)
    imply(later, self);
  for (int32_t value = graph.firstResult(op); value < graph.firstResult(op + 1); ++value)
    if (valueNodes[k][value] >= 0)
      imply(self, valueNodes[k][value]);
  for (int32_t value : graph.inputs(op))
    if (windowEnds[k][graph.producer(value)] >= windowEnds[k][op])
      if (int32_t input = needValue(value, k); input >= 0)
        imply(self, input);
}

bool CutModel::fits(const CutPrices &prices) const {
  constexpr __int128 limit = kUnboundedFlow / 2;
  __int128 sum = static_cast<__int128>(prices.cost) * costSum;
  for (int32_t k = 0; k < cutCount(); ++k) {
    // Either factor is below 2^63, so no product leaves 128 bits.
    if (weightedSums[k] >= limit)
      return prices.bytes[k] == 0;
    sum += weightedSums[k] * prices.bytes[k];
    if (sum >= limit)
      return false;
  }
  return sum < limit;
}

CutPrices CutModel::priceOf(int64_t numerator, int64_t denominator) const {
  assert(cutCount() == 1);
  constexpr int maxShift = 60;
  for (int shift = maxShift; shift >= 0; --shift) {
    __int128 scaled = (static_cast<__int128>(numerator) << shift) / denominator;
    if (scaled >= kUnboundedFlow)
      continue;
    CutPrices prices{int64_t(1) << shift, {static_cast<int64_t>(scaled)}};
    if (fits(prices))
      return prices;
  }
  __int128 left = kUnboundedFlow / 2 - 1 - costSum;
  return {1, {static_cast<int64_t>(left / std::max<__int128>(weightedSums[0], 1))}};
}

CutSolution CutModel::solve(const CutPrices &prices) {
  assert(fits(prices) && "the sums would leave 64 bits");
  auto weightOfNode = [&](const Node &node) {
    return prices.cost * node.cost + prices.bytes[node.k] * node.weighted;
  };
  for (int32_t node = 0; node < nodeCount(); ++node)
    flow->setTerminal(node, decided[node] == Decided::NotSelected ? -kUnboundedFlow / 2
                                                                  : -weightOfNode(nodes[node]));
  flow->solve();
  CutSolution solution;
  solution.selected = flow->minimalSourceSide();
  solution.bytes = alwaysBytes;
  for (int32_t k = 0; k < cutCount(); ++k)
    solution.value += static_cast<__int128>(prices.bytes[k]) * alwaysWeighted[k];
  for (int32_t node = 0; node < nodeCount(); ++node) {
    if (decided[node] == Decided::Selected)
      solution.selected[node] = 1;
    if (!solution.selected[node])
      continue;
    solution.value += weightOfNode(nodes[node]);
    solution.cost += nodes[node].cost;
    solution.bytes[nodes[node].k] += nodes[node].bytes;
  }
  return solution;
}

bool CutModel::decide(std::span<const CutDecision> decisions) {
  std::vector<int32_t> from;
  for (const CutDecision &decision : forced)
    from.push_back(decision.node);
  for (const CutDecision &decision : decisions)
    if (decision.selected)
      from.push_back(decision.node);
  std::vector<char> selected = flow->reachable(from);
  for (const CutDecision &decision : decisions)
    if (!decision.selected && selected[decision.node])
      return false;
  for (int32_t node = 0; node < nodeCount(); ++node) {
    decided[node] = selected[node] ? Decided::Selected : Decided::No;
    flow->setRemoved(node, selected[node]);
  }
  for (const CutDecision &decision : decisions)
    if (!decision.selected)
      decided[decision.node] = Decided::NotSelected;
  return true;
}

std::optional<KnownRun> CutModel::undercounted(const CutSolution &solution,
                                               const CutPrices &prices) const {
  std::optional<KnownRun> best;
  std::pair<__int128, int64_t> most{0, 0};
  auto runs = [&](int32_t op, int32_t k) {
    return opNodes[k][op] >= 0 && solution.selected[opNodes[k][op]];
  };
  for (int32_t node = 0; node < nodeCount(); ++node) {
    auto [k, op, isOp, cost, bytes, weighted] = nodes[node];
    if (!isOp || !solution.selected[node] || knownToRun(op, k))
      continue;
    int32_t next = windowEnds[k][op] + 1;
    if (next == cutCount())
      continue;
    int64_t sum = 0;
    for (int32_t value : graph.inputs(op))
      if (int32_t input = graph.producer(value);
          windowEnds[k][input] >= next && runs(input, k) && runs(input, next))
        sum += graph.cost(input);
    if (sum == 0)
      continue;
    // What the bound gains at most if it runs there, and if it does not and its
    // results are stored instead.
    __int128 stored = -static_cast<__int128>(prices.bytes[k]) * weighted;
    __int128 gain =
        std::min<__int128>(static_cast<__int128>(prices.cost) * sum,
                           stored - static_cast<__int128>(prices.cost) * graph.cost(op));
    std::pair<__int128, int64_t> score{std::max<__int128>(gain, 0), sum};
    if (score > most) {
      most = score;
      best = windowOf(op, k);
    }
  }
  return best;
}

std::optional<KnownRun> CutModel::disputed(const CutSolution &a, const CutSolution &b) const {
  int32_t best = kNone;
  for (int32_t node = 0; node < nodeCount(); ++node)
    if (nodes[node].isOp && a.selected[node] != b.selected[node] &&
        !knownToRun(nodes[node].item, nodes[node].k) &&
        (best == kNone || nodes[node].bytes < nodes[best].bytes))
      best = node;
  if (best == kNone)
    return std::nullopt;
  return windowOf(nodes[best].item, nodes[best].k);
}

std::optional<KnownRun> CutModel::dearest(const CutSolution &solution) const {
  int32_t best = kNone;
  for (int32_t node = 0; node < nodeCount(); ++node)
    if (nodes[node].isOp && solution.selected[node] &&
        !knownToRun(nodes[node].item, nodes[node].k) &&
        (best == kNone || graph.cost(nodes[node].item) > graph.cost(nodes[best].item)))
      best = node;
  if (best == kNone)
    return std::nullopt;
  return windowOf(nodes[best].item, nodes[best].k);
}

std::vector<int32_t> CutModel::stored(const CutSolution &solution, int32_t k) const {
  std::vector<int32_t> result;
  for (int32_t value = 0; value < graph.firstResult(cuts[k] + 1); ++value) {
    int32_t node = valueNodes[k][value], op = opNodes[k][graph.producer(value)];
    bool available = node == kAlways || (node >= 0 && solution.selected[node]);
    if (available && !(op >= 0 && solution.selected[op]))
      result.push_back(value);
  }
  return result;
}

std::vector<int32_t> CutModel::again(const CutSolution &solution, int32_t k) const {
  std::vector<int32_t> result;
  for (int32_t op = 0; op <= cuts[k]; ++op)
    if (int32_t node = opNodes[k][op]; node >= 0 && solution.selected[node])
      result.push_back(op);
  return result;
}

} // namespace remat::planning::search
