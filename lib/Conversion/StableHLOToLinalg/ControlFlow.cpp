//===- ControlFlow.cpp - stablehlo.while, if and case ---------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Conversions.h"
#include "CountedLoop.h"
#include "Loops.h"
#include "ScalarBody.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace remat {

namespace {

/// One `stablehlo.while`. What never changes is read from outside, and what only counts is
/// computed from the round; the rest is carried, each value in one buffer.
class While {
public:
  While(Operation *op, RewriterBase &rewriter)
      : op(op), loc(op->getLoc()), rewriter(rewriter), carries(readCarries(op)),
        rounds(roundsOf(op, carries)) {
    for (auto [i, carry] : llvm::enumerate(carries))
      if (!carry.unchanged && !(rounds && carry.start))
        carried.push_back(i);
  }

  void convert() {
    SmallVector<Value> results(op->getOperands());
    SmallVector<Value> fresh = rounds ? countedLoop() : openLoop();
    for (auto [i, result] : llvm::zip_equal(carried, fresh))
      results[i] = result;
    if (rounds)
      for (auto [i, carry] : llvm::enumerate(carries))
        if (carry.start)
          results[i] = finalCount(i, carry);
    rewriter.replaceOp(op, results);
  }

private:
  SmallVector<Value> startValues() {
    SmallVector<Value> start;
    for (unsigned i : carried)
      start.push_back(op->getOperand(i));
    return start;
  }

  SmallVector<Value> countedLoop() {
    LoopNest nest(rewriter, loc, startValues());
    Value round = nest.enter(indexConstant(rewriter, loc, *rounds));
    SmallVector<Value> arguments = withCarried(nest.carried());
    for (auto [i, carry] : llvm::enumerate(carries))
      if (carry.start)
        arguments[i] = countAt(round, i, carry);
    return nest.leave(inlineBody(arguments, nest.carried()));
  }

  SmallVector<Value> openLoop() {
    SmallVector<Value> start = startValues();
    SmallVector<Type> types;
    for (Value value : start)
      types.push_back(value.getType());
    SmallVector<Location> locations(types.size(), loc);
    auto loop = scf::WhileOp::create(rewriter, loc, types, start);
    Block *before = rewriter.createBlock(&loop.getBefore(), {}, types, locations);
    ScalarBody condition(rewriter);
    Block &read = op->getRegion(0).front();
    SmallVector<Value> arguments(before->getArguments());
    for (auto [argument, value] : llvm::zip_equal(read.getArguments(), withCarried(arguments)))
      condition.mapTensor(argument, value);
    Value goOn = condition.inlineBlock(read)[0];
    scf::ConditionOp::create(rewriter, loc, goOn, before->getArguments());
    Block *after = rewriter.createBlock(&loop.getAfter(), {}, types, locations);
    arguments.assign(after->args_begin(), after->args_end());
    SmallVector<Value> next = inlineBody(withCarried(arguments), arguments);
    scf::YieldOp::create(rewriter, loc, next);
    rewriter.setInsertionPointAfter(loop);
    return SmallVector<Value>(loop.getResults());
  }

  /// Returns the values of all arguments of a region: `values` for what is carried.
  SmallVector<Value> withCarried(ArrayRef<Value> values) {
    SmallVector<Value> arguments(op->getOperands());
    for (auto [i, value] : llvm::zip_equal(carried, values))
      arguments[i] = value;
    return arguments;
  }

  /// Moves the ops of the body to the builder, with `arguments` for its own, and returns
  /// what it hands on, written over what is carried.
  SmallVector<Value> inlineBody(ArrayRef<Value> arguments, ArrayRef<Value> destinations) {
    Block *into = rewriter.getInsertionBlock();
    rewriter.mergeBlocks(&op->getRegion(1).front(), into, arguments);
    Operation *end = &into->back();
    SmallVector<Value> next;
    for (unsigned i : carried)
      next.push_back(end->getOperand(i));
    rewriter.eraseOp(end);
    rewriter.setInsertionPointToEnd(into);
    // A value that moves to another's place is read before that is written.
    for (auto [value, destination] : llvm::zip_equal(next, destinations))
      if (value != destination && llvm::is_contained(destinations, value))
        value = copyOf(rewriter, loc, value);
    for (auto [value, destination] : llvm::zip_equal(next, destinations))
      if (!updatesInPlace(value, destination))
        value = bufferization::MaterializeInDestinationOp::create(rewriter, loc, value, destination)
                    .getResult();
    return next;
  }

  /// True if `value` is made from `carry` by ops that each may write over what they take:
  /// nobody reads that later. Where somebody does, the first of them gets a copy.
  bool updatesInPlace(Value value, Value carry) {
    OpOperand *update = nullptr;
    bool readLater = false;
    for (Value step = value; step != carry; step = update->get()) {
      update = destinationOf(step, carry.getParentBlock());
      if (!update)
        return false;
      Operation *owner = update->getOwner();
      for (OpOperand &use : update->get().getUses()) {
        Operation *reader = owner->getBlock()->findAncestorOpInBlock(*use.getOwner());
        readLater |= &use != update && (!reader || !reader->isBeforeInBlock(owner));
      }
    }
    if (!update || !readLater)
      return update != nullptr;
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(update->getOwner());
    update->set(copyOf(rewriter, loc, carry));
    return false;
  }

  /// Returns the operand in whose place an op of `block` puts `value`, null if there is none.
  static OpOperand *destinationOf(Value value, Block *block) {
    auto result = dyn_cast<OpResult>(value);
    if (!result || result.getOwner()->getBlock() != block)
      return nullptr;
    if (auto loop = dyn_cast<LoopLikeOpInterface>(result.getOwner()))
      return loop.getTiedLoopInit(result);
    if (auto op = dyn_cast<DestinationStyleOpInterface>(result.getOwner()))
      return op.getTiedOpOperand(result);
    return nullptr;
  }

  Value countAt(Value round, unsigned i, const Carry &carry) {
    auto type = cast<RankedTensorType>(op->getOperand(i).getType());
    Type integer = type.getElementType();
    auto constant = [&](const APInt &value) {
      return arith::ConstantOp::create(rewriter, loc, IntegerAttr::get(integer, value));
    };
    Value count = arith::IndexCastOp::create(rewriter, loc, integer, round);
    if (!carry.step->isOne())
      count = arith::MulIOp::create(rewriter, loc, count, constant(*carry.step));
    if (!carry.start->isZero())
      count = arith::AddIOp::create(rewriter, loc, count, constant(*carry.start));
    return tensor::FromElementsOp::create(rewriter, loc, type, count);
  }

  Value finalCount(unsigned i, const Carry &carry) {
    APInt trips = APInt(64, *rounds).zextOrTrunc(carry.step->getBitWidth());
    APInt last = *carry.start + trips * *carry.step;
    auto type = cast<RankedTensorType>(op->getOperand(i).getType());
    return arith::ConstantOp::create(rewriter, loc, DenseElementsAttr::get(type, last));
  }

  Operation *op;
  Location loc;
  RewriterBase &rewriter;
  SmallVector<Carry> carries; ///< carries[i] of operand i
  std::optional<int64_t> rounds;
  SmallVector<unsigned> carried; ///< operands that the new loop carries
};

/// True if each region of `op` is one block with `arguments` arguments that ends with
/// `results` values.
bool regionsFit(Operation *op, unsigned arguments, unsigned results) {
  return llvm::all_of(op->getRegions(), [&](Region &region) {
    return region.hasOneBlock() && region.getNumArguments() == arguments &&
           !region.front().empty() && region.front().back().getNumOperands() == results;
  });
}

LogicalResult refuse(Operation *op) {
  return op->emitError() << op->getName().getStringRef()
                         << " has operands, regions and results that do not fit each other; "
                            "export the program again";
}

/// Moves the one block of `from` into `to`, ending with scf.yield.
void moveBranch(Region &from, Region &to, RewriterBase &rewriter) {
  if (!to.empty())
    rewriter.eraseBlock(&to.front());
  rewriter.inlineRegionBefore(from, to, to.end());
  Operation *end = &to.front().back();
  rewriter.setInsertionPoint(end);
  rewriter.replaceOpWithNewOp<scf::YieldOp>(end, end->getOperands());
}

Value scalarOperand(Operation *op, RewriterBase &rewriter) {
  rewriter.setInsertionPoint(op);
  return tensor::ExtractOp::create(rewriter, op->getLoc(), op->getOperand(0), ValueRange());
}

} // namespace

LogicalResult convertWhile(Operation *op, RewriterBase &rewriter) {
  unsigned count = op->getNumOperands();
  if (op->getNumRegions() != 2 || op->getNumResults() != count ||
      op->getRegion(0).getNumArguments() != count || !op->getRegion(0).hasOneBlock() ||
      op->getRegion(0).front().empty() || op->getRegion(0).front().back().getNumOperands() != 1 ||
      !op->getRegion(1).hasOneBlock() || op->getRegion(1).getNumArguments() != count ||
      op->getRegion(1).front().empty() || op->getRegion(1).front().back().getNumOperands() != count)
    return refuse(op);
  rewriter.setInsertionPoint(op);
  While(op, rewriter).convert();
  return success();
}

LogicalResult convertIf(Operation *op, RewriterBase &rewriter) {
  if (op->getNumOperands() != 1 || op->getNumRegions() != 2 ||
      !regionsFit(op, 0, op->getNumResults()))
    return refuse(op);
  Value condition = scalarOperand(op, rewriter);
  auto branch = scf::IfOp::create(rewriter, op->getLoc(), op->getResultTypes(), condition,
                                  /*addThenBlock=*/false, /*addElseBlock=*/false);
  moveBranch(op->getRegion(0), branch.getThenRegion(), rewriter);
  moveBranch(op->getRegion(1), branch.getElseRegion(), rewriter);
  rewriter.replaceOp(op, branch);
  return success();
}

LogicalResult convertCase(Operation *op, RewriterBase &rewriter) {
  unsigned branches = op->getNumRegions();
  if (op->getNumOperands() != 1 || branches == 0 || !regionsFit(op, 0, op->getNumResults()))
    return refuse(op);
  Value index = scalarOperand(op, rewriter);
  index = arith::IndexCastOp::create(rewriter, op->getLoc(), rewriter.getIndexType(), index);
  SmallVector<int64_t> cases = llvm::to_vector(llvm::seq<int64_t>(0, branches - 1));
  auto choice = scf::IndexSwitchOp::create(rewriter, op->getLoc(), op->getResultTypes(), index,
                                           cases, branches - 1);
  for (unsigned i = 0; i + 1 < branches; ++i)
    moveBranch(op->getRegion(i), choice.getCaseRegions()[i], rewriter);
  moveBranch(op->getRegion(branches - 1), choice.getDefaultRegion(), rewriter);
  rewriter.replaceOp(op, choice);
  return success();
}

} // namespace remat
