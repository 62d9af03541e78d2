//===- Portfolio.h - many quick packings, and the best of them --*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_ARENA_PORTFOLIO_H
#define REMAT_PLANNING_ARENA_PORTFOLIO_H

#include "Items.h"

#include <string>

namespace remat::planning::arena {

/// A packing and what made it, for people.
struct QuickPacking {
  GroupPacking packing;
  std::string method;
};

/// Places the items of several orders one by one, each at the lowest offset that is free
/// in its time (first fit) or in the tightest gap (best fit), and returns the
/// lowest packing. Ends at once when one is within `target`, and after the first order
/// when that took many steps: a fixed number, so that the answer does not depend
/// on the machine.
QuickPacking packQuickly(const Group &group, int64_t target);

} // namespace remat::planning::arena

#endif // REMAT_PLANNING_ARENA_PORTFOLIO_H
