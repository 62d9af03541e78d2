//===- Realise.h - lower-set sequences as schedules of a joint graph -*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_REALISE_H
#define REMAT_PLANNING_RECOMPUTE_REALISE_H

#include "remat/Planning/Graph/Layers.h"
#include "remat/Planning/Recompute/LowerSets.h"
#include "remat/Planning/Recompute/Strategy.h"

namespace remat::planning {

/// Which values of a segment wait for the backward.
enum class Retention {
  Crossing, ///< those that a later segment reads
  Whole,    ///< all values of a node of which a later segment reads one
};

/// Where missing values are computed again.
enum class Placement {
  Segment,    ///< at the first need, all of the segment that is still read
  JustInTime, ///< at the first need of each value, it and what it needs
};

/// The forward of a joint problem as lower-set strategies see it, and the way
/// back from a lower-set sequence to a schedule.
class JointForward {
public:
  /// Requires: `problem.check()`, and that `problem` outlives this object.
  JointForward(const Problem &problem, Granularity granularity);

  int32_t nodeCount() const { return static_cast<int32_t>(forward.members.size()); }
  int64_t edgeCount() const;

  /// Returns the numbers of the formula, in bytes of the problem's scope. A
  /// node's cached bytes are those of its values that other nodes read (and, for
  /// Whole, that the backward reads); its work is the bytes of all these values
  /// and of the gradients of the crossing ones. Values that the caller gets back
  /// stay anyway and weigh nothing. Cost: O(V + E).
  LowerSetGraph lowerSetGraph(Retention retention) const;

  /// Returns the schedule of a sequence: every op once in base order; behind the
  /// forward, before an op that reads a value which its segment did not retain,
  /// what is needed to compute it again, in base order, each op at most once.
  /// Values that an op outside the nodes makes (arguments, ops that may not run
  /// again) stay as long as they are read. Liveness frees the rest.
  /// `segmentOf[node]`: index i of the segment V_i, from 0 to `segments` - 1.
  /// Cost: O(V + E).
  Schedule realise(const std::vector<int32_t> &segmentOf, int32_t segments, LastSegment lastSegment,
                   Retention retention, Placement placement) const;

private:
  bool isNode(OpId op) const { return op != kNoOp && forward.nodeOf[op] >= 0; }

  const Problem &problem;
  ForwardGraph forward;
  std::vector<char> isOutput;       ///< by value
  std::vector<char> crosses;        ///< by value: another node reads it
  std::vector<OpId> lastLateReader; ///< by value: last op outside the forward that reads it
};

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_REALISE_H
