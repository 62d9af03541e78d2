//===- RunCommand.h - the remat-run command ------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_EXECUTION_RUNCOMMAND_H
#define REMAT_EXECUTION_RUNCOMMAND_H

#include "CompiledStep.h"
#include "mlir/IR/DialectRegistry.h"

#include <cstdint>
#include <optional>
#include <string>

namespace remat {

/// How remat-run ends.
enum RunExit {
  RunExitEqual = 0,     ///< All results are equal, as far as they were compared.
  RunExitDifferent = 1, ///< A result differs, or is too far from the reference.
  RunExitBadInput = 2,  ///< An option or a file is wrong, or memory is missing.
};

/// What the command line says.
struct RunOptions {
  std::string before;
  std::string after; ///< Empty: one program runs alone.
  std::string inputs = "random";
  uint64_t seed = 0;
  int repeat = 5;
  StepTarget device = StepTarget::Cpu;
  int cores = 0;         ///< Threads of a step; 0: as many as the machine has cores.
  std::string json;      ///< Empty: no file.
  std::string reference; ///< A file, a folder, or `cpu`: the first program on the CPU path.
  double tolerance = 0;
  std::string entry;
};

/// Compiles, runs and compares what `options` name, and prints the table.
RunExit runCommand(const RunOptions &options, const mlir::DialectRegistry &registry);

} // namespace remat

#endif // REMAT_EXECUTION_RUNCOMMAND_H
