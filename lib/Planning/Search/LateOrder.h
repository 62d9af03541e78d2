//===- LateOrder.h - ops that run no sooner than needed ---------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_LATEORDER_H
#define REMAT_PLANNING_SEARCH_LATEORDER_H

#include "ListSchedule.h"

namespace remat::planning::search {

/// Returns `order` with ops moved right before what waits for them first, where the
/// results have more bytes than the inputs that nothing reads later, so that less is
/// live in between. From the last op to the first; `precedences` are kept, and
/// ops that may run once stay. Cost: O(V log V + E d) with d
/// readers of a value.
std::vector<int32_t> runLate(const SearchGraph &graph, const std::vector<int32_t> &order,
                             const Precedences &precedences);

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_LATEORDER_H
