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

std::string percent(int64_t part, int64_t whole) {
  double share = whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", share);
  return text;
}

/// "1234 units", or a time with its exact count.
std::string formatCost(Cost cost, CostUnit unit) {
  std::string exact = std::to_string(cost.count) + " ";
  if (unit == CostUnit::Units)
    return exact + "units";
  char text[32];
  std::snprintf(text, sizeof text, "%.6g us", static_cast<double>(cost.count) / 1e9);
  return exact + "fs (" + text + ")";
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
  std::string text = (problem.graph.name.empty() ? "plan" : problem.graph.name) + ": " +
                     std::string(toString(result.status)) + ", " + result.strategy + "\n";
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
          formatBytes(plan.peak) + ", " + percent(plan.peak.count, result.plainPeak.count) +
              " of the plain peak");
  addLine(text, "overhead",
          percent(plan.cost.count - base.count, base.count) + ": cost " +
              formatCost(plan.cost, problem.costUnit) + ", plain " +
              formatCost(base, problem.costUnit) + ", bound " +
              formatCost(result.bound, problem.costUnit));
  addLine(text, "executions",
          std::to_string(plan.schedule.size()) + " of " + std::to_string(problem.graph.ops.size()) +
              " ops, " + std::to_string(plan.schedule.size() - problem.graph.ops.size()) +
              " recomputations");
  return text;
}

Refusal describeRefusal(const Problem &problem, const PlanResult &result, bool ofFormula) {
  Refusal refusal;
  refusal.message = "no plan fits";
  if (result.budget)
    refusal.message +=
        " the budget " + formatBytes(*result.budget) +
        (ofFormula ? " of the formula" : " (scope " + std::string(toString(problem.scope)) + ")");
  if (!result.witness) {
    refusal.message += ": " + result.stopReason;
    return refusal;
  }
  const Witness &witness = *result.witness;
  std::string place =
      witness.op == kNoOp ? "the end, among the outputs" : problem.graph.describe(witness.op);
  if (result.budget && *result.budget < witness.floor)
    refusal.message += ": the floor is " + formatBytes(witness.floor) + ", at " + place;
  else
    refusal.message +=
        ": most is live at " + place + "; the floor is " + formatBytes(witness.floor);
  refusal.message += "; the smallest peak that " + result.strategy + " reaches is " +
                     formatBytes(result.smallestPeak) +
                     "; raise the budget to that, or ask for --budget=min";
  for (const Witness::LiveValue &live : witness.largest) {
    const Value &value = problem.graph.values[live.value];
    std::string name = value.name.empty() ? "value " + std::to_string(live.value) : value.name;
    refusal.notes.push_back(
        "live there: " + name + ", " + formatBytes(live.bytes) + ", " +
        (value.producer == kNoOp ? "argument" : "from " + problem.graph.describe(value.producer)));
  }
  return refusal;
}

} // namespace remat::planning
