//===- ProgramCheck.h - the program that a pass may work on -----*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_PROGRAMCHECK_H
#define REMAT_DIALECT_REMAT_TRANSFORMS_PROGRAMCHECK_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace remat {

/// Returns the entry function of a module that a pass may work on. Errors: those
/// of `findEntry`; at the first op of the module that lost them, `checkProperties`;
/// an entry function of several blocks.
mlir::FailureOr<mlir::func::FuncOp> findCheckedEntry(mlir::ModuleOp module, llvm::StringRef name);

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_PROGRAMCHECK_H
