//===- StepBound.cpp - what every plan within a limit costs ---------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StepBound.h"

#include "remat/Planning/Search/PebbleBound.h"

#include <algorithm>

namespace remat::planning::search {

namespace {

/// Ops times cuts, and ops times flows, that the first bounds of small graphs may
/// take beyond the usual numbers.
constexpr int64_t kSingleOps = 20'000, kJointOps = 100'000;
/// Graphs of so many ops are bounded with more work than larger ones.
constexpr int32_t kSmallOps = 500;
/// Single cuts that a hurried search tries.
constexpr size_t kHurryCuts = 4;
/// Ops times flows of a branched bound, at most.
constexpr int64_t kBranchOps = 400'000;

/// States of pebble games allowed for each of an effort's flows of branching. They count as
/// work, not as flows, and the branching that may follow keeps all its flows.
constexpr int64_t kPebblesPerFlow = 100;

} // namespace

bool StepBound::isSmall() const { return graph.opCount() <= kSmallOps; }

void StepBound::relax(bool hurried) {
  auto tried = static_cast<size_t>(std::clamp<int64_t>(kSingleOps / graph.opCount(), 12, 64));
  CutBound cuts = bestSingleCutBound(graph, limit, hurried ? kHurryCuts : tried, limits.boundFlows);
  flowCount += cuts.flows;
  if (cuts.infeasible) {
    proof = Floor{Bytes(cuts.least + graph.fixedBytes()), cuts.witness};
    return;
  }
  if (!cuts.choices.empty())
    bestCut = cuts.choices.front().cut;
  bestSingle = cuts.extra;
  JointBoundOptions joint;
  joint.flows =
      std::max(limits.boundFlows, std::min(limits.branchFlows, kJointOps / graph.opCount()));
  joint.twice = limits.branchFlows > 0 && isSmall();
  joint.offer = offer;
  known = jointBound(graph, limit, cuts, joint);
  flowCount += known.flows - cuts.flows;
  bound = known.extra;
  offer(known.choices);
}

/// Raises the bound, or proves that there is no plan, by games on the hardest spans.
void StepBound::play(std::optional<int64_t> enough) {
  PebbleOptions pebbles{limits.branchFlows * kPebblesPerFlow, enough, known.tried};
  if (!known.choices.empty())
    pebbles.later.push_back({known.choices.front().cut, known.extra});
  PebbleBound played = pebbleBound(graph, limit, pebbles);
  workCount += played.work;
  if (played.infeasible)
    proof = Floor{Bytes(limit + graph.fixedBytes() + 1), played.witness};
  bound = std::max(bound, played.extra);
}

void StepBound::branch(std::optional<int64_t> enough) {
  int64_t most = limits.branchFlows * (graph.opCount() <= kTinyOps ? 2 : 1);
  int64_t flows = std::min(most, kBranchOps / graph.opCount());
  if (flows == 0)
    return;
  play(enough);
  if (proof || (enough && bound >= *enough))
    return;
  BranchedJointOptions branched;
  branched.flows = flows / 2;
  branched.enough = enough;
  if (known.extra - known.extra / 10 <= bestSingle) { // one cut alone may gain as much
    CutBound single = branchedCutBound(graph, limit, bestCut, flows / 2, enough);
    flowCount += single.flows;
    bound = std::max(bound, single.extra);
    offer(single.choices);
  } else if (isSmall()) {
    branched.flows = flows;
  }
  if (isSmall())
    branched.mostFlows = 2 * flows;
  branched.offer = offer;
  CutBound cuts = branchedJointBound(graph, limit, known, branched);
  flowCount += cuts.flows - known.flows;
  bound = std::max(bound, cuts.extra);
}

} // namespace remat::planning::search
