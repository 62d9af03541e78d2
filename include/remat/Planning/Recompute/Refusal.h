//===- Refusal.h - why no plan fits, in words -------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_REFUSAL_H
#define REMAT_PLANNING_RECOMPUTE_REFUSAL_H

#include "remat/Planning/Recompute/Plan.h"

#include <optional>
#include <string>
#include <vector>

namespace remat::planning {

/// What a budget bounds.
enum class BudgetOf {
  Peak,    ///< the peak of the plan in the problem's scope
  Formula, ///< the formula of a paper graph
};

/// Returns the error that no plan fits or, above the floor, was found: budget, floor,
/// what the strategy reaches, what to do: a larger budget, or one of `less`, options
/// such as "effort=max" that may reach a smaller peak, unless the budget is below what
/// any schedule needs. `remark`, if not empty, says what kept the strategy from more.
/// Strategies make it their `stopReason`; tools print that. Requires: `result` has
/// `budget`, `witness`, `strategy` and `smallestPeak`, and no plan. Cost: O(sum of
/// degrees).
std::string describeRefusal(const Problem &problem, const PlanResult &result, BudgetOf what,
                            const std::string &remark, const std::vector<std::string> &less);

/// A line below the error, and what it is about: a value, an op, or neither: the
/// outputs.
struct RefusalNote {
  std::string text;
  OpId op = kNoOp;
  std::optional<ValueId> value;
};

/// Returns the notes of a refusal: who makes the peak, then the largest live
/// values. Empty without a witness.
std::vector<RefusalNote> refusalNotes(const Problem &problem, const PlanResult &result);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_REFUSAL_H
