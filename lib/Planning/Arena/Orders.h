//===- Orders.h - in which order packers take items -------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_ARENA_ORDERS_H
#define REMAT_PLANNING_ARENA_ORDERS_H

#include "Items.h"

#include <string_view>

namespace remat::planning::arena {

/// What an order compares: the larger first, but of Begin and Hint the smaller.
enum class Key { Area, Begin, Crowd, End, Hint, Length, Size };

/// An order: by the first key, among equals by the next; in the end by index in the group.
struct Order {
  std::string_view name;
  std::vector<Key> keys;
};

/// Returns the indices of the group's items in that order.
std::vector<int> sortedBy(const Order &order, const Group &group);

} // namespace remat::planning::arena

#endif // REMAT_PLANNING_ARENA_ORDERS_H
