//===- CandidatePool.cpp - the cheapest plan that fits --------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/CandidatePool.h"

#include <tuple>

namespace remat::planning {

Bytes CandidatePool::offer(Candidate candidate) {
  ++count;
  Plan &plan = candidate.plan;
  Simulation simulation = simulate(problem, plan.schedule);
  plan.peak = simulation.peak;
  plan.cost = simulation.cost;
  if (limit && plan.peak <= *limit &&
      (!cheapest ||
       std::tie(plan.cost, plan.peak) < std::tie(cheapest->plan.cost, cheapest->plan.peak)))
    cheapest = candidate;
  if (!smallestPeak ||
      std::tie(plan.peak, plan.cost) < std::tie(smallestPeak->plan.peak, smallestPeak->plan.cost))
    smallestPeak = std::move(candidate);
  return simulation.peak;
}

} // namespace remat::planning
