//===- Improve.h - a lower packing by exact search --------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_ARENA_IMPROVE_H
#define REMAT_PLANNING_ARENA_IMPROVE_H

#include "Items.h"

namespace remat::planning::arena {

/// Groups of more buffers are left as the quick packings have them.
inline constexpr size_t kLargestSearch = 4000;

/// What came of an improvement.
struct Improvement {
  bool isBetter = false; ///< `packing` is lower than what was given
  int64_t bound = 0;     ///< no packing of the group is lower
};

/// Lowers `packing` by exact searches: half of `nodes` for a packing within `target`, the
/// rest for heights between that and the lowest one known, each halving what is
/// left. Takes what it uses from `nodes`. Requires: at most kLargestSearch items;
/// `target` at least the bytes that are live at once.
Improvement improve(const Group &group, int64_t target, GroupPacking &packing, int64_t &nodes);

} // namespace remat::planning::arena

#endif // REMAT_PLANNING_ARENA_IMPROVE_H
