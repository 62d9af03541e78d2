//===- PlanOptions.h - the command line of remat-plan -----------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_COMMAND_PLANOPTIONS_H
#define REMAT_PLANNING_COMMAND_PLANOPTIONS_H

#include "CommandLine.h"
#include "remat/Planning/Recompute/Problem.h"
#include "remat/Planning/Recompute/Strategy.h"

#include <optional>
#include <string>
#include <variant>

namespace remat::planning {

enum class InputFormat { Problem, Neutral, Paper, Checkmate };
std::string_view toString(InputFormat format);
std::optional<InputFormat> parseInputFormat(std::string_view text);

/// The command line of remat-plan after checking. Paths may be "-".
struct PlanOptions {
  std::string input;
  InputFormat format = InputFormat::Problem;
  std::string graph; ///< empty: the only one of the file
  StrategyOptions strategy;
  std::optional<BudgetScope> scope;   ///< absent: the format's own
  const DeviceTable *table = nullptr; ///< null: the format's own
  bool foldFree = false;
  std::string output = "-";
  std::string emitFolded, emitJoint, emitPaper, emitProblem; ///< empty: none
  std::string verify;                                        ///< empty: plan instead
  std::string warmStart;                                     ///< empty: from nothing
  bool pareto = false;
  std::optional<double> timeLimit; ///< seconds
  bool progress = false;
};

/// Reads a command line. Errors: InvalidOption naming the option, the value and
/// what is known.
Result<std::variant<PlanOptions, PlanInformation>> parsePlanOptions(int argc, char **argv);

} // namespace remat::planning

#endif // REMAT_PLANNING_COMMAND_PLANOPTIONS_H
