//===- Refusal.cpp - why no plan fits, in words ---------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Refusal.h"

namespace remat::planning {

namespace {

bool isBelowFloor(const PlanResult &result) {
  return result.budget && *result.budget < result.witness->floor;
}

std::string advice(const std::vector<std::string> &options) {
  std::string text = "raise the budget to that, or set it to min";
  for (size_t i = 0; i < options.size(); ++i)
    text += (i == 0 ? "; " : " or ") + options[i];
  return text + (options.empty() ? "" : " may reach less");
}

} // namespace

std::string describeRefusal(const Problem &problem, const PlanResult &result, BudgetOf what,
                            const std::string &remark, const std::vector<std::string> &less) {
  bool hopeless = *result.budget < floorOf(problem).bytes; // in every order
  return (isBelowFloor(result) ? "no plan fits the budget "
                               : "found no plan that fits the budget ") +
         formatBytes(*result.budget) +
         (what == BudgetOf::Formula ? " of the formula"
                                    : ", scope " + std::string(toString(problem.scope))) +
         (isBelowFloor(result) ? ": it is below the floor " : ": the floor is ") +
         formatBytes(result.witness->floor) + (remark.empty() ? "" : "; " + remark) +
         "; the smallest peak that " + result.strategy + " reaches is " +
         formatBytes(result.smallestPeak) + "; " +
         advice(hopeless ? std::vector<std::string>() : less);
}

std::vector<RefusalNote> refusalNotes(const Problem &problem, const PlanResult &result) {
  std::vector<RefusalNote> notes;
  if (!result.witness)
    return notes;
  const Graph &graph = problem.graph;
  const Witness &witness = *result.witness;
  bool belowFloor = isBelowFloor(result);
  if (witness.op != kNoOp)
    notes.push_back({graph.describe(witness.op) +
                         (!belowFloor ? " is where most is live"
                          : witness.floor > floorOf(problem).bytes
                              ? " sets the floor: what it reads and makes, and what must be kept "
                                "over it"
                              : " sets the floor: its inputs and results are live together"),
                     witness.op,
                     {}});
  else if (belowFloor)
    notes.push_back({"the outputs set the floor: they are live together at the end", kNoOp, {}});
  for (const Witness::LiveValue &live : witness.largest) {
    const Value &value = graph.values[live.value];
    std::string name = value.name.empty() ? "value " + std::to_string(live.value) : value.name;
    std::string origin =
        value.producer == kNoOp ? "an argument" : "from " + graph.describe(value.producer);
    notes.push_back({"live there: " + name + ", " + formatBytes(live.bytes) + ", " + origin, kNoOp,
                     live.value});
  }
  return notes;
}

} // namespace remat::planning
