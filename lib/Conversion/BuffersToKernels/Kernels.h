//===- Kernels.h - kernels out of parts of a step ---------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_CONVERSION_BUFFERSTOKERNELS_KERNELS_H
#define REMAT_CONVERSION_BUFFERSTOKERNELS_KERNELS_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/StringMap.h"

namespace remat {

/// Threads of a block, where a kernel has as many. Blocks of 256 threads fill a
/// multiprocessor of every chip from sm_80 on, of 2048 threads or of 1536 (CUDA C++
/// programming guide, "Compute capabilities").
inline constexpr int64_t kBlockThreads = 256;

/// Opens a `gpu.launch` of `threads` threads in one dimension, whose body the builder then
/// stands in, behind what ends the threads that are too many. Returns the launch and the
/// number of the thread, of type i32 (i64 beyond 2^31 threads).
std::pair<mlir::gpu::LaunchOp, mlir::Value> openLaunch(mlir::OpBuilder &builder, mlir::Location loc,
                                                       int64_t threads);

/// Replaces `op` by a launch with one thread per element of its parallel dimensions; the
/// reduction dimensions become loops in the thread, in the order of the op.
/// Errors: a dynamic shape.
mlir::FailureOr<mlir::gpu::LaunchOp> launchGeneric(mlir::linalg::GenericOp op);

/// True if `buffer` is, or is a view of, a constant of the module.
bool isOfGlobal(mlir::Value buffer);

/// The kernels of a module: equal ones are one.
class KernelModule {
public:
  explicit KernelModule(mlir::ModuleOp module);

  /// Moves the body of `launch` to a kernel and replaces it by a `gpu.launch_func`. What the
  /// body reads from outside becomes parameters: buffers and numbers. Constants, and views
  /// whose place is known at run time only, move into the kernel.
  /// Errors: a value that no parameter can carry.
  mlir::LogicalResult outline(mlir::gpu::LaunchOp launch, llvm::StringRef name);

private:
  void sinkInto(mlir::gpu::LaunchOp launch);
  void copyGlobals(mlir::gpu::GPUFuncOp kernel);
  mlir::gpu::GPUFuncOp merge(mlir::gpu::GPUFuncOp kernel, llvm::StringRef name);

  mlir::SymbolTable symbols;
  mlir::gpu::GPUModuleOp kernels;
  mlir::SymbolTable kernelSymbols;
  llvm::StringMap<mlir::gpu::GPUFuncOp> byText;
};

} // namespace remat

#endif // REMAT_CONVERSION_BUFFERSTOKERNELS_KERNELS_H
