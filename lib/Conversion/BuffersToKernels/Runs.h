//===- Runs.h - runs of ops on single elements ------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_CONVERSION_BUFFERSTOKERNELS_RUNS_H
#define REMAT_CONVERSION_BUFFERSTOKERNELS_RUNS_H

#include "Kernels.h"

namespace remat {

/// Deals with the ops of `block` that load and store elements, alone or in loops and branches
/// of their own. Each run of them that nothing else interrupts becomes a launch of one thread. An
/// element that the host needs, for a bound or a condition or the parameter of a kernel, is read
/// back: a `gpu.memcpy` to the host's own memory. Loops and branches that hold linalg ops, or have
/// results, stay on the host; their blocks are not looked at.
/// Errors: an op with side effects that neither a kernel nor the host can have.
mlir::LogicalResult launchRuns(mlir::Block &block, KernelModule &kernels);

} // namespace remat

#endif // REMAT_CONVERSION_BUFFERSTOKERNELS_RUNS_H
