//===- Formula.h - overhead and peak of a lower-set sequence ----*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_FORMULA_H
#define REMAT_PLANNING_RECOMPUTE_FORMULA_H

#include "remat/Planning/Recompute/LowerSets.h"

namespace remat::planning {

/// What the canonical strategy of a lower-set sequence costs and needs, without
/// liveness.
struct SequenceFormula {
  int64_t overhead = 0;              ///< sum of T(V_i \ boundary(L_i)): the last segment counts
  int64_t peak = 0;                  ///< largest segment peak
  std::vector<int64_t> segmentPeaks; ///< Eq. 2, by segment
};

/// Evaluates the formula of Kusumoto et al. 2019, section 3, word for word, and
/// shares no code with the programs that optimise it.
/// Requires: `sequence` holds lower sets by node, each strictly inside the next,
/// the last the whole graph. Cost: O(k (n + E)).
///
/// Example: a chain of three unit nodes, each its own segment
///   -> overhead 1 (the sink), segment peaks 4, 4, 4
SequenceFormula evaluateSequence(const LowerSetGraph &graph,
                                 const std::vector<std::vector<int32_t>> &sequence);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_FORMULA_H
