//===- Formula.cpp - overhead and peak of a lower-set sequence ------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Formula.h"

#include <algorithm>

namespace remat::planning {

SequenceFormula evaluateSequence(const LowerSetGraph &graph,
                                 const std::vector<std::vector<int32_t>> &sequence) {
  SequenceFormula result;
  int32_t n = graph.size();
  // cachedNode: U_{i-1}; inside: L_i; both by node.
  std::vector<char> cachedNode(n, 0), inside(n, 0);
  for (const std::vector<int32_t> &lowerSet : sequence) {
    int64_t peak = 0;
    for (int32_t v = 0; v < n; ++v)
      if (cachedNode[v])
        peak += graph.cached[v];
    std::vector<int32_t> segment;
    for (int32_t v : lowerSet)
      if (!inside[v])
        segment.push_back(v);
    for (int32_t v : segment) {
      inside[v] = 1;
      peak += graph.work[v];
    }
    // waiting: gradients alive outside; beside: values their ops read outside.
    std::vector<char> waiting(n, 0), beside(n, 0), boundary(n, 0);
    for (int32_t v : lowerSet)
      for (int32_t w : graph.successors[v])
        if (!inside[w])
          boundary[v] = waiting[w] = 1;
    for (int32_t w = 0; w < n; ++w)
      if (waiting[w])
        for (int32_t u : graph.predecessors[w])
          beside[u] |= !inside[u];
    for (int32_t v = 0; v < n; ++v) {
      peak += waiting[v] ? graph.cached[v] : 0;
      peak += beside[v] ? graph.cached[v] : 0;
      cachedNode[v] |= boundary[v];
    }
    for (int32_t v : segment)
      if (!boundary[v])
        result.overhead += graph.cost[v];
    result.segmentPeaks.push_back(peak);
    result.peak = std::max(result.peak, peak);
  }
  return result;
}

} // namespace remat::planning
