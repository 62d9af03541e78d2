//===- PlanCommand.h - the remat-plan command -------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_COMMAND_PLANCOMMAND_H
#define REMAT_PLANNING_COMMAND_PLANCOMMAND_H

#include "remat/Planning/Recompute/Strategy.h"

#include <functional>

namespace remat::planning {

/// What plans: `solve`, or in tests something worse.
using Planner = std::function<PlanResult(const Problem &, const StrategyOptions &)>;

/// Exit statuses of remat-plan.
enum PlanExit : int {
  PlanExitDone = 0,          ///< a plan was found, or the given one holds
  PlanExitRefused = 1,       ///< no plan fits, or the given plan breaks a rule
  PlanExitBadInput = 2,      ///< an option or a file is wrong
  PlanExitDefect = 3,        ///< a plan of ours failed its check: a defect
  PlanExitInterrupted = 130, ///< by SIGINT; the best plan so far was written, if any
  PlanExitTerminated = 143   ///< by SIGTERM; likewise
};

/// Runs remat-plan: reads a problem, plans or verifies, writes plan.json, says
/// on stderr what came out, and returns the exit status.
int runPlanCommand(int argc, char **argv, const Planner &planner = solve);

} // namespace remat::planning

#endif // REMAT_PLANNING_COMMAND_PLANCOMMAND_H
