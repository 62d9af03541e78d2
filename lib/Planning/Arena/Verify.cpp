//===- Verify.cpp - the independent check of a packing --------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Arena/Arena.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

namespace remat::planning::arena {

namespace {

Error broken(const std::string &rule, const std::string &message) {
  return {ErrorCode::InvalidPlan, rule + ": " + message};
}

class Verifier {
public:
  Verifier(const ArenaProblem &problem, const Packing &packing)
      : problem(problem), packing(packing) {}

  Status run() {
    for (Status (Verifier::*rule)() : {&Verifier::checkOffsets, &Verifier::checkAlignment,
                                       &Verifier::checkOverlap, &Verifier::checkArena})
      if (Status status = (this->*rule)(); !status)
        return status;
    return {};
  }

private:
  Bytes end(size_t buffer) const { return packing.offsets[buffer] + problem.buffers[buffer].size; }

  std::string place(size_t buffer) const {
    return "buffer " + problem.buffers[buffer].id + " at the bytes [" +
           std::to_string(packing.offsets[buffer].count) + ", " +
           std::to_string(end(buffer).count) + ")";
  }

  Status checkOffsets() { // A1
    if (packing.offsets.size() != problem.buffers.size())
      return broken("A1", "there are " + std::to_string(packing.offsets.size()) + " offsets for " +
                              std::to_string(problem.buffers.size()) + " buffers");
    return {};
  }

  Status checkAlignment() { // A2
    for (size_t b = 0; b < problem.buffers.size(); ++b) {
      const Buffer &buffer = problem.buffers[b];
      int64_t offset = packing.offsets[b].count;
      if (offset < 0 || offset >= kSumLimit)
        return broken("A2", "buffer " + buffer.id + " has the offset " + std::to_string(offset) +
                                "; expected 0 or more and less than 2^62");
      if (offset % buffer.alignment != 0)
        return broken("A2", "buffer " + buffer.id + " has the offset " + std::to_string(offset) +
                                "; expected a multiple of its alignment " +
                                std::to_string(buffer.alignment));
    }
    return {};
  }

  /// Sweeps over the times with the live buffers in order of their offsets. These are
  /// disjoint up to the first offence, which is then with a neighbour.
  Status checkOverlap() {                             // A3
    using Change = std::tuple<int64_t, bool, size_t>; // time, begins, buffer
    std::vector<Change> changes;
    for (size_t b = 0; b < problem.buffers.size(); ++b)
      if (problem.buffers[b].size.count > 0)
        for (const Interval &interval : problem.buffers[b].intervals) {
          changes.emplace_back(interval.begin, true, b);
          changes.emplace_back(interval.end, false, b);
        }
    std::sort(changes.begin(), changes.end());
    std::map<Bytes, size_t> live;
    for (auto [time, begins, buffer] : changes) {
      if (!begins) {
        live.erase(packing.offsets[buffer]);
        continue;
      }
      auto above = live.lower_bound(packing.offsets[buffer]);
      if (above != live.end() && above->first < end(buffer))
        return clash(time, buffer, above->second);
      if (above != live.begin() && end(std::prev(above)->second) > packing.offsets[buffer])
        return clash(time, buffer, std::prev(above)->second);
      live.emplace(packing.offsets[buffer], buffer);
    }
    return {};
  }

  Error clash(int64_t time, size_t buffer, size_t other) const {
    return broken("A3", place(buffer) + " shares bytes with " + place(other) + " at the time " +
                            std::to_string(time));
  }

  Status checkArena() { // A4, A5
    Bytes arena;
    for (size_t b = 0; b < problem.buffers.size(); ++b)
      arena = std::max(arena, end(b));
    if (arena != packing.arena)
      return broken("A4", "the buffers end at " + formatBytes(arena) + "; the promised arena has " +
                              formatBytes(packing.arena));
    if (problem.capacity && arena > *problem.capacity)
      return broken("A5", "the arena has " + formatBytes(arena) + "; the capacity is " +
                              formatBytes(*problem.capacity));
    return {};
  }

  const ArenaProblem &problem;
  const Packing &packing;
};

} // namespace

Status verify(const ArenaProblem &problem, const Packing &packing) {
  return Verifier(problem, packing).run();
}

} // namespace remat::planning::arena
