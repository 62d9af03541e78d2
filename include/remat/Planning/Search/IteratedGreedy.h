//===- IteratedGreedy.h - destroy a little, repair, keep the better --*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_ITERATEDGREEDY_H
#define REMAT_PLANNING_SEARCH_ITERATEDGREEDY_H

#include "remat/Planning/Search/Repair.h"

#include <functional>

namespace remat::planning::search {

struct ImproveOptions {
  int64_t work = 0; ///< in units of Repairer::work()
  int64_t goal = 0; ///< extra cost known to be least: stop there
  int64_t heats = 3;
  /// Called now and then; false stops the search.
  std::function<bool()> goOn;
};

/// Improves a plan that fits: erases some of its recomputations (at random, near
/// one op, near one stage) or moves a group, repairs, prunes, and goes on from
/// there if the plan is not much dearer; "much" falls to nothing `heats` times,
/// each time anew from the best. Returns the best plan found and its extra cost.
/// Source: iterated greedy (Ruiz, Stuetzle, EJOR 2007); planner.md, step 5.
std::pair<Recomputations, int64_t> improve(Repairer &repairer, const Recomputations &start,
                                           const ImproveOptions &options);

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_ITERATEDGREEDY_H
