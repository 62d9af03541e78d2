//===- Destination.cpp - values that are written into ---------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Analysis/Destination.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

using namespace mlir;

namespace remat {

bool isDestination(OpOperand &use) {
  Operation *user = use.getOwner();
  if (auto styled = dyn_cast<DestinationStyleOpInterface>(user))
    return styled.isDpsInit(&use);
  if (auto loop = dyn_cast<LoopLikeOpInterface>(user))
    return llvm::any_of(loop.getInitsMutable(), [&](OpOperand &init) { return &init == &use; });
  return false;
}

bool isTensorView(Operation *op) {
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return slice.getStaticOffsets().size() == slice.getMixedOffsets().size() &&
           !ShapedType::isDynamicShape(slice.getStaticOffsets()) &&
           !ShapedType::isDynamicShape(slice.getStaticSizes()) &&
           !ShapedType::isDynamicShape(slice.getStaticStrides());
  return isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp>(op);
}

Operation *soleWriterOver(Operation *op) {
  while (op->getNumResults() == 1 && op->getResult(0).hasOneUse()) {
    OpOperand &use = *op->getResult(0).use_begin();
    if (isDestination(use))
      return use.getOwner();
    if (!isTensorView(use.getOwner()))
      return nullptr;
    op = use.getOwner();
  }
  return nullptr;
}

} // namespace remat
