//===- Summary.cpp - what remat-plan says on stderr -----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Summary.h"

#include <cstdio>

namespace remat::planning {

namespace {

std::string percent(const char *form, double share) {
  char text[32];
  std::snprintf(text, sizeof text, form, 100 * share);
  return text;
}

/// "1234 units", or a time with its exact count.
std::string formatCost(Cost cost, CostUnit unit) {
  std::string exact = std::to_string(cost.count) + " ";
  if (unit == CostUnit::Units)
    return exact + "units";
  char text[32];
  std::snprintf(text, sizeof text, "%.6g us", inMicroseconds(static_cast<double>(cost.count)));
  return exact + "fs (" + text + ")";
}

/// What status and bound speak of.
const char *orderOf(const PlanResult &result) {
  return result.plan->order == PlanOrder::Base ? "for this base order" : "for the reordered order";
}

/// "cost, gap 0.42 %": how far the plan is from what any plan must cost.
std::string formatBound(const Problem &problem, const PlanResult &result) {
  std::string gap = percent("%.2f %%", overheadOf(result.plan->cost, result.bound));
  return formatCost(result.bound, problem.costUnit) + ", gap " +
         (result.plan->cost > result.bound && gap == "0.00 %" ? "below 0.01 %" : gap) + " (" +
         orderOf(result) + ")";
}

void addLine(std::string &text, const std::string &label, const std::string &content) {
  constexpr size_t width = 14;
  text += "  " + label + std::string(label.size() < width ? width - label.size() : 1, ' ') +
          content + "\n";
}

} // namespace

std::string summarizePlan(const Problem &problem, const PlanResult &result) {
  const Plan &plan = *result.plan;
  Cost base = problem.baseCost();
  std::string scope(toString(problem.scope));
  std::string text =
      (problem.graph.name.empty() ? "plan" : problem.graph.name) + ": " +
      std::string(toString(result.status)) +
      (result.status == PlanStatus::Optimal ? std::string(" ") + orderOf(result) : "") + ", " +
      result.strategy + "\n";
  if (!result.stopReason.empty())
    addLine(text, "why", result.stopReason);
  if (result.budget)
    addLine(text, "budget",
            formatBytes(*result.budget) + (result.formula ? ", of the formula's peak" : ""));
  if (result.formula) {
    addLine(text, "formula peak", formatBytes(result.formula->peak));
    addLine(text, "formula cost",
            formatCost(result.formula->overhead, problem.costUnit) + " of recomputation");
  }
  addLine(text, "plain peak", formatBytes(result.plainPeak) + ", scope " + scope);
  addLine(text, "planned peak",
          formatBytes(plan.peak) + ", " + percent("%.1f %%", shareOf(plan.peak, result.plainPeak)) +
              " of the plain peak");
  addLine(text, "overhead",
          percent("%.1f %%", overheadOf(plan.cost, base)) + ": cost " +
              formatCost(plan.cost, problem.costUnit) + ", plain " +
              formatCost(base, problem.costUnit));
  addLine(text, "bound", formatBound(problem, result));
  addLine(text, "executions",
          std::to_string(plan.schedule.size()) + " of " + std::to_string(problem.graph.ops.size()) +
              " ops, " + std::to_string(plan.schedule.size() - problem.graph.ops.size()) +
              " recomputations");
  return text;
}

} // namespace remat::planning
