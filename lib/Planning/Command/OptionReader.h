//===- OptionReader.h - what the command line means -------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_COMMAND_OPTIONREADER_H
#define REMAT_PLANNING_COMMAND_OPTIONREADER_H

#include "PlanOptions.h"

#include <set>
#include <string>

namespace remat::planning {

/// The options as text, before they are given meaning.
struct RawOptions {
  std::string input, format = "problem", graph;
  std::string strategy, effort = "default", order = "base", family = "approx", objective = "best",
                        lastSegment, granularity = "auto", budget, scope, cost, timeLimit;
  std::string output = "-", emitFolded, emitJoint, emitPaper, emitProblem, verify, warmStart;
  bool foldFree = false, pareto = false, progress = false;
  std::set<std::string> given; ///< "--budget"; spelled long
};

/// Returns the names of all cost tables, with `separator` between them.
std::string deviceTableNames(const std::string &separator);

/// Reads the options one by one and checks that they go together. Errors: InvalidOption
/// naming the option, the value and what is known; also for an option without effect.
Result<PlanOptions> readOptions(const RawOptions &raw);

} // namespace remat::planning

#endif // REMAT_PLANNING_COMMAND_OPTIONREADER_H
