//===- Portfolio.cpp - many quick packings, and the best of them ----------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Portfolio.h"

#include "Occupancy.h"
#include "Orders.h"

#include <algorithm>

namespace remat::planning::arena {

namespace {

/// A new packing begins only below these steps of those before it.
constexpr int64_t mostSteps = 10'000'000;

using Fit = int64_t (Occupancy::*)(const Item &);

GroupPacking placeAll(const Group &group, const std::vector<int> &order, Fit fit, int64_t &steps) {
  Occupancy taken(group.sections);
  GroupPacking packing;
  packing.offsets.resize(group.items.size());
  for (int i : order) {
    const Item &item = group.items[static_cast<size_t>(i)];
    int64_t offset = (taken.*fit)(item);
    taken.take(item, offset);
    packing.offsets[static_cast<size_t>(i)] = offset;
    packing.height = std::max(packing.height, offset + item.size);
  }
  steps += taken.steps();
  return packing;
}

} // namespace

QuickPacking packQuickly(const Group &group, int64_t target) {
  static const Order orders[] = {
      {"hint", {Key::Hint, Key::Size}},
      {"size", {Key::Size, Key::Length}},
      {"length", {Key::Length, Key::Size}},
      {"area", {Key::Area}},
      {"crowd and length", {Key::Crowd, Key::Length, Key::Area}},
      {"crowd and area", {Key::Crowd, Key::Area}},
      {"begin", {Key::Begin, Key::Size}},
      {"end", {Key::End, Key::Size}},
  };
  bool hasHints = std::ranges::any_of(group.items, [](const Item &item) { return item.hint >= 0; });
  QuickPacking best;
  int64_t steps = 0;
  for (const Order &order : orders) {
    if (order.keys.front() == Key::Hint && !hasHints)
      continue;
    for (auto [fit, name] : {std::pair(&Occupancy::lowest, "first fit by "),
                             std::pair(&Occupancy::tightest, "best fit by ")}) {
      GroupPacking packing = placeAll(group, sortedBy(order, group), fit, steps);
      if (best.method.empty() || packing.height < best.packing.height) {
        best.packing = std::move(packing);
        best.method = name + std::string(order.name);
      }
      if (best.packing.height <= target || steps > mostSteps)
        return best;
    }
  }
  return best;
}

} // namespace remat::planning::arena
