//===- Sort.cpp - stablehlo.sort ------------------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A merge sort from the bottom up: runs of 1, 2, 4, ... sorted elements are merged in
// pairs into a scratch line, which is copied back. O(n log n) comparisons per line.
//
//===----------------------------------------------------------------------===//

#include "Conversions.h"
#include "Loops.h"
#include "ReadThenConvert.h"
#include "ScalarBody.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace remat {

namespace {

class Sort {
public:
  Sort(Operation *op, RewriterBase &rewriter)
      : op(op), loc(op->getLoc()), builder(rewriter), count(op->getNumOperands()) {}

  /// Reads and checks the op. False: its parts do not fit each other.
  bool read() {
    if (count == 0 || op->getNumResults() != count || op->getNumRegions() != 1)
      return false;
    Region &compare = op->getRegion(0);
    type = dyn_cast<RankedTensorType>(op->getOperand(0).getType());
    if (!type || !type.hasStaticShape() || !compare.hasOneBlock() || compare.front().empty() ||
        compare.getNumArguments() != 2 * count || compare.front().back().getNumOperands() != 1)
      return false;
    for (Type other : op->getOperandTypes())
      if (auto tensor = dyn_cast<RankedTensorType>(other);
          !tensor || tensor.getShape() != type.getShape())
        return false;
    auto given = dyn_cast_or_null<IntegerAttr>(op->getAttr("dimension"));
    dimension = given ? given.getInt() : -1;
    if (dimension < 0)
      dimension += type.getRank();
    return dimension >= 0 && dimension < type.getRank();
  }

  SmallVector<Value> convert() {
    SmallVector<Value> lines(op->getOperands());
    length = type.getDimSize(dimension);
    if (type.getNumElements() == 0 || length == 1)
      return lines;
    for (Value &value : lines)
      value = ownedCopy(builder, loc, value);
    for (Value operand : op->getOperands())
      lines.push_back(tensor::EmptyOp::create(
          builder, loc, length, cast<RankedTensorType>(operand.getType()).getElementType()));
    LoopNest nest(builder, loc, lines);
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      line.push_back(dim == dimension ? Value() : nest.enter(type.getDimSize(dim)));
    Value round = nest.enter(indexConstant(builder, loc, llvm::Log2_64_Ceil(length)));
    Value one = indexConstant(builder, loc, 1);
    Value width = arith::ShLIOp::create(builder, loc, one, round);
    SmallVector<Value> merged = mergeRuns(width, nest.carried());
    SmallVector<Value> next = copyBack(merged);
    SmallVector<Value> results = nest.leave(next);
    results.truncate(count);
    return results;
  }

private:
  /// Merges the runs of `width` elements in pairs; `lines` are the tensors, then the scratch.
  SmallVector<Value> mergeRuns(Value width, ArrayRef<Value> lines) {
    Value size = indexConstant(builder, loc, length);
    Value both = arith::AddIOp::create(builder, loc, width, width);
    LoopNest pairs(builder, loc, lines);
    Value pair = pairs.enter(arith::CeilDivUIOp::create(builder, loc, size, both));
    Value begin = arith::MulIOp::create(builder, loc, pair, both);
    Value middle = arith::MinUIOp::create(builder, loc,
                                          arith::AddIOp::create(builder, loc, begin, width), size);
    Value end = arith::MinUIOp::create(builder, loc,
                                       arith::AddIOp::create(builder, loc, begin, both), size);
    SmallVector<Value> carried(pairs.carried());
    carried.append({begin, middle}); // the first that is left of either run
    LoopNest elements(builder, loc, carried);
    Value offset = elements.enter(arith::SubIOp::create(builder, loc, end, begin));
    Value target = arith::AddIOp::create(builder, loc, begin, offset);
    SmallVector<Value> next = mergeOne(target, middle, end, elements.carried());
    SmallVector<Value> merged = elements.leave(next);
    merged.truncate(2 * count);
    return pairs.leave(merged);
  }

  /// Writes the next element to `target` of the scratch: that of the left run, unless only
  /// the right one has any left, or its element is to come first.
  SmallVector<Value> mergeOne(Value target, Value middle, Value end, ArrayRef<Value> carried) {
    Value left = carried[2 * count], right = carried[2 * count + 1];
    Value one = indexConstant(builder, loc, 1);
    Value last = indexConstant(builder, loc, length - 1);
    auto less = [&](Value a, Value b) -> Value {
      return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, a, b);
    };
    Value leftOver = less(left, middle), rightOver = less(right, end);
    Value safeLeft = arith::MinUIOp::create(builder, loc, left, last);
    Value safeRight = arith::MinUIOp::create(builder, loc, right, last);
    SmallVector<Value> fromLeft, fromRight;
    Block &body = op->getRegion(0).front();
    ScalarBody compare(builder);
    for (size_t i = 0; i < count; ++i) {
      fromLeft.push_back(elementAt(carried[i], safeLeft));
      fromRight.push_back(elementAt(carried[i], safeRight));
      compare.mapScalar(body.getArgument(2 * i), fromRight[i]);
      compare.mapScalar(body.getArgument(2 * i + 1), fromLeft[i]);
    }
    Value yes = arith::ConstantOp::create(builder, loc, builder.getBoolAttr(true));
    Value rightFirst = compare.inlineBlock(body)[0];
    Value leftEmpty = arith::XOrIOp::create(builder, loc, leftOver, yes);
    Value either = arith::OrIOp::create(builder, loc, leftEmpty, rightFirst);
    Value takeRight = arith::AndIOp::create(builder, loc, rightOver, either);
    SmallVector<Value> next(carried.take_front(count));
    for (size_t i = 0; i < count; ++i) {
      Value taken = arith::SelectOp::create(builder, loc, takeRight, fromRight[i], fromLeft[i]);
      next.push_back(tensor::InsertOp::create(builder, loc, taken, carried[count + i], target));
    }
    Value afterLeft = arith::AddIOp::create(builder, loc, left, one);
    Value afterRight = arith::AddIOp::create(builder, loc, right, one);
    next.push_back(arith::SelectOp::create(builder, loc, takeRight, left, afterLeft));
    next.push_back(arith::SelectOp::create(builder, loc, takeRight, afterRight, right));
    return next;
  }

  /// Copies the scratch to the lines.
  SmallVector<Value> copyBack(ArrayRef<Value> lines) {
    LoopNest nest(builder, loc, lines);
    Value index = nest.enter(length);
    SmallVector<Value> next(nest.carried());
    for (size_t i = 0; i < count; ++i) {
      Value element = tensor::ExtractOp::create(builder, loc, next[count + i], index);
      next[i] = tensor::InsertOp::create(builder, loc, element, next[i], onLine(index));
    }
    return nest.leave(next);
  }

  Value elementAt(Value tensor, Value index) {
    return tensor::ExtractOp::create(builder, loc, tensor, onLine(index));
  }

  SmallVector<Value> onLine(Value index) {
    SmallVector<Value> place = line;
    place[dimension] = index;
    return place;
  }

  Operation *op;
  Location loc;
  OpBuilder &builder;
  size_t count; ///< of operands, which are sorted alike
  RankedTensorType type;
  int64_t dimension = 0, length = 0;
  SmallVector<Value> line; ///< line[d]: where the line lies in dimension d
};

} // namespace

LogicalResult convertSort(Operation *op, RewriterBase &rewriter) {
  return readThenConvert(op, rewriter, Sort(op, rewriter),
                         "a dimension or a comparison that does not fit");
}

} // namespace remat
