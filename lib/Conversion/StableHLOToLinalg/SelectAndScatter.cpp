//===- SelectAndScatter.cpp - stablehlo.select_and_scatter ----------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Conversions.h"
#include "Loops.h"
#include "ReadThenConvert.h"
#include "ScalarBody.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "remat/Analysis/Flops.h"

using namespace mlir;

namespace remat {

namespace {

/// One dimension of the window: rounds, step and padding, as in the attributes.
struct WindowDim {
  int64_t size = 1, stride = 1, low = 0, high = 0;
};

class SelectAndScatter {
public:
  SelectAndScatter(Operation *op, RewriterBase &rewriter)
      : op(op), loc(op->getLoc()), builder(rewriter) {}

  /// Reads and checks the op. False: its parts do not fit each other.
  bool read() {
    if (op->getNumOperands() != 3 || op->getNumResults() != 1 || op->getNumRegions() != 2)
      return false;
    input = dyn_cast<RankedTensorType>(op->getOperand(0).getType());
    source = dyn_cast<RankedTensorType>(op->getOperand(1).getType());
    if (!input || !source || !input.hasStaticShape() || !source.hasStaticShape() ||
        input.getRank() != source.getRank() || !input.getElementType().isIntOrFloat())
      return false;
    for (Region &region : op->getRegions())
      if (!region.hasOneBlock() || region.getNumArguments() != 2 || region.front().empty() ||
          region.front().back().getNumOperands() != 1)
        return false;
    return readWindow();
  }

  Value convert() {
    Value init = tensor::ExtractOp::create(builder, loc, op->getOperand(2), ValueRange());
    Value empty = tensor::EmptyOp::create(builder, loc, input.getShape(), input.getElementType());
    Value filled = linalg::FillOp::create(builder, loc, init, empty).getResult(0);
    if (input.getNumElements() == 0)
      return filled;
    LoopNest nest(builder, loc, filled);
    SmallVector<Value> position;
    for (int64_t size : source.getShape())
      position.push_back(nest.enter(size));
    SmallVector<Value> chosen = choose(position);
    Value found = chosen.pop_back_val();
    if (!alwaysFinds())
      nest.enterIf(found);
    chosen.pop_back(); // the value itself
    Value old = tensor::ExtractOp::create(builder, loc, nest.carried()[0], chosen);
    Value update = tensor::ExtractOp::create(builder, loc, op->getOperand(1), position);
    Value next = inlined(1, old, update);
    return nest.leave(
        ValueRange(tensor::InsertOp::create(builder, loc, next, nest.carried()[0], chosen)))[0];
  }

private:
  bool readWindow() {
    int64_t rank = input.getRank();
    window.assign(rank, {});
    auto lists = [&](StringRef name, int64_t each, auto set) {
      if (!op->getAttr(name))
        return true; // optional
      auto values = readIntegers(op, name);
      if (!values || static_cast<int64_t>(values->size()) != rank * each)
        return false;
      for (int64_t i = 0; i < rank * each; ++i)
        set(i, (*values)[i]);
      return true;
    };
    bool read = lists("window_dimensions", 1, [&](int64_t i, int64_t v) { window[i].size = v; }) &&
                lists("window_strides", 1, [&](int64_t i, int64_t v) { window[i].stride = v; }) &&
                lists("padding", 2, [&](int64_t i, int64_t v) {
                  (i % 2 ? window[i / 2].high : window[i / 2].low) = v;
                });
    if (!read)
      return false;
    for (auto [dim, one] : llvm::enumerate(window)) {
      int64_t padded = input.getDimSize(dim) + one.low + one.high;
      int64_t windows = padded < one.size ? 0 : (padded - one.size) / one.stride + 1;
      if (one.size < 1 || one.stride < 1 || windows != source.getDimSize(dim))
        return false;
    }
    return true;
  }

  /// True if some window reaches beyond the operand in `dim`.
  bool reachesOutside(size_t dim) const { return window[dim].low > 0 || window[dim].high > 0; }

  /// True if every window has an element of the operand.
  bool alwaysFinds() const {
    for (auto [dim, one] : llvm::enumerate(window)) {
      int64_t last = (source.getDimSize(dim) - 1) * one.stride - one.low;
      if (one.low >= one.size || last >= input.getDimSize(dim))
        return false;
    }
    return true;
  }

  /// Writes the loops over the window of `position`. Returns the place of the element that
  /// the select function picks, an index per dimension, its value, and an i1: there is one.
  SmallVector<Value> choose(ArrayRef<Value> position) {
    Value zero = indexConstant(builder, loc, 0);
    SmallVector<Value> init(input.getRank(), zero);
    init.push_back(
        arith::ConstantOp::create(builder, loc, builder.getZeroAttr(input.getElementType())));
    init.push_back(arith::ConstantOp::create(builder, loc, builder.getBoolAttr(false)));
    LoopNest nest(builder, loc, init);
    SmallVector<Value> at, inside;
    for (auto [dim, one] : llvm::enumerate(window))
      at.push_back(placeOf(position[dim], nest.enter(one.size), one));
    Value valid;
    for (size_t dim = 0; dim < window.size(); ++dim) {
      if (!reachesOutside(dim))
        continue;
      Value size = indexConstant(builder, loc, input.getDimSize(dim));
      Value fits = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, at[dim], size);
      at[dim] = arith::SelectOp::create(builder, loc, fits, at[dim], zero);
      valid = valid ? arith::AndIOp::create(builder, loc, valid, fits).getResult() : fits;
    }
    ArrayRef<Value> current = nest.carried();
    Value value = current[input.getRank()], found = current.back();
    Value element = tensor::ExtractOp::create(builder, loc, op->getOperand(0), at);
    Value yes = arith::ConstantOp::create(builder, loc, builder.getBoolAttr(true));
    Value keep = arith::AndIOp::create(builder, loc, found, inlined(0, value, element));
    Value take = arith::XOrIOp::create(builder, loc, keep, yes);
    if (valid)
      take = arith::AndIOp::create(builder, loc, take, valid);
    SmallVector<Value> next;
    for (auto [fresh, old] : llvm::zip(at, current))
      next.push_back(arith::SelectOp::create(builder, loc, take, fresh, old));
    next.push_back(arith::SelectOp::create(builder, loc, take, element, value));
    next.push_back(arith::OrIOp::create(builder, loc, found, take));
    return nest.leave(next);
  }

  Value placeOf(Value index, Value round, const WindowDim &one) {
    Value scaled =
        arith::MulIOp::create(builder, loc, index, indexConstant(builder, loc, one.stride));
    Value place = arith::AddIOp::create(builder, loc, scaled, round);
    if (one.low == 0)
      return place;
    return arith::SubIOp::create(builder, loc, place, indexConstant(builder, loc, one.low));
  }

  Value inlined(unsigned region, Value first, Value second) {
    Block &body = op->getRegion(region).front();
    ScalarBody scalars(builder);
    scalars.mapScalar(body.getArgument(0), first);
    scalars.mapScalar(body.getArgument(1), second);
    return scalars.inlineBlock(body)[0];
  }

  Operation *op;
  Location loc;
  OpBuilder &builder;
  RankedTensorType input, source;
  SmallVector<WindowDim> window; ///< window[d] of dimension d of the operand
};

} // namespace

LogicalResult convertSelectAndScatter(Operation *op, RewriterBase &rewriter) {
  return readThenConvert(op, rewriter, SelectAndScatter(op, rewriter),
                         "a window that does not fit");
}

} // namespace remat
