//===- Items.cpp - what packers work on -----------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Items.h"

#include <algorithm>
#include <tuple>

namespace remat::planning::arena {

namespace {

/// The largest of some consecutive numbers, in O(log n).
class RangeMaximum {
public:
  explicit RangeMaximum(const std::vector<int64_t> &numbers) : size(numbers.size()) {
    tree.assign(2 * size, 0);
    std::copy(numbers.begin(), numbers.end(), tree.begin() + static_cast<ptrdiff_t>(size));
    for (size_t i = size; i-- > 1;)
      tree[i] = std::max(tree[2 * i], tree[2 * i + 1]);
  }
  int64_t of(Span span) const {
    int64_t largest = 0;
    for (size_t begin = size + static_cast<size_t>(span.begin),
                end = size + static_cast<size_t>(span.end);
         begin < end; begin /= 2, end /= 2) {
      if (begin % 2)
        largest = std::max(largest, tree[begin++]);
      if (end % 2)
        largest = std::max(largest, tree[--end]);
    }
    return largest;
  }

private:
  size_t size;
  std::vector<int64_t> tree;
};

class Grouping {
public:
  explicit Grouping(const ArenaProblem &problem) : problem(problem) {}

  std::vector<Group> run() {
    sortBuffers();
    findTimes();
    for (const auto &[intervals, buffer] : sorted)
      addItem(*intervals, buffer);
    for (Group &group : groups)
      finish(group);
    return std::move(groups);
  }

private:
  /// By all that a packer sees, and by the id only among buffers that it cannot tell apart.
  void sortBuffers() {
    lives.resize(problem.buffers.size());
    for (size_t b = 0; b < problem.buffers.size(); ++b)
      if (problem.buffers[b].size.count > 0) {
        lives[b] = merged(problem.buffers[b].intervals);
        sorted.emplace_back(&lives[b], b);
      }
    std::sort(sorted.begin(), sorted.end(), [&](const auto &a, const auto &b) {
      const Buffer &left = problem.buffers[a.second], &right = problem.buffers[b.second];
      return std::tie(*a.first, left.size, left.alignment, left.hint, left.id) <
             std::tie(*b.first, right.size, right.alignment, right.hint, right.id);
    });
  }

  void findTimes() {
    for (const auto &[intervals, buffer] : sorted)
      for (const Interval &interval : *intervals) {
        times.push_back(interval.begin);
        times.push_back(interval.end);
      }
    std::sort(times.begin(), times.end());
    times.erase(std::unique(times.begin(), times.end()), times.end());
  }

  int section(int64_t time) const {
    return static_cast<int>(std::lower_bound(times.begin(), times.end(), time) - times.begin());
  }

  /// Buffers come in order of their begin: one that begins where all before it
  /// have ended begins a group.
  void addItem(const std::vector<Interval> &intervals, size_t buffer) {
    const Buffer &source = problem.buffers[buffer];
    int begin = section(intervals.front().begin);
    if (groups.empty() || begin >= groupBegin + groups.back().sections) {
      groups.emplace_back();
      groupBegin = begin;
    }
    Item item;
    item.buffer = buffer;
    item.size = source.size.count;
    item.alignment = source.alignment;
    item.hint = source.hint ? source.hint->count : -1;
    item.length = intervals.back().end - intervals.front().begin;
    for (const Interval &interval : intervals) {
      item.spans.push_back(
          {section(interval.begin) - groupBegin, section(interval.end) - groupBegin});
      item.area += static_cast<__int128>(interval.end - interval.begin) * item.size;
    }
    groups.back().sections = std::max(groups.back().sections, item.end());
    groups.back().items.push_back(std::move(item));
  }

  static void finish(Group &group) {
    std::vector<int64_t> live(static_cast<size_t>(group.sections) + 1);
    for (const Item &item : group.items)
      for (Span span : item.spans) {
        live[static_cast<size_t>(span.begin)] += item.size;
        live[static_cast<size_t>(span.end)] -= item.size;
      }
    for (size_t i = 1; i < live.size(); ++i)
      live[i] += live[i - 1];
    group.live = *std::max_element(live.begin(), live.end());
    RangeMaximum crowds(live);
    for (Item &item : group.items)
      for (Span span : item.spans)
        item.crowd = std::max(item.crowd, crowds.of(span));
  }

  const ArenaProblem &problem;
  std::vector<std::vector<Interval>> lives;
  std::vector<std::pair<const std::vector<Interval> *, size_t>> sorted;
  std::vector<int64_t> times;
  std::vector<Group> groups;
  int groupBegin = 0;
};

} // namespace

std::vector<Interval> merged(const std::vector<Interval> &intervals) {
  std::vector<Interval> whole;
  for (const Interval &interval : intervals)
    if (!whole.empty() && whole.back().end == interval.begin)
      whole.back().end = interval.end;
    else
      whole.push_back(interval);
  return whole;
}

std::vector<Group> groupsOf(const ArenaProblem &problem) { return Grouping(problem).run(); }

} // namespace remat::planning::arena
