//===- ValueBytes.h - sizes of IR values ------------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_ANALYSIS_VALUEBYTES_H
#define REMAT_ANALYSIS_VALUEBYTES_H

#include "mlir/IR/BuiltinTypes.h"
#include "remat/Planning/Support/Status.h"
#include "remat/Planning/Support/Units.h"

namespace remat {

/// Returns the size in memory of a value of type `type`. i1 takes one byte per
/// element; other widths below 8 bits are packed; index takes 8 bytes; complex
/// twice its part; quantised types their storage; tuples the sum; tokens none.
/// `!torch.vtensor` counts like a tensor, other `!torch` values take nothing.
/// Errors (InvalidInput), worded to follow the value's name: a dynamic size, no
/// rank, an element type without a size, a memref, 2^62 bytes or more.
///   tensor<5xi4> -> 3    tensor<2x3xcomplex<f32>> -> 48
planning::Result<planning::Bytes> bytesOf(mlir::Type type);

/// Returns `type` as a builtin tensor: itself, or the tensor that a
/// `!torch.vtensor<[2,3],f32>` stands for; null when it is neither.
mlir::TensorType asTensor(mlir::Type type);

/// Returns the elements of a static tensor or vector, 1 for a scalar, else nothing.
std::optional<int64_t> elementCount(mlir::Type type);

/// Returns the bits of a float or complex-float element of `type`, 0 for others.
int floatBits(mlir::Type type);

} // namespace remat

#endif // REMAT_ANALYSIS_VALUEBYTES_H
