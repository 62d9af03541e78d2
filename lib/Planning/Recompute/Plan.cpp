//===- Plan.cpp - a schedule and what it promises -------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Plan.h"

#include "Spelling.h"

namespace remat::planning {

namespace {

constexpr Spelling<PlanStatus> statuses[] = {
    {PlanStatus::Optimal, "optimal"},
    {PlanStatus::Feasible, "feasible"},
    {PlanStatus::Infeasible, "infeasible"},
    {PlanStatus::NoPlanFound, "no-plan-found"},
    {PlanStatus::InvalidProblem, "invalid-problem"},
};

constexpr Spelling<PlanOrder> orders[] = {{PlanOrder::Base, "base"},
                                          {PlanOrder::Reorder, "reorder"}};

} // namespace

std::string_view toString(PlanOrder order) { return spell(orders, order); }
std::optional<PlanOrder> parsePlanOrder(std::string_view text) { return findSpelled(orders, text); }

std::string_view toString(PlanStatus status) { return spell(statuses, status); }

std::optional<PlanStatus> parsePlanStatus(std::string_view text) {
  return findSpelled(statuses, text);
}

} // namespace remat::planning
