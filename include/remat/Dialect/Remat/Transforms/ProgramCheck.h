//===- ProgramCheck.h - programs before and after a rewrite ----*- C++ -*-===//
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
#include "mlir/IR/OwningOpRef.h"

#include <string>

namespace remat {

/// Checks that the reader of `module` did not lose what its ops say. Errors, at
/// the first op: properties that are no dictionary, as when bytecode of a dialect
/// with its own encoding of properties (jaxlib's versions 5 and 6) is read without
/// that dialect; a row of the op table requires an attribute that is missing.
mlir::LogicalResult checkProperties(mlir::ModuleOp module);

/// Returns the entry function of a module that a pass may work on. Errors: those
/// of `findEntry` and `checkProperties`; an entry function of several blocks.
mlir::FailureOr<mlir::func::FuncOp> findCheckedEntry(mlir::ModuleOp module, llvm::StringRef name);

/// A copy of a module, to compare a later state with.
class Snapshot {
public:
  Snapshot(mlir::ModuleOp module, mlir::func::FuncOp entry);

  /// Proves that `entry` of `module` still computes what the copy computes. The
  /// diagnostic says that `what` is at fault.
  mlir::LogicalResult check(mlir::ModuleOp module, mlir::func::FuncOp entry,
                            llvm::StringRef what) const;

private:
  mlir::OwningOpRef<mlir::ModuleOp> copy;
  std::string entryName;
};

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_PROGRAMCHECK_H
