//===- Plan.h - a schedule and what it promises -----------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_PLAN_H
#define REMAT_PLANNING_RECOMPUTE_PLAN_H

#include "remat/Planning/Recompute/Problem.h"

namespace remat::planning {

/// Executions in order, by position in `Graph::ops`. An op's first occurrence
/// is its execution, a later one a recomputation.
using Schedule = std::vector<OpId>;

/// The order of a plan's first executions.
enum class PlanOrder {
  Base,    ///< the base order
  Reorder, ///< any other order that keeps what rule R2 asks for
};
std::string_view toString(PlanOrder order);
std::optional<PlanOrder> parsePlanOrder(std::string_view text);

/// A schedule and its promises, all of which `verify` recomputes.
struct Plan {
  Schedule schedule;
  Bytes peak; ///< in the problem's scope
  Cost cost;  ///< sum over executions
  PlanOrder order = PlanOrder::Base;
};

enum class PlanStatus {
  Optimal,     ///< cost equals the bound, which speaks of the plan's order
  Feasible,    ///< fits; a cheaper plan may exist
  Infeasible,  ///< proven: no schedule fits (see witness)
  NoPlanFound, ///< this strategy found none; not a proof
  InvalidProblem,
};
std::string_view toString(PlanStatus status);
std::optional<PlanStatus> parsePlanStatus(std::string_view text);

/// Why a budget is not met: the step with the largest live bytes of the best
/// schedule known (or the op that sets the floor), and who is live there.
struct Witness {
  Bytes floor;
  OpId op = kNoOp;
  struct LiveValue {
    ValueId value;
    Bytes bytes;
  };
  std::vector<LiveValue> largest; ///< at most 8, by bytes, ties by id
};

/// The answer under the paper's formula (inputs of --format=paper): overhead
/// and peak of the canonical strategy, in the graph's own units.
struct FormulaAnswer {
  Cost overhead;
  Bytes peak;
  std::vector<std::vector<int32_t>> sequence; ///< lower sets L_1 ... L_k, ascending ids
};

struct PlanResult {
  PlanStatus status = PlanStatus::NoPlanFound;
  std::string strategy;   ///< with its options: "kusumoto family=approx objective=time"
  std::string stopReason; ///< one line for people
  std::optional<Plan> plan;
  Cost bound;         ///< certified lower bound on the cost of plans in the plan's order
  Bytes plainPeak;    ///< of the base order
  Bytes smallestPeak; ///< smallest the strategy reached
  std::optional<Bytes> budget;
  std::optional<Witness> witness;
  std::optional<FormulaAnswer> formula;
  /// Counters for reports: lower sets, nodes, programs run, time grid, ...
  /// (deterministic: no clocks).
  std::vector<std::pair<std::string, int64_t>> statistics;
};

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_PLAN_H
