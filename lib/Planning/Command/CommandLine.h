//===- CommandLine.h - parsing with errors in our form ----------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_COMMAND_COMMANDLINE_H
#define REMAT_PLANNING_COMMAND_COMMANDLINE_H

#include "remat/Planning/Support/Status.h"

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace remat::planning {

/// Text to print on stdout before leaving with status 0: --help or --version.
struct PlanInformation {
  std::string text;
};

/// Gives `app` --help and the settings that all our commands share; its options come after.
void prepareApp(CLI::App &app);

/// Parses a command line; returns what is to be printed instead of working, if that is
/// asked for. Errors: InvalidOption naming the option, also for one that is
/// unknown or given twice and for a second input.
Result<std::optional<PlanInformation>> parseCommandLine(CLI::App &app, int argc, char **argv);

} // namespace remat::planning

#endif // REMAT_PLANNING_COMMAND_COMMANDLINE_H
