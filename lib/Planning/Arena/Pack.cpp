//===- Pack.cpp - buffers into one arena ----------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Arena/Pack.h"

#include "Improve.h"
#include "Portfolio.h"
#include "Spelling.h"

#include <algorithm>

namespace remat::planning::arena {

namespace {

constexpr Spelling<PackStatus> statuses[] = {
    {PackStatus::Optimal, "optimal"},
    {PackStatus::Feasible, "feasible"},
    {PackStatus::Infeasible, "infeasible"},
    {PackStatus::NoPackingFound, "no-packing-found"},
};

constexpr const char *searched = "exact search";

/// A group with its lowest packing so far.
struct PackedGroup {
  Group group;
  QuickPacking quick;
};

class Packer {
public:
  Packer(const ArenaProblem &problem, const PackOptions &options)
      : problem(problem), options(options) {}

  PackResult run() {
    result.peak = livePeak(problem);
    result.bound = result.peak.bytes;
    if (problem.capacity && result.bound > *problem.capacity)
      return refuse();
    for (Group &group : groupsOf(problem)) {
      QuickPacking quick = packQuickly(group, result.peak.bytes.count);
      groups.push_back({std::move(group), std::move(quick)});
    }
    searchGroups();
    return finish();
  }

private:
  int64_t height() const {
    int64_t highest = 0;
    for (const PackedGroup &packed : groups)
      highest = std::max(highest, packed.quick.packing.height);
    return highest;
  }

  /// Searches where a group is higher than the bytes live at once. What one group cannot
  /// do without, the others may use too.
  void searchGroups() {
    std::vector<PackedGroup *> high;
    for (PackedGroup &packed : groups)
      if (packed.quick.packing.height > result.bound.count) {
        isTooLarge |= packed.group.items.size() > kLargestSearch;
        if (packed.group.items.size() <= kLargestSearch)
          high.push_back(&packed);
      }
    std::stable_sort(high.begin(), high.end(), [](const PackedGroup *a, const PackedGroup *b) {
      return a->group.live > b->group.live;
    });
    int64_t left = options.nodeLimit, target = result.bound.count;
    for (size_t i = 0; i < high.size(); ++i) {
      left -= search(*high[i], target, left / static_cast<int64_t>(high.size() - i));
      target = std::max(target, high[i]->quick.packing.height);
    }
    // What some left is for the highest.
    std::stable_sort(high.begin(), high.end(), [](const PackedGroup *a, const PackedGroup *b) {
      return a->quick.packing.height > b->quick.packing.height;
    });
    for (PackedGroup *packed : high)
      left -= search(*packed, result.bound.count, left);
    result.nodes = options.nodeLimit - left;
  }

  /// Searches for a packing of one group within `target` with `share` nodes; returns how
  /// many it used.
  int64_t search(PackedGroup &packed, int64_t target, int64_t share) {
    int64_t left = share;
    if (share > 0 && packed.quick.packing.height > target) {
      Improvement done = improve(packed.group, target, packed.quick.packing, left);
      if (done.isBetter)
        packed.quick.method = searched;
      result.bound = std::max(result.bound, Bytes(done.bound));
    }
    return share - std::max<int64_t>(left, 0);
  }

  PackResult finish() {
    Bytes arena(height());
    result.smallest = arena;
    result.bound = std::min(result.bound, arena);
    if (problem.capacity && arena > *problem.capacity)
      return refuse();
    Packing packing;
    packing.offsets.resize(problem.buffers.size());
    packing.arena = arena;
    result.method = "nothing to place";
    for (const PackedGroup &packed : groups) {
      for (size_t i = 0; i < packed.group.items.size(); ++i)
        packing.offsets[packed.group.items[i].buffer] = Bytes(packed.quick.packing.offsets[i]);
      if (packed.quick.packing.height == arena.count && result.method != searched)
        result.method = packed.quick.method;
    }
    result.packing = std::move(packing);
    result.status = arena == result.bound ? PackStatus::Optimal : PackStatus::Feasible;
    result.stopReason = arena == result.peak.bytes ? "all bytes of the arena are live at one time"
                        : arena == result.bound    ? "every smaller arena was ruled out"
                                                   : whyNotSmaller();
    return std::move(result);
  }

  std::string whyNotSmaller() const {
    if (isTooLarge)
      return "more than " + std::to_string(kLargestSearch) +
             " buffers hang together: too many for the exact search";
    return "the limit of " + std::to_string(options.nodeLimit) + " nodes was reached";
  }

  PackResult refuse() {
    std::string capacity = "the capacity " + formatBytes(*problem.capacity);
    if (result.peak.bytes > *problem.capacity) {
      result.status = PackStatus::Infeasible;
      result.stopReason = capacity + " is below the " + formatBytes(result.peak.bytes) +
                          " that are live at the time " + std::to_string(result.peak.time) +
                          "; raise the capacity or have fewer buffers live then";
    } else if (result.bound > *problem.capacity) {
      result.status = PackStatus::Infeasible;
      result.stopReason = "no packing is within " + capacity + ": every arena below " +
                          formatBytes(result.bound) + " was ruled out; raise the capacity";
    } else {
      result.status = PackStatus::NoPackingFound;
      result.stopReason = "no packing was found within " + capacity + ": the smallest arena has " +
                          formatBytes(*result.smallest) + ", and " + whyNotSmaller() +
                          "; raise the capacity or the number of nodes";
    }
    return std::move(result);
  }

  const ArenaProblem &problem;
  const PackOptions &options;
  std::vector<PackedGroup> groups;
  bool isTooLarge = false;
  PackResult result;
};

} // namespace

std::string_view toString(PackStatus status) { return spell(statuses, status); }

Result<PackResult> pack(const ArenaProblem &problem, const PackOptions &options) {
  if (Status status = problem.check(); !status)
    return status.error();
  return Packer(problem, options).run();
}

} // namespace remat::planning::arena
