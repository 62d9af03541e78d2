//===- OpModelUpstream.cpp - rows for upstream tensor dialects ------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Upstream ops are registered, so their interfaces give effects, and structured
// ops their work. The rows here say what no interface does: the kind of an op.
//
//===----------------------------------------------------------------------===//

#include "OpModelRows.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"
#include "remat/Analysis/ValueBytes.h"

using namespace mlir;
using remat::planning::OpKind;

namespace remat {

namespace {

/// Returns the kind of an all-parallel structured op whose body yields one of
/// its arguments unchanged.
OpKind kindOfMove(mlir::linalg::LinalgOp op, BlockArgument yielded) {
  OpOperand *operand = op.getMatchingOpOperand(yielded);
  int64_t from = elementCount(operand->get().getType()).value_or(0);
  int64_t to = elementCount(op->getResult(0).getType()).value_or(0);
  if (from < to)
    return OpKind::Broadcast;
  if (from > to)
    return OpKind::Slice;
  AffineMap map = op.getMatchingIndexingMap(operand);
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  return map == out ? OpKind::Elementwise : OpKind::Transpose;
}

OpKind kindOfParallel(mlir::linalg::LinalgOp op) {
  Block *body = op.getBlock();
  if (op->getNumResults() == 1)
    if (auto yielded = dyn_cast<BlockArgument>(body->getTerminator()->getOperand(0)))
      if (yielded.getOwner() == body)
        return kindOfMove(op, yielded);
  for (Operation &scalar : *body)
    if (isa<tensor::ExtractOp>(scalar))
      return OpKind::Gather;
  return OpKind::Elementwise;
}

void addTensorRows(OpModelTable &table) {
  table.add("tensor", {"empty", "dim", "rank"}, freeToRedo(OpKind::Constant));
  table.add("tensor", {"bitcast", "cast", "collapse_shape", "expand_shape", "reshape"},
            freeToRedo(OpKind::View));
  table.add("tensor.splat", freeToRedo(OpKind::Broadcast));
  table.add("tensor", {"extract", "extract_slice"}, moving(OpKind::Slice, Fusion::Loop));
  table.add("tensor", {"insert", "insert_slice"}, moving(OpKind::Update, Fusion::Loop));
  table.add("tensor", {"concat", "from_elements"}, moving(OpKind::Concat, Fusion::Loop));
  table.add("tensor.pad", moving(OpKind::Pad, Fusion::Loop));
  table.add("tensor.gather", moving(OpKind::Gather, Fusion::Loop));
  table.add("tensor.scatter", moving(OpKind::Scatter, Fusion::Reduce));
  OpModel generate = elementwise;
  generate.flops = flops::mapped;
  table.add("tensor.generate", generate);
}

void addControlFlowRows(OpModelTable &table) {
  table.add("scf", {"for", "forall", "parallel", "while"}, working(OpKind::Loop, flops::loop));
  table.add("scf", {"if", "index_switch"}, working(OpKind::Branch, flops::branch));
  table.add("scf.execute_region", working(OpKind::Branch, flops::regions));
  table.add("tosa.cond_if", working(OpKind::Branch, flops::branch));
  table.add("tosa.while_loop", working(OpKind::Loop, flops::loop));
}

void addTosaRows(OpModelTable &table) {
  table.add("tosa",
            {"abs",
             "add",
             "arithmetic_right_shift",
             "bitwise_and",
             "bitwise_not",
             "bitwise_or",
             "bitwise_xor",
             "cast",
             "ceil",
             "clamp",
             "clz",
             "cos",
             "equal",
             "erf",
             "exp",
             "floor",
             "greater",
             "greater_equal",
             "identity",
             "intdiv",
             "log",
             "logical_and",
             "logical_left_shift",
             "logical_not",
             "logical_or",
             "logical_right_shift",
             "logical_xor",
             "maximum",
             "minimum",
             "mul",
             "negate",
             "pow",
             "reciprocal",
             "rescale",
             "rsqrt",
             "select",
             "sigmoid",
             "sin",
             "sub",
             "table",
             "tanh"},
            elementwise);
  table.add("tosa", {"const", "const_shape"}, freeToRedo(OpKind::Constant));
  table.add("tosa.reshape", freeToRedo(OpKind::View));
  table.add("tosa.tile", freeToRedo(OpKind::Broadcast));
  table.add("tosa", {"reverse", "transpose"}, moving(OpKind::Transpose, Fusion::Loop));
  table.add("tosa.concat", moving(OpKind::Concat, Fusion::Loop));
  table.add("tosa.pad", moving(OpKind::Pad, Fusion::Loop));
  table.add("tosa.slice", moving(OpKind::Slice, Fusion::Loop));
  table.add("tosa.gather", moving(OpKind::Gather, Fusion::Loop));
  table.add("tosa.scatter", moving(OpKind::Scatter, Fusion::Reduce));
  table.add("tosa.resize", working(OpKind::Gather, flops::perResultElement, {}, Fusion::Loop));
  table.add("tosa",
            {"argmax", "reduce_all", "reduce_any", "reduce_max", "reduce_min", "reduce_product",
             "reduce_sum"},
            working(OpKind::Reduce, flops::perOperandElement, {}, Fusion::Reduce));
  table.add("tosa", {"avg_pool2d", "max_pool2d"},
            working(OpKind::Window, flops::tosaPool, {}, Fusion::Reduce));
  table.add("tosa.matmul", working(OpKind::Dot, flops::tosaMatmul));
  table.add("tosa", {"conv2d", "conv3d"}, working(OpKind::Convolution, flops::tosaConvolution));
  table.add("tosa.depthwise_conv2d", working(OpKind::Convolution, flops::tosaDepthwiseConvolution));
  table.add("tosa.transpose_conv2d", working(OpKind::Convolution, flops::tosaTransposeConvolution));
}

} // namespace

void refineLinalg(Operation *op, OpModel &model) {
  auto structured = cast<mlir::linalg::LinalgOp>(op);
  model.flops = flops::linalg;
  if (op->getNumResults() == 0)
    return;
  if (op->getName().getStringRef().contains("pooling")) {
    model.kind = OpKind::Window;
    model.fusion = Fusion::Reduce;
  } else if (mlir::linalg::isaContractionOpInterface(structured)) {
    model.kind = OpKind::Dot;
  } else if (mlir::linalg::isaConvolutionOpInterface(structured)) {
    model.kind = OpKind::Convolution;
  } else if (structured.getNumReductionLoops() > 0) {
    model.kind = OpKind::Reduce;
    model.fusion = Fusion::Reduce;
  } else {
    model.kind = kindOfParallel(structured);
    model.fusion = Fusion::Loop;
    model.free = model.kind == OpKind::Broadcast;
  }
}

void addUpstreamRows(OpModelTable &table) {
  addTensorRows(table);
  addControlFlowRows(table);
  addTosaRows(table);
  table.add("linalg", {"pack", "unpack"}, moving(OpKind::Transpose, Fusion::None));
  table.add("linalg.softmax", working(OpKind::Reduce, flops::perOperandElement));
  // torch-mlir's ops for what linalg lacks; a structured computation on tensors.
  table.add("tm_tensor.scatter",
            working(OpKind::Scatter, flops::perOperandElement, {}, Fusion::Reduce));
  table.add("tm_tensor.scan", working(OpKind::Reduce, flops::perOperandElement));
  table.add("tm_tensor", {"sort", "topk"}, working(OpKind::Sort, flops::sort));
  table.add("tm_tensor.yield", moving(OpKind::Other, Fusion::None));
}

} // namespace remat
