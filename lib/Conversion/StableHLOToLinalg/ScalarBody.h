//===- ScalarBody.h - bodies of 0-d tensors as scalar code ------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_CONVERSION_STABLEHLOTOLINALG_SCALARBODY_H
#define REMAT_CONVERSION_STABLEHLOTOLINALG_SCALARBODY_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

namespace remat {

/// Writes the ops of a block of 0-d tensors again, on scalars: `linalg.generic` without
/// loops becomes the ops of its body, other ops are copied with their tensors.
///   add(tensor<f32>, tensor<f32>) by linalg.generic, on (%a, %b) -> arith.addf %a, %b
class ScalarBody {
public:
  explicit ScalarBody(mlir::OpBuilder &builder) : builder(builder) {}

  /// Says what a value of the block is: an equal tensor, or the scalar of a 0-d one.
  void mapTensor(mlir::Value value, mlir::Value tensor) { tensors.map(value, tensor); }
  void mapScalar(mlir::Value value, mlir::Value scalar) { scalars.map(value, scalar); }

  /// Writes the ops of `block` but its terminator and returns the scalar of each of the
  /// terminator's operands, which must be 0-d tensors.
  llvm::SmallVector<mlir::Value> inlineBlock(mlir::Block &block);

private:
  void inlineOp(mlir::Operation *op);
  mlir::Value scalarOf(mlir::Value value);
  mlir::Value tensorOf(mlir::Value value);

  mlir::OpBuilder &builder;
  mlir::IRMapping scalars, tensors;
};

/// Returns the value that makes the scalar or 0-d tensor `value`, looking through loop-free
/// `linalg.generic` and what only moves a scalar: the result of an arith op, a constant, or
/// an argument of a block that is no such body.
mlir::Value scalarSource(mlir::Value value);

} // namespace remat

#endif // REMAT_CONVERSION_STABLEHLOTOLINALG_SCALARBODY_H
