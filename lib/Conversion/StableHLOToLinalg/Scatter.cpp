//===- Scatter.cpp - stablehlo.scatter ------------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The names are those of the StableHLO specification, section "scatter". An update
// whose window does not lie inside the operand is skipped as a whole, as XLA does.
//
//===----------------------------------------------------------------------===//

#include "Conversions.h"
#include "Loops.h"
#include "ReadThenConvert.h"
#include "ScalarBody.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "remat/Analysis/Flops.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace remat {

namespace {

using Dims = SmallVector<int64_t>;

/// `#stablehlo.scatter<...>`; a list that is not written is empty.
struct DimensionNumbers {
  Dims updateWindow, insertedWindow, inputBatching, indicesBatching, toOperand;
  int64_t indexVector = 0;
};

std::optional<DimensionNumbers> readNumbers(Operation *op) {
  std::string text = attributeText(op, "scatter_dimension_numbers");
  DimensionNumbers numbers;
  for (auto [key, list] : std::initializer_list<std::pair<StringRef, Dims *>>{
           {"update_window_dims", &numbers.updateWindow},
           {"inserted_window_dims", &numbers.insertedWindow},
           {"input_batching_dims", &numbers.inputBatching},
           {"scatter_indices_batching_dims", &numbers.indicesBatching},
           {"scatter_dims_to_operand_dims", &numbers.toOperand}}) {
    std::optional<Dims> read = integersAfter(text, key);
    if (!read)
      return std::nullopt;
    *list = std::move(*read);
  }
  numbers.indexVector = integerAfter(text, "index_vector_dim").value_or(0);
  return text.empty() ? std::nullopt : std::optional(numbers);
}

bool inRange(ArrayRef<int64_t> dims, int64_t rank) {
  return llvm::all_of(dims, [&](int64_t dim) { return dim >= 0 && dim < rank; });
}

class Scatter {
public:
  Scatter(Operation *op, bool unsignedIndices, RewriterBase &rewriter)
      : op(op), loc(op->getLoc()), unsignedIndices(unsignedIndices), builder(rewriter) {}

  /// Reads and checks the op. False: its parts do not fit each other.
  bool read() {
    std::optional<DimensionNumbers> found = readNumbers(op);
    count = op->getNumResults();
    if (!found || op->getNumOperands() != 2 * count + 1 || op->getNumRegions() != 1 ||
        !op->getRegion(0).hasOneBlock())
      return false;
    numbers = *found;
    for (Value operand : op->getOperands()) {
      auto type = dyn_cast<RankedTensorType>(operand.getType());
      if (!type || !type.hasStaticShape())
        return false;
    }
    input = typeOf(0);
    indices = typeOf(count);
    updates = typeOf(count + 1);
    Block &body = op->getRegion(0).front();
    return body.getNumArguments() == 2 * count && !body.empty() &&
           body.back().getNumOperands() == count && dimsFit();
  }

  SmallVector<Value> convert() {
    SmallVector<Value> carried(op->getOperands().take_front(count));
    if (updates.getNumElements() == 0 || input.getNumElements() == 0)
      return carried;
    for (Value &value : carried)
      value = ownedCopy(builder, loc, value);
    LoopNest nest(builder, loc, carried);
    SmallVector<Value> position = enterLoops(nest);
    SmallVector<Value> target(input.getRank());
    for (int64_t dim = 0; dim < input.getRank(); ++dim)
      target[dim] = sum(start[dim], offsetIn(dim, position));
    ScalarBody scalars(builder);
    Block &body = op->getRegion(0).front();
    for (size_t i = 0; i < count; ++i) {
      Value old = tensor::ExtractOp::create(builder, loc, nest.carried()[i], target);
      Value update =
          tensor::ExtractOp::create(builder, loc, op->getOperand(count + 1 + i), position);
      scalars.mapScalar(body.getArgument(i), old);
      scalars.mapScalar(body.getArgument(count + i), update);
    }
    SmallVector<Value> next = scalars.inlineBlock(body);
    for (size_t i = 0; i < count; ++i)
      next[i] = tensor::InsertOp::create(builder, loc, next[i], nest.carried()[i], target);
    return nest.leave(next);
  }

private:
  RankedTensorType typeOf(unsigned operand) {
    return cast<RankedTensorType>(op->getOperand(operand).getType());
  }

  /// Sorts out which dimension is what; see the members.
  bool dimsFit() {
    for (int64_t dim = 0; dim < updates.getRank(); ++dim)
      if (!llvm::is_contained(numbers.updateWindow, dim))
        updateScatter.push_back(dim);
    for (int64_t dim = 0; dim < input.getRank(); ++dim)
      if (!llvm::is_contained(numbers.insertedWindow, dim) &&
          !llvm::is_contained(numbers.inputBatching, dim))
        inputWindow.push_back(dim);
    int64_t scatterRank = indices.getRank() - (numbers.indexVector < indices.getRank());
    int64_t perIndex = numbers.indexVector < indices.getRank() && numbers.indexVector >= 0
                           ? indices.getDimSize(numbers.indexVector)
                           : 1;
    return inRange(numbers.updateWindow, updates.getRank()) &&
           inRange(numbers.insertedWindow, input.getRank()) &&
           inRange(numbers.inputBatching, input.getRank()) &&
           inRange(numbers.indicesBatching, indices.getRank()) &&
           inRange(numbers.toOperand, input.getRank()) &&
           inputWindow.size() == numbers.updateWindow.size() &&
           numbers.inputBatching.size() == numbers.indicesBatching.size() &&
           !llvm::is_contained(numbers.indicesBatching, numbers.indexVector) &&
           static_cast<int64_t>(updateScatter.size()) == scatterRank &&
           static_cast<int64_t>(numbers.toOperand.size()) == perIndex && windowFits();
  }

  bool windowFits() {
    for (int64_t dim = 0; dim < input.getRank(); ++dim)
      if (windowSize(dim) > std::max<int64_t>(1, input.getDimSize(dim)))
        return false;
    return true;
  }

  /// Opens a loop per dimension of the updates and returns the counters. Where the window
  /// starts is read as soon as the counters that say it are there.
  SmallVector<Value> enterLoops(LoopNest &nest) {
    SmallVector<Value> position(updates.getRank());
    int64_t last = updateScatter.empty() ? -1 : updateScatter.back();
    Value guard;
    if (last < 0)
      guard = readStart(position);
    for (int64_t dim = 0; dim < updates.getRank(); ++dim) {
      if (guard && updates.getDimSize(dim) != 1) {
        // Outside: the window has no elements, and the loop no rounds.
        Value size = indexConstant(builder, loc, updates.getDimSize(dim));
        Value none = indexConstant(builder, loc, 0);
        position[dim] = nest.enter(arith::SelectOp::create(builder, loc, guard, size, none));
        guard = nullptr;
      } else {
        position[dim] = nest.enter(updates.getDimSize(dim));
      }
      if (dim == last)
        guard = readStart(position);
    }
    if (guard)
      nest.enterIf(guard);
    return position;
  }

  /// Fills `start` and returns whether the window lies inside the operand; null: always.
  Value readStart(ArrayRef<Value> position) {
    start.assign(input.getRank(), nullptr);
    SmallVector<Value> at(indices.getRank());
    size_t next = 0;
    for (int64_t dim = 0; dim < indices.getRank(); ++dim)
      if (dim != numbers.indexVector)
        at[dim] = position[updateScatter[next++]];
    for (auto [from, to] : llvm::zip_equal(numbers.indicesBatching, numbers.inputBatching))
      start[to] = at[from];
    Value inside;
    for (auto [i, dim] : llvm::enumerate(numbers.toOperand)) {
      if (numbers.indexVector < indices.getRank())
        at[numbers.indexVector] = indexConstant(builder, loc, i);
      Value index = tensor::ExtractOp::create(builder, loc, op->getOperand(count), at);
      start[dim] = widened(index);
      // Read as unsigned, what is negative is large.
      Value room = indexConstant(builder, loc, input.getDimSize(dim) - windowSize(dim));
      Value fits = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ule, start[dim], room);
      inside = inside ? arith::AndIOp::create(builder, loc, inside, fits).getResult() : fits;
    }
    return inside;
  }

  Value widened(Value index) {
    if (index.getType().isIndex())
      return index;
    Type type = builder.getIndexType();
    if (unsignedIndices)
      return arith::IndexCastUIOp::create(builder, loc, type, index);
    return arith::IndexCastOp::create(builder, loc, type, index);
  }

  int64_t windowSize(int64_t inputDim) {
    auto *found = llvm::find(inputWindow, inputDim);
    return found == inputWindow.end()
               ? 1
               : updates.getDimSize(numbers.updateWindow[found - inputWindow.begin()]);
  }

  Value offsetIn(int64_t inputDim, ArrayRef<Value> position) {
    auto *found = llvm::find(inputWindow, inputDim);
    return found == inputWindow.end() ? Value()
                                      : position[numbers.updateWindow[found - inputWindow.begin()]];
  }

  Value sum(Value a, Value b) {
    if (a && b)
      return arith::AddIOp::create(builder, loc, a, b);
    if (a || b)
      return a ? a : b;
    return indexConstant(builder, loc, 0);
  }

  Operation *op;
  Location loc;
  bool unsignedIndices;
  OpBuilder &builder;
  DimensionNumbers numbers;
  size_t count = 0; ///< of operands, updates and results
  RankedTensorType input, indices, updates;
  Dims updateScatter; ///< dimensions of the updates that are none of a window
  Dims inputWindow;   ///< dimensions of the operand that are some of a window
  /// start[d] of dimension d of the operand; null for 0.
  SmallVector<Value> start;
};

} // namespace

LogicalResult convertScatter(Operation *op, bool unsignedIndices, RewriterBase &rewriter) {
  return readThenConvert(op, rewriter, Scatter(op, unsignedIndices, rewriter),
                         "dimension numbers that do not fit");
}

} // namespace remat
