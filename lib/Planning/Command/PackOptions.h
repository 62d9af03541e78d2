//===- PackOptions.h - the command line of remat-plan pack ------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_COMMAND_PACKOPTIONS_H
#define REMAT_PLANNING_COMMAND_PACKOPTIONS_H

#include "CommandLine.h"
#include "remat/Planning/Arena/Pack.h"

#include <variant>

namespace remat::planning {

/// The command line of remat-plan pack after checking. Paths may be "-".
struct PackCommandOptions {
  std::string input;
  std::string output = "-";
  std::string verify; ///< empty: pack instead
  std::optional<Bytes> capacity;
  arena::PackOptions pack;
};

/// Reads a command line whose first word is "pack". Errors: InvalidOption naming the
/// option, the value and what is known.
Result<std::variant<PackCommandOptions, PlanInformation>> parsePackOptions(int argc, char **argv);

} // namespace remat::planning

#endif // REMAT_PLANNING_COMMAND_PACKOPTIONS_H
