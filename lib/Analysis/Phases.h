//===- Phases.h - forward, backward, update ---------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_ANALYSIS_PHASES_H
#define REMAT_ANALYSIS_PHASES_H

#include "remat/Planning/Graph/Graph.h"

#include <vector>

namespace remat {

/// Returns for each op the last one that reads a value, not a constant, that an op
/// up to that one makes; kNoOp if none does. Cost: O(V + E).
std::vector<planning::OpId> lastReaders(const planning::Graph &graph);

/// Returns the op at which most bytes are live in base order, arguments left
/// out; the first such op.
planning::OpId plainPeak(const planning::Graph &graph);

/// Sets the phase of every op: forward up to `end`; update for the longest tail
/// of ops of cheap kinds (elementwise, broadcast, view, constant) whose every
/// result ends, through such ops only, in donated outputs; backward between.
/// Cost: O(V + E).
void setPhases(planning::Graph &graph, planning::OpId end);

} // namespace remat

#endif // REMAT_ANALYSIS_PHASES_H
