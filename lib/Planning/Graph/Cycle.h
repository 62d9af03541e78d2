//===- Cycle.h - topological order, or the cycle in its way -----*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_GRAPH_CYCLE_H
#define REMAT_PLANNING_GRAPH_CYCLE_H

#include <cstdint>
#include <string>
#include <vector>

namespace remat::planning {

/// Returns the nodes in topological order, the smallest ready node first; fewer
/// than all of them when there is a cycle. inputs[node]: the nodes it reads, in
/// range. Cost: O((V + E) log V).
std::vector<int32_t> sortTopologically(const std::vector<std::vector<int32_t>> &inputs);

/// Returns a cycle as the nodes along it, each read by the next and the last by
/// the first, starting with the smallest; empty when there is none.
std::vector<int32_t> findCycle(const std::vector<std::vector<int32_t>> &inputs);

/// Returns "3 -> 7 -> 3", with the middle of a long cycle left out.
std::string describeCycle(const std::vector<int32_t> &cycle);

} // namespace remat::planning

#endif // REMAT_PLANNING_GRAPH_CYCLE_H
