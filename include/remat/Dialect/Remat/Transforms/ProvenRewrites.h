//===- ProvenRewrites.h - rewrites, each proven -----------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_PROVENREWRITES_H
#define REMAT_DIALECT_REMAT_TRANSFORMS_PROVENREWRITES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

#include <functional>

namespace remat {

/// A rewrite of a program in place, and the pass that does it.
struct Rewrite {
  llvm::StringRef pass;
  std::function<mlir::LogicalResult()> run;
};

/// Runs `rewrites`, which change `module` around its function `entry`. With
/// `prove`, proves after each that `entry` still computes what it did before the
/// first; else the diagnostic says which pass is at fault.
mlir::LogicalResult runRewrites(mlir::ModuleOp module, mlir::func::FuncOp entry, bool prove,
                                llvm::ArrayRef<Rewrite> rewrites);

/// Runs one rewrite, `run`, of the pass `pass` on the entry function of `module`: `entry`, or
/// what `findCheckedEntry` finds. Errors: those of that, of `run`, and with `prove` of
/// the proof.
mlir::LogicalResult runRewrite(mlir::ModuleOp module, llvm::StringRef entry, bool prove,
                               llvm::StringRef pass,
                               llvm::function_ref<mlir::LogicalResult(mlir::func::FuncOp)> run);

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_PROVENREWRITES_H
