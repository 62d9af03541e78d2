//===- ExactSearch.cpp - is there a packing of this height? ---------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExactSearch.h"

#include <algorithm>
#include <limits>

namespace remat::planning::arena {

namespace {

bool meets(const Item &a, const Item &b) {
  for (size_t i = 0, j = 0; i < a.spans.size() && j < b.spans.size();) {
    if (a.spans[i].begin < b.spans[j].end && b.spans[j].begin < a.spans[i].end)
      return true;
    if (a.spans[i].end < b.spans[j].end)
      ++i;
    else
      ++j;
  }
  return false;
}

bool isSame(const Item &a, const Item &b) {
  return a.size == b.size && a.alignment == b.alignment &&
         std::equal(a.spans.begin(), a.spans.end(), b.spans.begin(), b.spans.end(),
                    [](Span x, Span y) { return x.begin == y.begin && x.end == y.end; });
}

/// States remembered at once: some 50 MB.
constexpr size_t mostFailed = size_t(1) << 20;
/// A node among more items counts for more.
constexpr size_t itemsOfANode = 256;

/// 64 bits that depend on every bit of both words.
uint64_t mix(uint64_t a, uint64_t b) {
  uint64_t z = a * 0x9e3779b97f4a7c15 + (b ^ (b >> 31)) * 0xd6e8feb86659fd93;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

} // namespace

ExactSearch::ExactSearch(const Group &group) : group(group) {
  int count = static_cast<int>(group.items.size());
  neighbours.resize(group.items.size());
  twin.assign(group.items.size(), -1);
  const auto &items = group.items;
  for (int a = 0; a < count; ++a) // items are sorted by begin
    for (int b = a + 1; b < count && items[b].begin() < items[a].end(); ++b) {
      if (!meets(items[a], items[b]))
        continue;
      neighbours[a].push_back(b);
      neighbours[b].push_back(a);
      if (twin[b] < 0 && isSame(items[a], items[b]))
        twin[b] = a;
    }
  // Of several alike, each follows the one before it.
  std::vector<int> latest(group.items.size());
  for (int b = 0; b < count; ++b) {
    latest[b] = b;
    if (twin[b] >= 0) {
      int first = twin[b];
      twin[b] = latest[first];
      latest[first] = b;
    }
  }
}

bool ExactSearch::isBefore(int a, int b) const {
  return lowest[a] != lowest[b] ? lowest[a] < lowest[b] : rank[a] < rank[b];
}

SearchOutcome ExactSearch::run(int64_t limit, const std::vector<int> &order, int64_t &nodes) {
  size_t count = group.items.size();
  if (limit != height)
    failed.clear();
  height = limit;
  rank.resize(count);
  for (size_t i = 0; i < count; ++i)
    rank[order[i]] = static_cast<int>(i);
  lowest.assign(count, 0);
  placed.assign(count, false);
  moved.assign(count, false);
  stacked.assign(group.sections, 0);
  crossing.assign(group.sections + 1, 0);
  result.offsets.assign(count, 0);
  SearchOutcome outcome = searchParts(order, 0, -1, nodes);
  result.height = 0;
  for (size_t i = 0; i < count; ++i)
    result.height = std::max(result.height, result.offsets[i] + group.items[i].size);
  return outcome;
}

/// Whether some section's items end above the height however they are stacked, none
/// below `level` or its least offset.
bool ExactSearch::cannotFit(const Queue &queue, int64_t level) {
  for (int item : queue)
    for (Span span : group.items[item].spans)
      std::fill(stacked.begin() + span.begin, stacked.begin() + span.end, level);
  for (int i : queue) {
    const Item &item = group.items[i];
    for (Span span : item.spans)
      for (int section = span.begin; section < span.end; ++section) {
        stacked[section] = std::max(stacked[section], lowest[i]) + item.size;
        if (stacked[section] > height)
          return true;
      }
  }
  return false;
}

SearchOutcome ExactSearch::searchParts(const Queue &queue, int64_t level, int lastRank,
                                       int64_t &nodes) {
  if (queue.empty())
    return SearchOutcome::Found;
  if (cannotFit(queue, level))
    return SearchOutcome::Exhausted;
  int begin = group.sections, end = 0;
  for (int i : queue) {
    begin = std::min(begin, group.items[i].begin());
    end = std::max(end, group.items[i].end());
  }
  std::fill(crossing.begin() + begin, crossing.begin() + end + 1, 0);
  for (int i : queue) {
    ++crossing[group.items[i].begin() + 1];
    --crossing[group.items[i].end()];
  }
  // crossing[s] becomes the part that section s is in.
  int parts = 0, across = 0;
  for (int section = begin; section < end; ++section) {
    across += crossing[section];
    parts += across == 0;
    crossing[section] = parts;
  }
  if (parts == 1)
    return search(queue, level, lastRank, nodes);
  std::vector<Queue> split(parts);
  for (int i : queue)
    split[crossing[group.items[i].begin()] - 1].push_back(i);
  std::stable_sort(split.begin(), split.end(),
                   [](const Queue &a, const Queue &b) { return a.size() < b.size(); });
  for (const Queue &part : split) {
    if (part.empty()) // a section between, where nothing is left
      continue;
    if (part.size() == 1) {
      result.offsets[part[0]] = lowest[part[0]];
      continue;
    }
    if (SearchOutcome outcome = search(part, level, lastRank, nodes);
        outcome != SearchOutcome::Found)
      return outcome;
  }
  return SearchOutcome::Found;
}

SearchOutcome ExactSearch::search(const Queue &queue, int64_t level, int lastRank, int64_t &nodes) {
  Signature signature = signatureOf(queue, level, lastRank);
  if (failed.contains(signature))
    return SearchOutcome::Exhausted;
  int64_t lowestTop = std::numeric_limits<int64_t>::max();
  for (int i : queue)
    lowestTop = std::min(lowestTop, lowest[i] + group.items[i].size);
  for (int i : queue) {
    if (lowest[i] >= lowestTop)
      break;
    if (lowest[i] < level || (lowest[i] == level && rank[i] <= lastRank) ||
        (twin[i] >= 0 && !placed[twin[i]]))
      continue;
    if (nodes <= 0)
      return SearchOutcome::Stopped;
    nodes -= 1 + static_cast<int64_t>(queue.size() / itemsOfANode);
    if (SearchOutcome outcome = place(queue, i, nodes); outcome != SearchOutcome::Exhausted)
      return outcome;
  }
  if (failed.size() < mostFailed)
    failed.insert(signature);
  return SearchOutcome::Exhausted;
}

ExactSearch::Signature ExactSearch::signatureOf(const Queue &queue, int64_t level,
                                                int lastRank) const {
  Signature sum{};
  bool isLate = false;
  for (int i : queue) {
    bool late = lowest[i] < level || (lowest[i] == level && rank[i] <= lastRank);
    isLate |= late;
    uint64_t word = mix(static_cast<uint64_t>(i) * 2 + late, static_cast<uint64_t>(lowest[i]));
    sum.first += word;
    sum.second += mix(word, 0x6a09e667f3bcc908);
  }
  if (isLate) { // then the level says from where on these may lie
    sum.first += mix(static_cast<uint64_t>(level), 0xbb67ae8584caa73b);
    sum.second += mix(static_cast<uint64_t>(level), 0x3c6ef372fe94f82b);
  }
  return sum;
}

SearchOutcome ExactSearch::place(const Queue &queue, int item, int64_t &nodes) {
  std::vector<Move> moves;
  int64_t offset = result.offsets[item] = lowest[item];
  placed[item] = true;
  Queue rest = afterPlacing(queue, item, moves);
  SearchOutcome outcome = searchParts(rest, offset, rank[item], nodes);
  placed[item] = false;
  for (const Move &move : moves)
    lowest[move.item] = move.lowest;
  return outcome;
}

ExactSearch::Queue ExactSearch::afterPlacing(const Queue &queue, int item,
                                             std::vector<Move> &moves) {
  int64_t top = lowest[item] + group.items[item].size;
  Queue raised;
  for (int other : neighbours[item])
    if (!placed[other] && lowest[other] < top) {
      moves.push_back({other, lowest[other]});
      lowest[other] = alignUp(top, group.items[other].alignment);
      moved[other] = true;
      raised.push_back(other);
    }
  std::sort(raised.begin(), raised.end(), [&](int a, int b) { return isBefore(a, b); });
  Queue rest;
  rest.reserve(queue.size() - 1);
  auto next = raised.begin();
  for (int other : queue) {
    if (other == item || moved[other])
      continue;
    for (; next != raised.end() && isBefore(*next, other); ++next)
      rest.push_back(*next);
    rest.push_back(other);
  }
  rest.insert(rest.end(), next, raised.end());
  for (int other : raised)
    moved[other] = false;
  return rest;
}

} // namespace remat::planning::arena
