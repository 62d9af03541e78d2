//===- CountedLoop.cpp - loops that a counter ends ------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `tripCount` of the analysis reads the same loops before their regions are linalg.
//
//===----------------------------------------------------------------------===//

#include "CountedLoop.h"
#include "ScalarBody.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace remat {

/// Returns the integer that `value` always is.
static std::optional<APInt> constantOf(Value value) {
  Attribute constant;
  if (!matchPattern(scalarSource(value), m_Constant(&constant)))
    return std::nullopt;
  if (auto dense = dyn_cast<DenseIntElementsAttr>(constant); dense && dense.isSplat())
    return dense.getSplatValue<APInt>();
  if (auto integer = dyn_cast<IntegerAttr>(constant))
    return integer.getValue();
  return std::nullopt;
}

static Operation *terminator(Operation *loop, unsigned region) {
  return &loop->getRegion(region).front().back();
}

/// Returns what the body adds in each round to its argument `index`.
static std::optional<APInt> stepOf(Operation *loop, unsigned index) {
  Value counter = loop->getRegion(1).getArgument(index);
  auto add = scalarSource(terminator(loop, 1)->getOperand(index)).getDefiningOp<arith::AddIOp>();
  if (!add)
    return std::nullopt;
  if (scalarSource(add.getLhs()) == counter)
    return constantOf(add.getRhs());
  if (scalarSource(add.getRhs()) == counter)
    return constantOf(add.getLhs());
  return std::nullopt;
}

SmallVector<Carry> readCarries(Operation *loop) {
  SmallVector<Carry> carries(loop->getNumOperands());
  for (auto [i, carry] : llvm::enumerate(carries)) {
    carry.unchanged = terminator(loop, 1)->getOperand(i) == loop->getRegion(1).getArgument(i);
    auto type = dyn_cast<RankedTensorType>(loop->getOperand(i).getType());
    if (!type || type.getRank() != 0 || !type.getElementType().isInteger() || carry.unchanged)
      continue;
    std::optional<APInt> start = constantOf(loop->getOperand(i)), step = stepOf(loop, i);
    if (start && step)
      carry.start = start, carry.step = step;
  }
  return carries;
}

/// Returns the integer that `value`, of the condition, always is: a constant, or a carried
/// one that never changes.
static std::optional<APInt> boundOf(Operation *loop, ArrayRef<Carry> carries, Value value) {
  auto argument = dyn_cast<BlockArgument>(scalarSource(value));
  if (!argument || argument.getOwner() != &loop->getRegion(0).front())
    return constantOf(value);
  if (!carries[argument.getArgNumber()].unchanged)
    return std::nullopt;
  return constantOf(loop->getOperand(argument.getArgNumber()));
}

std::optional<int64_t> roundsOf(Operation *loop, ArrayRef<Carry> carries) {
  auto compare = scalarSource(terminator(loop, 0)->getOperand(0)).getDefiningOp<arith::CmpIOp>();
  if (!compare)
    return std::nullopt;
  auto counter = dyn_cast<BlockArgument>(scalarSource(compare.getLhs()));
  if (!counter || counter.getOwner() != &loop->getRegion(0).front())
    return std::nullopt;
  const Carry &carry = carries[counter.getArgNumber()];
  std::optional<APInt> bound = boundOf(loop, carries, compare.getRhs());
  if (!carry.start || !bound || bound->getBitWidth() > 64)
    return std::nullopt;
  arith::CmpIPredicate predicate = compare.getPredicate();
  bool isSigned = predicate == arith::CmpIPredicate::slt || predicate == arith::CmpIPredicate::sle;
  bool orEqual = predicate == arith::CmpIPredicate::sle || predicate == arith::CmpIPredicate::ule;
  if (!isSigned && !orEqual && predicate != arith::CmpIPredicate::ult)
    return std::nullopt;
  // Wide enough for every sum below.
  auto wide = [&](const APInt &value) { return isSigned ? value.sext(128) : value.zext(128); };
  APInt start = wide(*carry.start), step = carry.step->sext(128), last = wide(*bound);
  if (!step.isStrictlyPositive())
    return std::nullopt;
  APInt distance = last - start + (orEqual ? 1 : 0);
  if (!distance.isStrictlyPositive())
    return 0;
  APInt rounds = (distance + step - 1).sdiv(step), end = start + rounds * step;
  unsigned width = bound->getBitWidth();
  if (end.sgt(isSigned ? APInt::getSignedMaxValue(width).sext(128)
                       : APInt::getMaxValue(width).zext(128)) ||
      !rounds.isSignedIntN(63))
    return std::nullopt;
  return rounds.getSExtValue();
}

} // namespace remat
