//===- VerifyClaims.cpp - what a plan file says besides its plan ----------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Like Verify.cpp, shares no code with the strategies, the simulator or the writer of plan
// files, but for the definition of the floor: the base schedule, the base cost and the
// figures are made here again.
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Verify.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace remat::planning {

namespace {

/// Of a figure plus 1: files may round what was divided.
constexpr double kRounding = 1e-6;
constexpr double kFemtosecondsPerMicrosecond = 1e9;

Error broken(const std::string &key, const std::string &what) {
  return {ErrorCode::InvalidPlan, key + ": " + what};
}

std::string show(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", number);
  return text;
}

std::string quoted(PlanStatus status) { return "\"" + std::string(toString(status)) + "\""; }

Status expectFigure(const char *key, const std::optional<double> &found, double expected) {
  if (!found || std::abs(*found - expected) <= kRounding * (1 + std::abs(expected)))
    return {};
  return broken(key, "the plan says " + show(*found) + ", expected " + show(expected));
}

/// cost / base - 1; nothing over nothing is 0.
double excessOver(Cost cost, Cost base) {
  if (cost == base)
    return 0;
  return static_cast<double>(cost.count - base.count) / static_cast<double>(base.count);
}

Cost baseCostOf(const Problem &problem) {
  Cost base;
  for (Cost one : problem.cost)
    base += one;
  return base;
}

/// That first executions stand in base order where the plan says so is rule R2.
Status checkOrder(const Plan &plan) {
  if (plan.order == PlanOrder::Base)
    return {};
  OpId next = 0; // every op before it ran
  for (OpId op : plan.schedule) {
    if (op > next)
      return {};
    next += op == next;
  }
  return broken("order", "the plan says \"" + std::string(toString(plan.order)) +
                             "\", but its first executions stand in base order; expected \"base\"");
}

Status checkStatus(const Problem &problem, const PlanResult &result) {
  const Plan &plan = *result.plan;
  if (Cost base = baseCostOf(problem); result.bound < base)
    return broken("bound", "the plan says " + std::to_string(result.bound.count) +
                               ", but no plan costs less than the base cost " +
                               std::to_string(base.count));
  if (result.bound > plan.cost)
    return broken("bound", "the plan says that none costs less than " +
                               std::to_string(result.bound.count) + ", but costs " +
                               std::to_string(plan.cost.count) + " itself");
  if (result.status != PlanStatus::Optimal && result.status != PlanStatus::Feasible)
    return broken("status", "the plan says " + quoted(result.status) +
                                " and has a schedule; expected \"feasible\" or \"optimal\"");
  if (result.status == PlanStatus::Optimal && result.bound < plan.cost)
    return broken("status", "the plan says \"optimal\", but its bound " +
                                std::to_string(result.bound.count) + " is below its cost " +
                                std::to_string(plan.cost.count) + "; expected \"feasible\"");
  if (result.status == PlanStatus::Feasible && result.bound == plan.cost)
    return broken("status", "the plan says \"feasible\", but its bound " +
                                std::to_string(result.bound.count) +
                                " is its cost; expected \"optimal\"");
  return {};
}

Status checkPeaks(const Problem &problem, const PlanResult &result) {
  Schedule base(problem.graph.ops.size());
  for (size_t op = 0; op < base.size(); ++op)
    base[op] = static_cast<OpId>(op);
  if (Bytes plain = measuredPeak(problem, base); result.plainPeak != plain)
    return broken("plain_peak", "the plan says " + formatBytes(result.plainPeak) +
                                    ", but the base order peaks at " + formatBytes(plain));
  if (result.smallestPeak > result.plan->peak)
    return broken("smallest_peak", "the plan says " + formatBytes(result.smallestPeak) +
                                       ", but peaks at " + formatBytes(result.plan->peak) +
                                       " itself");
  if (Bytes floor = floorOf(problem).bytes; result.smallestPeak < floor)
    return broken("smallest_peak", "the plan says " + formatBytes(result.smallestPeak) +
                                       ", but no schedule peaks below the floor " +
                                       formatBytes(floor));
  if (result.budget && !result.formula && result.plan->peak > *result.budget)
    return broken("budget", "the plan says " + formatBytes(*result.budget) + ", but peaks at " +
                                formatBytes(result.plan->peak));
  return {};
}

Status checkFigures(const Problem &problem, const PlanResult &result, const PlanFigures &figures) {
  Cost cost = result.plan->cost;
  if (Status status =
          expectFigure("overhead", figures.overhead, excessOver(cost, baseCostOf(problem)));
      !status)
    return status;
  if (Status status = expectFigure("gap", figures.gap, excessOver(cost, result.bound)); !status)
    return status;
  if (problem.costUnit == CostUnit::Femtoseconds)
    if (Status status = expectFigure("time_us", figures.timeMicroseconds,
                                     static_cast<double>(cost.count) / kFemtosecondsPerMicrosecond);
        !status)
      return status;
  __int128 sum = 0;
  for (OpId op : result.plan->schedule)
    sum += problem.graph.ops[op].work.flops.count;
  auto flops = static_cast<int64_t>(std::min<__int128>(sum, std::numeric_limits<int64_t>::max()));
  if (figures.totalFlops && *figures.totalFlops != flops)
    return broken("total_flops", "the plan says " + std::to_string(*figures.totalFlops) +
                                     ", but the schedule has " + std::to_string(flops));
  return {};
}

} // namespace

Status verifyClaims(const Problem &problem, const PlanResult &result, const PlanFigures &figures) {
  if (Status status = checkOrder(*result.plan); !status)
    return status;
  if (Status status = checkStatus(problem, result); !status)
    return status;
  if (Status status = checkPeaks(problem, result); !status)
    return status;
  return checkFigures(problem, result, figures);
}

} // namespace remat::planning
