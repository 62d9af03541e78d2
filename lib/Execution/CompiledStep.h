//===- CompiledStep.h - a step as machine code ---------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_EXECUTION_COMPILEDSTEP_H
#define REMAT_EXECUTION_COMPILEDSTEP_H

#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/IR/MLIRContext.h"
#include "remat/Planning/Support/Units.h"
#include "remat/Runtime/Device.h"
#include "remat/Runtime/Elements.h"

#include <memory>
#include <vector>

namespace remat {

/// What runs a step.
enum class StepTarget {
  Cpu,
  Emulator, ///< Kernels for a GPU, on an emulated one.
  Cuda,     ///< Kernels for a GPU of this machine.
};

/// A step that is ready to run in this process.
class CompiledStep {
public:
  /// Reads the program at `path`, a step on tensors in which recompute regions may
  /// stand, and compiles its function `entry` (or the only public one) for this
  /// machine, or for kernels and a host that launches them; `chip` is that of the GPU. Errors are
  /// printed as diagnostics: what cannot be read, bufferised or lowered, and arguments and results
  /// that are no static tensors of numbers.
  static std::unique_ptr<CompiledStep> compile(const std::string &path, const std::string &entry,
                                               mlir::MLIRContext &context,
                                               StepTarget target = StepTarget::Cpu,
                                               const std::string &chip = "");

  /// Runs once. `buffers` holds the addresses of all arguments, of all results and of
  /// the arena. The step may write over its arguments.
  void run(llvm::ArrayRef<std::byte *> buffers) const;

  /// Launches the kernels of one run, which `session` has loaded. The addresses are those of
  /// its device. What fails is left in `session`.
  void run(llvm::ArrayRef<std::byte *> buffers, DeviceSession &session) const;

  const std::string file;
  std::vector<BufferSpec> arguments, results;
  planning::Bytes arena{0};
  planning::Bytes live{0}; ///< The most bytes of the arena that are needed at once.
  double compileSeconds = 0;
  std::string kernels; ///< In the format of the device; none for the CPU.

private:
  explicit CompiledStep(std::string file) : file(std::move(file)) {}

  std::unique_ptr<mlir::ExecutionEngine> engine;
  void (*function)(void **) = nullptr;
};

/// Returns the bytes of `specs` together.
planning::Bytes totalBytes(const std::vector<BufferSpec> &specs);

} // namespace remat

#endif // REMAT_EXECUTION_COMPILEDSTEP_H
