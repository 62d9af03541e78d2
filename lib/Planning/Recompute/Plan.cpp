//===- Plan.cpp - a schedule and what it promises -------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Plan.h"

#include <utility>

namespace remat::planning {

namespace {

constexpr std::pair<PlanStatus, std::string_view> statuses[] = {
    {PlanStatus::Optimal, "optimal"},
    {PlanStatus::Feasible, "feasible"},
    {PlanStatus::Infeasible, "infeasible"},
    {PlanStatus::NoPlanFound, "no-plan-found"},
    {PlanStatus::InvalidProblem, "invalid-problem"},
};

} // namespace

std::string_view toString(PlanStatus status) {
  for (auto [candidate, text] : statuses)
    if (candidate == status)
      return text;
  return "invalid-problem";
}

std::optional<PlanStatus> parsePlanStatus(std::string_view text) {
  for (auto [status, spelling] : statuses)
    if (spelling == text)
      return status;
  return std::nullopt;
}

} // namespace remat::planning
