//===- Pareto.h - cost against budget, as a curve ---------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_PARETO_H
#define REMAT_PLANNING_RECOMPUTE_PARETO_H

#include "remat/Planning/Recompute/Strategy.h"

namespace remat::planning {

/// The version of pareto.json that this build writes.
inline constexpr int64_t kParetoSchemaVersion = 1;

struct ParetoPoint {
  Plan plan;
  Cost bound; ///< certified: no plan with this peak or a smaller one costs less
};

/// Plans from the smallest peak reached to the base order (or a plan of the same
/// cost and a smaller peak): peaks rise strictly and costs fall strictly.
struct ParetoCurve {
  std::vector<ParetoPoint> points; ///< at least one
  Bytes plainPeak;
  Floor floor; ///< proven: no schedule of this base order has a smaller peak
  std::string strategy;
  bool stopped = false;   ///< by `options.progress`
  std::string stopReason; ///< for the file and people, where something ended it early
  /// flows, work: in all; plan_flows, plan_work: of the one plan that the curve
  /// starts from. Deterministic.
  std::vector<std::pair<std::string, int64_t>> statistics;
};

/// Plans for every budget with strategy best: one plan from nothing for the middle
/// budget, and the others from their neighbours, so that all take at most three
/// times the flows and the work of that one (or of 100 units of work an op, where
/// it took less). `options.budget`, `order` and `warmStart` are not used.
/// Errors: InvalidInput when `solve` refuses the problem.
Result<ParetoCurve> paretoOf(const Problem &problem, const StrategyOptions &options);

/// What a byte less costs from a point to the next one, in cost units per byte.
double priceOfByte(const ParetoPoint &point, const ParetoPoint &next);

/// Writes pareto.json in the form of docs/concepts/pareto.md. Equal curves give
/// equal bytes.
std::string writePareto(const Problem &problem, const ParetoCurve &curve);

/// The curve as a table for people, the largest peak first.
std::string describePareto(const Problem &problem, const ParetoCurve &curve);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_PARETO_H
