//===- Loops.cpp - nests of loops that carry tensors ----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Loops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace remat {

Value indexConstant(OpBuilder &builder, Location loc, int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

Value LoopNest::enter(int64_t size) {
  if (size == 1)
    return indexConstant(builder, loc, 0);
  return enter(indexConstant(builder, loc, size));
}

Value LoopNest::enter(Value bound) {
  Value zero = indexConstant(builder, loc, 0), one = indexConstant(builder, loc, 1);
  auto loop = scf::ForOp::create(builder, loc, zero, bound, one, values);
  loops.push_back(loop);
  values.assign(loop.getRegionIterArgs().begin(), loop.getRegionIterArgs().end());
  builder.setInsertionPointToEnd(loop.getBody());
  return loop.getInductionVar();
}

void LoopNest::enterIf(Value condition) {
  Value zero = indexConstant(builder, loc, 0), one = indexConstant(builder, loc, 1);
  enter(arith::SelectOp::create(builder, loc, condition, one, zero));
}

SmallVector<Value> LoopNest::leave(ValueRange next) {
  SmallVector<Value> results(next);
  while (!loops.empty()) {
    scf::ForOp loop = loops.pop_back_val();
    scf::YieldOp::create(builder, loc, results);
    results.assign(loop.getResults().begin(), loop.getResults().end());
    builder.setInsertionPointAfter(loop);
  }
  return results;
}

Value copyOf(OpBuilder &builder, Location loc, Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), type.getElementType());
  return linalg::CopyOp::create(builder, loc, value, empty).getResult(0);
}

/// True if `value` is a buffer of its own that one op reads. What a loop carries is one: the
/// conversion of the loop sees to it.
static bool isOwned(Value value) {
  if (!value.hasOneUse() || value.getParentBlock() != value.use_begin()->getOwner()->getBlock())
    return false;
  if (auto argument = dyn_cast<BlockArgument>(value))
    return argument.getOwner()->getParentOp()->getName().getStringRef() == "stablehlo.while";
  Operation *maker = value.getDefiningOp();
  if (isa_and_nonnull<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(maker))
    return isOwned(maker->getOperand(0));
  return isa_and_nonnull<linalg::LinalgOp, tensor::EmptyOp, tensor::PadOp>(maker);
}

Value ownedCopy(OpBuilder &builder, Location loc, Value value) {
  return isOwned(value) ? value : copyOf(builder, loc, value);
}

} // namespace remat
