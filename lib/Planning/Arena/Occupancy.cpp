//===- Occupancy.cpp - which bytes are taken when -------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Occupancy.h"

#include <algorithm>
#include <limits>

namespace remat::planning::arena {

namespace {

/// Calls `whole` with each of the nodes that make up `span`, and `part` with each
/// node above these.
template <typename Whole, typename Part>
void forNodes(Span span, size_t leaves, Whole whole, Part part) {
  size_t first = leaves + static_cast<size_t>(span.begin), begin = first;
  size_t end = leaves + static_cast<size_t>(span.end), last = end - 1;
  for (; first > 0; first /= 2, last /= 2, begin /= 2, end /= 2) {
    bool isSplit = first < begin; // the begin of the span lies within `first`
    if (isSplit)
      part(first);
    if (last >= end && (last != first || !isSplit))
      part(last);
    if (begin >= end)
      continue;
    if (begin % 2)
      whole(begin++);
    if (end % 2)
      whole(--end);
  }
}

} // namespace

Occupancy::Occupancy(int sections) {
  while (leaves < static_cast<size_t>(sections))
    leaves *= 2;
  cover.resize(2 * leaves);
  touch.resize(2 * leaves);
}

void Occupancy::add(Ranges &ranges, Range range) {
  auto first = std::lower_bound(ranges.begin(), ranges.end(), range.begin,
                                [](const Range &r, int64_t begin) { return r.end < begin; });
  auto last = first;
  while (last != ranges.end() && last->begin <= range.end)
    ++last;
  if (first == last) {
    ranges.insert(first, range);
    return;
  }
  first->begin = std::min(first->begin, range.begin);
  first->end = std::max(std::prev(last)->end, range.end);
  ranges.erase(std::next(first), last);
}

void Occupancy::take(const Item &item, int64_t offset) {
  Range range{offset, offset + item.size};
  for (Span span : item.spans)
    forNodes(
        span, leaves,
        [&](size_t node) {
          add(cover[node], range);
          add(touch[node], range);
        },
        [&](size_t node) { add(touch[node], range); });
}

void Occupancy::gather(Span span) {
  auto use = [&](const Ranges &ranges) {
    if (!ranges.empty())
      cursors.push_back({ranges.data(), ranges.data() + ranges.size()});
  };
  forNodes(
      span, leaves, [&](size_t node) { use(touch[node]); }, [&](size_t node) { use(cover[node]); });
}

int64_t Occupancy::nextFree(int64_t from, const Item &item) {
  int64_t offset = alignUp(from, item.alignment);
  for (size_t quiet = 0, i = 0; quiet < cursors.size(); i = i + 1 == cursors.size() ? 0 : i + 1) {
    Cursor &cursor = cursors[i];
    int64_t before = offset;
    for (; cursor.next != cursor.end && cursor.next->begin < offset + item.size; ++cursor.next) {
      ++looked;
      if (cursor.next->end > offset)
        offset = alignUp(cursor.next->end, item.alignment);
    }
    ++looked;
    quiet = offset == before ? quiet + 1 : 1;
  }
  return offset;
}

int64_t Occupancy::lowest(const Item &item) {
  cursors.clear();
  for (Span span : item.spans)
    gather(span);
  return nextFree(0, item);
}

int64_t Occupancy::tightest(const Item &item) {
  cursors.clear();
  for (Span span : item.spans)
    gather(span);
  constexpr int64_t none = std::numeric_limits<int64_t>::max();
  int64_t best = 0, bestRoom = none;
  for (int64_t from = 0;;) {
    int64_t offset = nextFree(from, item), end = none;
    for (const Cursor &cursor : cursors)
      if (cursor.next != cursor.end)
        end = std::min(end, cursor.next->begin);
    if (end == none) // above all: only where no other range holds the item
      return bestRoom == none ? offset : best;
    if (end - offset < bestRoom) {
      bestRoom = end - offset;
      best = offset;
    }
    from = end;
  }
}

} // namespace remat::planning::arena
