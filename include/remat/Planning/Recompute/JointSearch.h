//===- JointSearch.h - lower-set candidates for a joint graph ---*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_JOINTSEARCH_H
#define REMAT_PLANNING_RECOMPUTE_JOINTSEARCH_H

#include "remat/Planning/Recompute/CandidatePool.h"
#include "remat/Planning/Recompute/Realise.h"

namespace remat::planning {

/// What a search saw; for `PlanResult::statistics`.
struct JointSearchReport {
  int64_t lowerSets = 0; ///< of the largest family
  int64_t programs = 0, states = 0, grid = 0;
  bool stopped = false;
  bool tooLarge = false; ///< the exact family has too many sets
};

/// The exact family is refused above this: 30000^2 / 2 pairs of sets per program.
inline constexpr int64_t maxJointLowerSets = 30000;

/// Up to this many nodes Chen's sequence is among the candidates of kusumoto;
/// larger forwards would mostly wait for the list of its lower sets.
inline constexpr int32_t maxNodesForChen = 512;

/// Offers the plans of Chen et al. 2016 (see Chen.h) on the nodes of `forward`:
/// every retention and placement of the one sequence each gives. `tag` is the
/// group and the start of the origin of each candidate.
JointSearchReport offerChen(const JointForward &forward, const StrategyOptions &options,
                            const Candidate &tag, CandidatePool &pool);

/// Offers plans of the lower-set program. Its bound b, of the formula, says
/// little about the peak of a joint graph, so b is sampled: between the smallest
/// with an answer and the whole work, in equal ratios, then where the peaks of
/// neighbouring answers lie furthest apart. The samples depend on the problem
/// and not on the budget. Each answer is realised with every placement; each
/// retention has its own program. The formula charges the last segment like any
/// other although it is kept, so in short forwards no bound's answer cuts where
/// liveness gains most; up to `maxNodesForChen` nodes Chen's sequence is offered
/// too, unless the exact family is too large.
/// Cost: up to 17 programs for each objective and retention, O(s^2) transitions
/// each for s lower sets; the approximate family is thinned to 512.
JointSearchReport offerKusumoto(const JointForward &forward, const StrategyOptions &options,
                                const Candidate &tag, CandidatePool &pool);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_JOINTSEARCH_H
