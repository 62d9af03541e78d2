//===- CandidatePool.h - the cheapest plan that fits ------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_CANDIDATEPOOL_H
#define REMAT_PLANNING_RECOMPUTE_CANDIDATEPOOL_H

#include "remat/Planning/Recompute/Simulator.h"

namespace remat::planning {

/// A plan, and where it came from.
struct Candidate {
  Plan plan;
  std::string origin; ///< for people: "granularity=layer objective=time ..."
  int64_t group = 0;  ///< which of a strategy's searches made it
  int64_t bound = 0;  ///< of the formula, where one was used
};

/// Takes schedules one by one and remembers two: the cheapest whose peak fits,
/// of these the one with the smallest peak; and the one with the smallest peak,
/// of these the cheapest. The first offered wins a full tie. When strategies
/// offer the same schedules whatever the budget is, a smaller budget never
/// answers with a larger peak.
class CandidatePool {
public:
  /// `limit`: the budget; nothing asks for the smallest peak.
  CandidatePool(const Problem &problem, std::optional<Bytes> limit)
      : problem(problem), limit(limit) {}

  /// Simulates `candidate.plan.schedule`, fills in peak and cost, keeps the
  /// candidate if it is better, and returns its peak.
  Bytes offer(Candidate candidate);

  const Candidate &smallest() const { return *smallestPeak; } ///< Requires: an offer
  /// The answer, if any schedule fits.
  const std::optional<Candidate> &best() const { return limit ? cheapest : smallestPeak; }
  int64_t offers() const { return count; }

private:
  const Problem &problem;
  std::optional<Bytes> limit;
  std::optional<Candidate> cheapest, smallestPeak;
  int64_t count = 0;
};

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_CANDIDATEPOOL_H
