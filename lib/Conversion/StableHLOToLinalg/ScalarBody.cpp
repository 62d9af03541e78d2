//===- ScalarBody.cpp - bodies of 0-d tensors as scalar code --------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalarBody.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace remat {

/// Returns `op` as a linalg.generic on 0-d tensors whose results depend on its inputs only,
/// else null.
static linalg::GenericOp loopFree(Operation *op) {
  auto generic = dyn_cast_or_null<linalg::GenericOp>(op);
  if (!generic || generic.getNumLoops() != 0 || !generic.hasPureTensorSemantics())
    return nullptr;
  for (OpOperand &init : generic.getDpsInitsMutable())
    if (!generic.getMatchingBlockArgument(&init).use_empty())
      return nullptr;
  return generic;
}

static bool isScalarTensor(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getRank() == 0;
}

SmallVector<Value> ScalarBody::inlineBlock(Block &block) {
  // The terminator may be an op that is not registered: MLIR does not know it as one.
  for (Operation &op : llvm::drop_end(block))
    inlineOp(&op);
  SmallVector<Value> results;
  for (Value value : block.back().getOperands())
    results.push_back(scalarOf(value));
  return results;
}

void ScalarBody::inlineOp(Operation *op) {
  if (isa<tensor::EmptyOp>(op) && isScalarTensor(op->getResult(0)))
    return; // made where something reads it
  if (auto elements = dyn_cast<tensor::FromElementsOp>(op)) {
    if (isScalarTensor(elements.getResult())) {
      scalars.map(elements.getResult(), scalarOf(elements.getElements()[0]));
      return;
    }
  }
  if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
    if (extract.getIndices().empty()) {
      scalars.map(extract.getResult(), scalarOf(extract.getTensor()));
      return;
    }
  }
  if (linalg::GenericOp generic = loopFree(op)) {
    Block *body = generic.getBody();
    for (OpOperand *input : generic.getDpsInputOperands())
      scalars.map(generic.getMatchingBlockArgument(input), scalarOf(input->get()));
    for (Operation &scalar : body->without_terminator())
      inlineOp(&scalar);
    for (auto [result, yielded] :
         llvm::zip_equal(generic->getResults(), body->getTerminator()->getOperands()))
      scalars.map(result, scalarOf(yielded));
    return;
  }
  IRMapping operands;
  op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      if (!operands.contains(operand) && !op->isAncestor(operand.getParentBlock()->getParentOp()))
        operands.map(operand,
                     isa<TensorType>(operand.getType()) ? tensorOf(operand) : scalarOf(operand));
  });
  Operation *copy = builder.clone(*op, operands);
  for (auto [from, to] : llvm::zip_equal(op->getResults(), copy->getResults()))
    (isa<TensorType>(from.getType()) ? tensors : scalars).map(from, to);
}

Value ScalarBody::scalarOf(Value value) {
  if (Value scalar = scalars.lookupOrNull(value))
    return scalar;
  if (!isa<TensorType>(value.getType()))
    return value; // from outside the block
  Location loc = value.getLoc();
  DenseElementsAttr constant;
  Value scalar;
  if (auto made = value.getDefiningOp<arith::ConstantOp>())
    constant = dyn_cast<DenseElementsAttr>(made.getValue());
  if (constant && isa<IntegerType, FloatType, IndexType>(constant.getElementType()))
    scalar = arith::ConstantOp::create(builder, loc,
                                       cast<TypedAttr>(constant.getSplatValue<Attribute>()));
  else
    scalar = tensor::ExtractOp::create(builder, loc, tensorOf(value), ValueRange());
  scalars.map(value, scalar);
  return scalar;
}

Value ScalarBody::tensorOf(Value value) {
  if (Value tensor = tensors.lookupOrNull(value))
    return tensor;
  Value scalar = scalars.lookupOrNull(value);
  if (!scalar) {
    auto empty = value.getDefiningOp<tensor::EmptyOp>();
    return empty && isScalarTensor(value) ? builder.clone(*empty)->getResult(0) : value;
  }
  Value tensor = tensor::FromElementsOp::create(builder, value.getLoc(), value.getType(), scalar);
  tensors.map(value, tensor);
  return tensor;
}

Value scalarSource(Value value) {
  while (true) {
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      auto generic = loopFree(argument.getOwner()->getParentOp());
      if (!generic || argument.getArgNumber() >= generic.getNumDpsInputs())
        return value;
      value = generic.getDpsInputOperand(argument.getArgNumber())->get();
      continue;
    }
    Operation *op = value.getDefiningOp();
    if (linalg::GenericOp generic = loopFree(op))
      value =
          generic.getBody()->getTerminator()->getOperand(cast<OpResult>(value).getResultNumber());
    else if (isa<tensor::ExtractOp, tensor::FromElementsOp>(op) && op->getNumOperands() == 1 &&
             isScalarTensor(isa<tensor::ExtractOp>(op) ? op->getOperand(0) : value))
      value = op->getOperand(0);
    else
      return value;
  }
}

} // namespace remat
