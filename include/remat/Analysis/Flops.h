//===- Flops.h - rules that count an op's work ------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each rule is a `FlopsRule` for a row of the op-knowledge table. A multiply-add
// counts two. Values whose size is not static count no elements.
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_ANALYSIS_FLOPS_H
#define REMAT_ANALYSIS_FLOPS_H

#include "remat/Analysis/OpModel.h"
#include "llvm/ADT/SmallVector.h"

namespace remat {
namespace flops {

/// Counts saturate here: 2^62.
inline constexpr int64_t kLimit = int64_t(1) << 62;

using Count = std::optional<int64_t>;

/// Saturating arithmetic on counts >= 0.
int64_t add(int64_t a, int64_t b);
int64_t multiply(int64_t a, int64_t b);

/// Returns the sizes of operand `index` of `op`, if it is there, a tensor and static.
std::optional<llvm::ArrayRef<int64_t>> sizesOf(mlir::Operation *op, unsigned index);

/// Returns what `model.flops` says of `op`, 0 without a rule; of an op that is
/// divided over several devices, what one of them does, rounded up.
Count ofOp(mlir::Operation *op, const OpModel &model, const OpModelTable &table);

// Rules that hold for any dialect.
Count perResultElement(mlir::Operation *op, const OpModelTable &table);
Count perOperandElement(mlir::Operation *op, const OpModelTable &table);
/// n * ceil(log2 n) comparisons for n operand elements.
Count sort(mlir::Operation *op, const OpModelTable &table);
/// One iteration's flops times the trip count, or one iteration when no trip
/// count is found.
Count loop(mlir::Operation *op, const OpModelTable &table);
/// The dearest region.
Count branch(mlir::Operation *op, const OpModelTable &table);
/// The sum over the regions.
Count regions(mlir::Operation *op, const OpModelTable &table);

// StableHLO. A convolution counts 2 * result elements * (kernel elements / output
// features), divided by the product of lhs_dilation: inserted zeros are free.
Count dotGeneral(mlir::Operation *op, const OpModelTable &table);
Count dot(mlir::Operation *op, const OpModelTable &table);
Count einsum(mlir::Operation *op, const OpModelTable &table);
Count convolution(mlir::Operation *op, const OpModelTable &table);
Count reduceWindow(mlir::Operation *op, const OpModelTable &table);
Count fft(mlir::Operation *op, const OpModelTable &table);
Count cholesky(mlir::Operation *op, const OpModelTable &table);
Count triangularSolve(mlir::Operation *op, const OpModelTable &table);
/// The region once per result element: `stablehlo.map`, `tensor.generate`.
Count mapped(mlir::Operation *op, const OpModelTable &table);

// Upstream dialects.
/// Iteration points times the ops of the body, casts and index ops excepted.
Count linalg(mlir::Operation *op, const OpModelTable &table);
Count tosaMatmul(mlir::Operation *op, const OpModelTable &table);
Count tosaConvolution(mlir::Operation *op, const OpModelTable &table);
Count tosaTransposeConvolution(mlir::Operation *op, const OpModelTable &table);
Count tosaDepthwiseConvolution(mlir::Operation *op, const OpModelTable &table);
Count tosaPool(mlir::Operation *op, const OpModelTable &table);

// Torch.
/// 2 * result elements * last size of the first operand: mm, bmm, matmul, linear.
Count torchMatmul(mlir::Operation *op, const OpModelTable &table);
/// As above for `addmm`, whose first operand is the bias.
Count torchAddmm(mlir::Operation *op, const OpModelTable &table);
/// 2 * result elements * (weight elements / output features).
Count torchConvolution(mlir::Operation *op, const OpModelTable &table);

} // namespace flops

/// Returns how often the body of a loop runs, when the IR says so:
/// `stablehlo.while` with a counter compared against a constant, and every op
/// whose LoopLikeOpInterface knows it.
std::optional<int64_t> tripCount(mlir::Operation *op);

/// Returns the integers of an array attribute `name` of `op`, written
/// `array<i64: 1, 2>` or `dense<[1, 2]> : tensor<2xi64>`.
std::optional<llvm::SmallVector<int64_t>> readIntegers(mlir::Operation *op, llvm::StringRef name);

/// Returns the text of attribute `name` of `op`, also of an attribute of an
/// unregistered dialect; empty when there is none.
std::string attributeText(mlir::Operation *op, llvm::StringRef name);

/// Returns the integers of the first list after `key` in the text of an attribute:
/// ("a = [1, 2]", "a") -> 1, 2. Nothing when the list is not closed or holds
/// something else; empty when the key is absent, which the printer does for
/// an empty list.
std::optional<llvm::SmallVector<int64_t>> integersAfter(llvm::StringRef text, llvm::StringRef key);

/// Returns the integer >= 0 after `key`: ("<a = 2, b = 3>", "b") -> 3; nothing when
/// there is none.
std::optional<int64_t> integerAfter(llvm::StringRef text, llvm::StringRef key);

} // namespace remat

#endif // REMAT_ANALYSIS_FLOPS_H
