//===- Arena.cpp - buffers with lifetimes ---------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Arena/Arena.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace remat::planning::arena {

namespace {

Error invalid(const Buffer &buffer, const std::string &message) {
  return {ErrorCode::InvalidInput, "buffer " + buffer.id + ": " + message};
}

std::string spelled(const Interval &interval) {
  return "[" + std::to_string(interval.begin) + ", " + std::to_string(interval.end) + ")";
}

Status checkIntervals(const Buffer &buffer) {
  if (buffer.intervals.empty())
    return invalid(buffer, "it is never live; expected at least one interval");
  const Interval *last = nullptr;
  for (const Interval &interval : buffer.intervals) {
    if (interval.begin <= -kSumLimit || interval.end >= kSumLimit)
      return invalid(buffer, "the times " + spelled(interval) + " are beyond 2^62");
    if (interval.begin >= interval.end)
      return invalid(buffer, "the times " + spelled(interval) +
                                 " are none; expected an end above the begin");
    if (last && interval.begin < last->end)
      return invalid(buffer, "the times " + spelled(interval) + " come after " + spelled(*last) +
                                 "; expected ascending times that do not overlap");
    last = &interval;
  }
  return {};
}

Status checkBuffer(const Buffer &buffer) {
  if (buffer.id.empty())
    return Error{ErrorCode::InvalidInput, "a buffer has no id"};
  if (buffer.id.find_first_of(",\"\r\n") != std::string::npos)
    return invalid(buffer, "an id has neither commas, quotes nor line ends");
  if (buffer.size.count < 0)
    return invalid(buffer, "its size is " + std::to_string(buffer.size.count) +
                               "; expected 0 or more bytes");
  if (buffer.alignment < 1)
    return invalid(buffer, "its alignment is " + std::to_string(buffer.alignment) +
                               "; expected 1 or more bytes");
  if (buffer.hint && buffer.hint->count < 0)
    return invalid(buffer, "its hint is " + std::to_string(buffer.hint->count) +
                               "; expected an offset of 0 or more bytes");
  return checkIntervals(buffer);
}

} // namespace

Status ArenaProblem::check() const {
  std::set<std::string_view> ids;
  Bytes sum;
  for (const Buffer &buffer : buffers) {
    if (Status status = checkBuffer(buffer); !status)
      return status;
    if (!ids.insert(buffer.id).second)
      return invalid(buffer, "the id occurs twice; expected another id for each buffer");
    std::optional<int64_t> next = checkedAdd(buffer.size.count, buffer.alignment - 1);
    next = next ? checkedAdd(*next, sum.count) : next;
    if (!next || *next >= kSumLimit)
      return invalid(buffer, "with it the sizes and alignments add up to 2^62 bytes or more");
    sum = Bytes(*next);
  }
  if (capacity && capacity->count < 0)
    return Error{ErrorCode::InvalidInput, "the capacity is " + std::to_string(capacity->count) +
                                              "; expected 0 or more bytes"};
  return {};
}

LivePeak livePeak(const ArenaProblem &problem) {
  struct Change {
    int64_t time, bytes;
  };
  std::vector<Change> changes;
  for (const Buffer &buffer : problem.buffers)
    for (const Interval &interval : buffer.intervals) {
      changes.push_back({interval.begin, buffer.size.count});
      changes.push_back({interval.end, -buffer.size.count});
    }
  // At one time ends come first.
  std::sort(changes.begin(), changes.end(), [](const Change &a, const Change &b) {
    return a.time != b.time ? a.time < b.time : a.bytes < b.bytes;
  });
  LivePeak peak{Bytes(-1)};
  int64_t live = 0;
  for (size_t i = 0; i < changes.size(); ++i) {
    live += changes[i].bytes;
    if (i + 1 < changes.size() && changes[i + 1].time == changes[i].time)
      continue;
    if (Bytes(live) > peak.bytes)
      peak = {Bytes(live), changes[i].time};
  }
  return peak.bytes.count < 0 ? LivePeak() : peak;
}

std::vector<size_t> liveAt(const ArenaProblem &problem, int64_t time) {
  std::vector<size_t> live;
  for (size_t b = 0; b < problem.buffers.size(); ++b)
    if (std::ranges::any_of(problem.buffers[b].intervals, [&](const Interval &interval) {
          return interval.begin <= time && time < interval.end;
        }))
      live.push_back(b);
  std::sort(live.begin(), live.end(), [&](size_t a, size_t b) {
    const Buffer &left = problem.buffers[a], &right = problem.buffers[b];
    return left.size != right.size ? left.size > right.size : left.id < right.id;
  });
  return live;
}

} // namespace remat::planning::arena
