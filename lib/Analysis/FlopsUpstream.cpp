//===- FlopsUpstream.cpp - rules for upstream and torch ops ---------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Interfaces/CastInterfaces.h"
#include "remat/Analysis/Flops.h"
#include "remat/Analysis/ValueBytes.h"

#include <algorithm>

using namespace mlir;

namespace remat::flops {

namespace {

int64_t product(llvm::ArrayRef<int64_t> sizes) {
  int64_t total = 1;
  for (int64_t size : sizes)
    total = multiply(total, size);
  return total;
}

/// Returns 2 * result elements * the product of sizes [begin, end) of operand
/// `index`.
Count contracted(Operation *op, const OpModelTable &table, unsigned index, size_t begin,
                 size_t end) {
  auto sizes = sizesOf(op, index);
  if (!sizes || begin > end || end > sizes->size())
    return 0;
  int64_t depth = product(llvm::ArrayRef(*sizes).slice(begin, end - begin));
  return multiply(multiply(2, *perResultElement(op, table)), depth);
}

Count lastSizeContracted(Operation *op, const OpModelTable &table, unsigned index) {
  auto sizes = sizesOf(op, index);
  if (!sizes || sizes->empty())
    return 0;
  return contracted(op, table, index, sizes->size() - 1, sizes->size());
}

} // namespace

Count linalg(Operation *op, const OpModelTable &table) {
  auto structured = dyn_cast<mlir::linalg::LinalgOp>(op);
  if (!structured || structured.hasDynamicShape())
    return perOperandElement(op, table);
  int64_t perPoint = 0;
  for (Operation &scalar : *structured.getBlock()) {
    if (scalar.hasTrait<OpTrait::IsTerminator>() || scalar.hasTrait<OpTrait::ConstantLike>() ||
        isa<CastOpInterface, mlir::linalg::IndexOp>(scalar))
      continue;
    ++perPoint;
  }
  return multiply(product(structured.getStaticLoopRanges()), perPoint);
}

Count tosaMatmul(Operation *op, const OpModelTable &table) {
  return lastSizeContracted(op, table, 0);
}

// tosa weights: conv2d [OC,KH,KW,IC], conv3d [OC,KD,KH,KW,IC],
// depthwise_conv2d [KH,KW,C,M], transpose_conv2d [OC,KH,KW,IC].
Count tosaConvolution(Operation *op, const OpModelTable &table) {
  auto weights = sizesOf(op, 1);
  return weights ? contracted(op, table, 1, 1, weights->size()) : 0;
}

Count tosaTransposeConvolution(Operation *op, const OpModelTable &) {
  // Each input element meets every kernel position and output channel.
  auto input = sizesOf(op, 0), weights = sizesOf(op, 1);
  if (!input || !weights || weights->size() != 4)
    return 0;
  return multiply(multiply(2, product(*input)), product(llvm::ArrayRef(*weights).take_front(3)));
}

Count tosaDepthwiseConvolution(Operation *op, const OpModelTable &table) {
  return contracted(op, table, 1, 0, 2);
}

Count tosaPool(Operation *op, const OpModelTable &table) {
  auto kernel = readIntegers(op, "kernel");
  if (!kernel)
    return std::nullopt;
  return multiply(*perResultElement(op, table), product(*kernel));
}

Count torchMatmul(Operation *op, const OpModelTable &table) {
  return lastSizeContracted(op, table, 0);
}

Count torchAddmm(Operation *op, const OpModelTable &table) {
  return lastSizeContracted(op, table, 1);
}

Count torchConvolution(Operation *op, const OpModelTable &table) {
  auto weights = sizesOf(op, 1);
  return weights ? contracted(op, table, 1, 1, weights->size()) : 0;
}

} // namespace remat::flops
