//===- LowerSets.cpp - lower sets of a graph and their sums ---------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/LowerSets.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <numeric>

namespace remat::planning {

namespace {

void insert(NodeSet &set, int32_t node) { set[node >> 6] |= uint64_t(1) << (node & 63); }

void unite(NodeSet &set, std::span<const uint64_t> other) {
  for (size_t i = 0; i < set.size(); ++i)
    set[i] |= other[i];
}

/// Calls `visit(node)` for each member, ascending.
template <typename Visit>
void forEach(std::span<const uint64_t> set, Visit visit) {
  for (size_t i = 0; i < set.size(); ++i)
    for (uint64_t word = set[i]; word; word &= word - 1)
      visit(static_cast<int32_t>(i * 64 + std::countr_zero(word)));
}

/// Returns the smallest node in neither set, or `n`.
int32_t firstUndecided(std::span<const uint64_t> in, std::span<const uint64_t> out, int32_t n) {
  for (size_t i = 0; i < in.size(); ++i)
    if (uint64_t open = ~(in[i] | out[i]))
      return std::min(n, static_cast<int32_t>(i * 64 + std::countr_zero(open)));
  return n;
}

/// Returns, for each node, the node with everything reachable over `next`, whose
/// edges lead to smaller nodes if `ascending`, else to larger ones.
std::vector<NodeSet> closures(const std::vector<std::vector<int32_t>> &next, bool ascending) {
  auto n = static_cast<int32_t>(next.size());
  std::vector<NodeSet> closure(n, NodeSet((n + 63) / 64));
  for (int32_t i = 0; i < n; ++i) {
    int32_t v = ascending ? i : n - 1 - i;
    insert(closure[v], v);
    for (int32_t u : next[v])
      unite(closure[v], closure[u]);
  }
  return closure;
}

} // namespace

LowerSetFamily::LowerSetFamily(const LowerSetGraph &graph)
    : input(&graph), words((graph.size() + 63) / 64) {
  assert(graph.size() > 0 && "a lower-set graph has a node");
}

void LowerSetFamily::append(std::span<const uint64_t> set) {
  bits.insert(bits.end(), set.begin(), set.end());
  cost.push_back(0);
}

std::optional<LowerSetFamily> LowerSetFamily::all(const LowerSetGraph &graph, int64_t limit) {
  LowerSetFamily family(graph);
  int32_t n = graph.size();
  std::vector<NodeSet> descendants = closures(graph.successors, /*ascending=*/false);
  // Decide the nodes in topological order. A node without its predecessors is
  // out by then, so both choices are open and each leads to at least one set.
  struct Choice {
    NodeSet in, out;
  };
  std::vector<Choice> open{{NodeSet(family.words), NodeSet(family.words)}};
  while (!open.empty()) {
    Choice choice = std::move(open.back());
    open.pop_back();
    int32_t node = firstUndecided(choice.in, choice.out, n);
    if (node == n) {
      if (family.size() == limit)
        return std::nullopt;
      family.append(choice.in);
      continue;
    }
    Choice without = choice;
    unite(without.out, descendants[node]);
    insert(choice.in, node);
    open.push_back(std::move(without));
    open.push_back(std::move(choice));
  }
  family.sortAndSum();
  return family;
}

LowerSetFamily LowerSetFamily::pruned(const LowerSetGraph &graph, bool withPrefixes) {
  LowerSetFamily family(graph);
  NodeSet prefix(family.words);
  family.append(prefix);
  for (int32_t v = 0; v < graph.size(); ++v) {
    insert(prefix, v);
    if (withPrefixes || v + 1 == graph.size())
      family.append(prefix);
  }
  for (const NodeSet &set : closures(graph.predecessors, /*ascending=*/true))
    family.append(set);
  family.sortAndSum();
  return family;
}

std::vector<int32_t> LowerSetFamily::members(int32_t index) const {
  std::vector<int32_t> result;
  forEach(set(index), [&](int32_t v) { result.push_back(v); });
  return result;
}

bool LowerSetFamily::precedes(int32_t a, int32_t b) const {
  if (cardinality[a] != cardinality[b])
    return cardinality[a] < cardinality[b];
  for (size_t i = words; i-- > 0;)
    if (set(a)[i] != set(b)[i])
      return set(a)[i] < set(b)[i];
  return false;
}

void LowerSetFamily::sortAndSum() {
  int32_t count = size();
  const LowerSetGraph &g = graph();
  work.resize(count);
  cardinality.resize(count);
  for (int32_t i = 0; i < count; ++i)
    forEach(set(i), [&](int32_t v) {
      work[i] += g.work[v];
      ++cardinality[i];
    });

  std::vector<int32_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    if (work[a] != work[b])
      return work[a] < work[b];
    return precedes(a, b);
  });
  auto same = [&](int32_t a, int32_t b) { return std::ranges::equal(set(a), set(b)); };
  order.erase(std::unique(order.begin(), order.end(), same), order.end());
  select(order);
  sumUp();
}

/// Makes set i what set order[i] was.
void LowerSetFamily::select(const std::vector<int32_t> &order) {
  auto pick = [&](auto &numbers) {
    if (numbers.empty())
      return;
    auto old = std::move(numbers);
    numbers.clear();
    for (int32_t i : order)
      numbers.push_back(old[i]);
  };
  auto pickRows = [&](std::vector<uint64_t> &rows) {
    std::vector<uint64_t> old = std::move(rows);
    rows.clear();
    for (int32_t i : order)
      if (!old.empty())
        rows.insert(rows.end(), old.begin() + i * words, old.begin() + (i + 1) * words);
  };
  pick(cost);
  pick(work);
  pick(outside);
  pick(cardinality);
  pickRows(bits);
  pickRows(boundaryBits);
}

void LowerSetFamily::thin(int32_t limit) {
  int32_t count = size();
  if (count <= limit)
    return;
  std::vector<int64_t> edgeBytes(count, 0);
  for (int32_t i = 0; i < count; ++i)
    forEach(boundary(i), [&](int32_t v) { edgeBytes[i] += graph().cached[v]; });
  std::vector<int32_t> kept{0};
  int64_t ranges = limit / 2 - 1, width = work[count - 1] / ranges + 1;
  for (int32_t begin = 1, end = 1; begin < count - 1; begin = end) {
    int32_t slim = begin, calm = begin;
    for (; end < count - 1 && work[end] / width == work[begin] / width; ++end) {
      if (edgeBytes[end] < edgeBytes[slim])
        slim = end;
      if (outside[end] < outside[calm])
        calm = end;
    }
    kept.push_back(std::min(slim, calm));
    if (slim != calm)
      kept.push_back(std::max(slim, calm));
  }
  kept.push_back(count - 1);
  select(kept);
}

void LowerSetFamily::sumUp() {
  int32_t count = size();
  const LowerSetGraph &g = graph();
  boundaryBits.assign(bits.size(), 0);
  outside.assign(count, 0);
  for (int32_t i = 0; i < count; ++i) {
    std::span<const uint64_t> members = set(i);
    NodeSet edge(words), waiting(words), inputs(words);
    forEach(members, [&](int32_t v) {
      cost[i] += g.cost[v];
      for (int32_t w : g.successors[v])
        if (!contains(members, w)) {
          insert(edge, v);
          insert(waiting, w);
        }
    });
    forEach(waiting, [&](int32_t w) {
      outside[i] += g.cached[w];
      for (int32_t u : g.predecessors[w])
        if (!contains(members, u))
          insert(inputs, u);
    });
    forEach(inputs, [&](int32_t u) { outside[i] += g.cached[u]; });
    std::copy(edge.begin(), edge.end(), boundaryBits.begin() + i * words);
  }
}

} // namespace remat::planning
