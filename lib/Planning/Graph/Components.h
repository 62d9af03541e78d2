//===- Components.h - strongly connected components -------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_GRAPH_COMPONENTS_H
#define REMAT_PLANNING_GRAPH_COMPONENTS_H

#include <cstdint>
#include <vector>

namespace remat::planning {

/// Returns the strongly connected components of more than one node, each
/// ascending, of the graph with edges v -> next[v]; an edge from a node to
/// itself does not count. Cost: O(V + E) and sorting. Source: Tarjan 1972.
///   {{1}, {0}, {0}} -> {{0, 1}}
std::vector<std::vector<int32_t>> largeComponents(const std::vector<std::vector<int32_t>> &next);

} // namespace remat::planning

#endif // REMAT_PLANNING_GRAPH_COMPONENTS_H
