//===- KernelImage.h - the kernels of a lowered step ------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_EXECUTION_KERNELIMAGE_H
#define REMAT_EXECUTION_KERNELIMAGE_H

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace remat {

/// Takes the kernels that `remat-lower-gpu` has left in `module` out of it, and returns them: as
/// LLVM bitcode if they are NVVM, else as the PTX or fat binary that they are. What is left is code
/// of the host. Errors are diagnostics.
mlir::FailureOr<std::string> takeKernels(mlir::ModuleOp module);

} // namespace remat

#endif // REMAT_EXECUTION_KERNELIMAGE_H
