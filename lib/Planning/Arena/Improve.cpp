//===- Improve.cpp - a lower packing by exact search ----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Improve.h"

#include "ExactSearch.h"
#include "Orders.h"
#include "remat/Planning/Search/Random.h"

#include <algorithm>
#include <numeric>

namespace remat::planning::arena {

namespace {

/// Every height of a packing in which each item lies on another or on the ground
/// is a multiple of this.
int64_t granuleOf(const Group &group) {
  int64_t granule = 0;
  for (const Item &item : group.items)
    granule = std::gcd(granule, item.size);
  for (int64_t last = 0; last != granule;) {
    last = granule;
    for (const Item &item : group.items)
      if (granule % item.alignment != 0)
        granule = std::gcd(granule, item.alignment);
  }
  return granule;
}

class Improver {
public:
  Improver(const Group &group, GroupPacking &packing, int64_t &nodes)
      : packing(packing), nodes(nodes), granule(granuleOf(group)), search(group) {
    bound = roundUp(group.live);
    static const Order preferences[] = {{"", {Key::Crowd, Key::Length, Key::Area}},
                                        {"", {Key::Crowd, Key::Area, Key::Length}},
                                        {"", {Key::End}},
                                        {"", {Key::Length, Key::Area, Key::Crowd}}};
    for (const Order &preference : preferences)
      orders.push_back(sortedBy(preference, group));
    firstLimit = 2 * static_cast<int64_t>(group.items.size());
  }

  Improvement run(int64_t target) {
    int64_t before = packing.height;
    probe(target, nodes / 2);
    for (int64_t share = nodes / 8; nodes > 0 && packing.height > std::max(target, bound);
         share *= 2) {
      int64_t missed = std::max(target, bound - 1); // at or below it none was found
      while (isOpen(missed)) {
        int64_t height = roundUp(missed + (packing.height - missed) / 2);
        if (height >= packing.height)
          height -= granule;
        if (!probe(height, std::max(share, firstLimit)))
          missed = height;
      }
      if (bound <= target && packing.height > target)
        probe(target, std::max(share, firstLimit));
    }
    return {packing.height < before, std::min(bound, packing.height)};
  }

private:
  /// Whether there may be a packing between `missed` and the one that is known.
  bool isOpen(int64_t missed) const {
    return nodes > 0 && std::max(bound, roundUp(missed + 1)) < packing.height;
  }

  int64_t roundUp(int64_t height) const { return alignUp(height, granule); }

  /// Searches within `height` with at most `share` nodes: each order in turn and then
  /// some like it, with more nodes each round, as many searches end soon or not at all.
  bool probe(int64_t height, int64_t share) {
    share = std::min(share, nodes);
    for (int64_t limit = firstLimit; share > 0; limit *= 4)
      for (size_t i = 0; i < 4 * orders.size() && share > 0; ++i) {
        const std::vector<int> &order = orders[i % orders.size()];
        bool isPlain = i < orders.size();
        int64_t given = std::min(isPlain ? limit : limit / 4, share), left = given;
        SearchOutcome outcome = search.run(height, isPlain ? order : stirred(order), left);
        int64_t used = given - std::max<int64_t>(left, 0);
        nodes -= used;
        share -= used;
        if (outcome == SearchOutcome::Exhausted)
          bound = std::max(bound, roundUp(height + 1));
        else if (outcome == SearchOutcome::Found && search.packing().height < packing.height)
          packing = search.packing();
        if (outcome != SearchOutcome::Stopped)
          return outcome == SearchOutcome::Found;
      }
    return false;
  }

  /// The order with each item up to a quarter of the items later.
  std::vector<int> stirred(const std::vector<int> &order) {
    constexpr int64_t fine = 1024;
    int64_t farthest = fine * static_cast<int64_t>(order.size()) / 4;
    std::vector<std::pair<int64_t, int>> places;
    for (size_t i = 0; i < order.size(); ++i)
      places.emplace_back(fine * static_cast<int64_t>(i) + random.below(farthest + 1), order[i]);
    std::sort(places.begin(), places.end());
    std::vector<int> result;
    for (auto [place, item] : places)
      result.push_back(item);
    return result;
  }

  GroupPacking &packing;
  int64_t &nodes;
  int64_t granule, bound = 0, firstLimit = 0;
  ExactSearch search;
  std::vector<std::vector<int>> orders;
  search::Random random{1};
};

} // namespace

Improvement improve(const Group &group, int64_t target, GroupPacking &packing, int64_t &nodes) {
  return Improver(group, packing, nodes).run(target);
}

} // namespace remat::planning::arena
