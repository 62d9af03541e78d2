//===- Chen.h - segments of about equal size at articulation sets -*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_CHEN_H
#define REMAT_PLANNING_RECOMPUTE_CHEN_H

#include "remat/Planning/Recompute/LowerSets.h"

namespace remat::planning {

/// Returns the lower-set sequence L_1 ... L_k = V of Chen et al. 2016 as the
/// authors of Kusumoto et al. 2019 evaluated it: candidates are the sets of
/// `family` with one boundary node, the empty set and V, in order of their bytes
/// M(L), the sum of `cached`. With s = M(V) / floor(sqrt(#candidates)), a
/// candidate is taken when its bytes exceed a threshold that starts at s and then
/// rises by s until it reaches the candidate's bytes. A candidate that does not contain the one
/// taken before it is passed over. Cost: O(#L (n + log #L)). It does not look at a budget.
std::vector<int32_t> chenSequence(const LowerSetFamily &family);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_CHEN_H
