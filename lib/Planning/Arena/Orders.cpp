//===- Orders.cpp - in which order packers take items ---------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Orders.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace remat::planning::arena {

namespace {

/// The smaller comes first.
__int128 valueOf(Key key, const Item &item) {
  switch (key) {
  case Key::Area:
    return -item.area;
  case Key::Begin:
    return item.begin();
  case Key::Crowd:
    return -item.crowd;
  case Key::End:
    return -item.end();
  case Key::Hint:
    return item.hint >= 0 ? item.hint : std::numeric_limits<int64_t>::max();
  case Key::Length:
    return -item.length;
  case Key::Size:
    return -item.size;
  }
  return 0;
}

} // namespace

std::vector<int> sortedBy(const Order &order, const Group &group) {
  std::vector<int> sorted(group.items.size());
  std::iota(sorted.begin(), sorted.end(), 0);
  std::sort(sorted.begin(), sorted.end(), [&](int a, int b) {
    for (Key key : order.keys) {
      __int128 left = valueOf(key, group.items[static_cast<size_t>(a)]);
      __int128 right = valueOf(key, group.items[static_cast<size_t>(b)]);
      if (left != right)
        return left < right;
    }
    return a < b;
  });
  return sorted;
}

} // namespace remat::planning::arena
