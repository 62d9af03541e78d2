//===- TripCount.cpp - how often a loop runs ------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "remat/Analysis/Flops.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace remat {

namespace {

bool hasName(Operation *op, llvm::StringRef name) {
  return op && op->getName().getStringRef() == name;
}

/// Follows conversions and shape changes of a scalar to where it is made.
Value throughCasts(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!hasName(op, "stablehlo.convert") && !hasName(op, "stablehlo.reshape") &&
        !hasName(op, "stablehlo.broadcast_in_dim"))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// One `stablehlo.while` of the form that jax.lax.fori_loop and scan emit:
/// `while (counter < bound) counter += step`.
class CountedWhile {
public:
  explicit CountedWhile(Operation *loop) : loop(loop) {}

  std::optional<int64_t> trips() {
    if (loop->getNumRegions() != 2 || !loop->getRegion(0).hasOneBlock() ||
        !loop->getRegion(1).hasOneBlock() || loop->getRegion(0).front().empty() ||
        loop->getRegion(1).front().empty())
      return std::nullopt;
    Operation &exit = loop->getRegion(0).front().back();
    if (exit.getNumOperands() != 1)
      return std::nullopt;
    Operation *compare = throughCasts(exit.getOperand(0)).getDefiningOp();
    if (!hasName(compare, "stablehlo.compare") || compare->getNumOperands() != 2)
      return std::nullopt;
    std::string direction = attributeText(compare, "comparison_direction");
    bool orEqual = direction.find("LE") != std::string::npos;
    if (!orEqual && direction.find("LT") == std::string::npos)
      return std::nullopt;
    std::optional<unsigned> counter = carryOf(compare->getOperand(0));
    std::optional<int64_t> bound = constantOf(compare->getOperand(1));
    if (!counter || !bound)
      return std::nullopt;
    std::optional<int64_t> start = constantOf(loop->getOperand(*counter));
    std::optional<int64_t> step = stepOf(*counter);
    if (!start || !step || *step <= 0)
      return std::nullopt;
    return count(*start, *bound, *step, orEqual);
  }

private:
  static std::optional<int64_t> count(int64_t start, int64_t bound, int64_t step, bool orEqual) {
    auto distance = planning::checkedAdd(bound, orEqual ? 1 : 0);
    auto negated = planning::checkedMul(start, -1);
    if (distance && negated)
      distance = planning::checkedAdd(*distance, *negated);
    if (!distance || !negated)
      return std::nullopt;
    if (*distance <= 0)
      return 0;
    return *distance / step + (*distance % step != 0);
  }

  /// Returns which carried value of the loop `value` is.
  std::optional<unsigned> carryOf(Value value) {
    auto argument = dyn_cast<BlockArgument>(throughCasts(value));
    if (!argument || argument.getOwner()->getParentOp() != loop ||
        argument.getArgNumber() >= loop->getNumOperands())
      return std::nullopt;
    return argument.getArgNumber();
  }

  Operation &yield() { return loop->getRegion(1).front().back(); }

  /// Returns the integer that `value` holds in every iteration.
  std::optional<int64_t> constantOf(Value value) {
    value = throughCasts(value);
    if (std::optional<unsigned> carry = carryOf(value)) {
      if (*carry >= yield().getNumOperands() || carryOf(yield().getOperand(*carry)) != carry)
        return std::nullopt;
      value = throughCasts(loop->getOperand(*carry));
    }
    Operation *op = value.getDefiningOp();
    auto dense = op ? dyn_cast_or_null<DenseIntElementsAttr>(op->getAttr("value")) : nullptr;
    if (!dense || !dense.isSplat())
      return std::nullopt;
    llvm::APInt integer = dense.getSplatValue<llvm::APInt>();
    if (dense.getElementType().isUnsignedInteger())
      return integer.getActiveBits() < 64 ? std::optional<int64_t>(integer.getZExtValue())
                                          : std::nullopt;
    return integer.getSExtValue();
  }

  /// Returns the constant that the body adds to the counter.
  std::optional<int64_t> stepOf(unsigned counter) {
    if (counter >= yield().getNumOperands())
      return std::nullopt;
    Operation *add = throughCasts(yield().getOperand(counter)).getDefiningOp();
    if (!hasName(add, "stablehlo.add") || add->getNumOperands() != 2)
      return std::nullopt;
    for (unsigned i : {0u, 1u})
      if (carryOf(add->getOperand(i)) == counter)
        return constantOf(add->getOperand(1 - i));
    return std::nullopt;
  }

  Operation *loop;
};

} // namespace

std::optional<int64_t> tripCount(Operation *op) {
  if (hasName(op, "stablehlo.while"))
    return CountedWhile(op).trips();
  auto loop = dyn_cast<LoopLikeOpInterface>(op);
  if (!loop)
    return std::nullopt;
  if (std::optional<llvm::APInt> trips = loop.getStaticTripCount())
    return trips->getActiveBits() < 63 ? std::optional<int64_t>(trips->getZExtValue())
                                       : std::nullopt;
  // Loops over several dimensions: the product of the ranges.
  auto lower = loop.getLoopLowerBounds(), upper = loop.getLoopUpperBounds(),
       steps = loop.getLoopSteps();
  if (!lower || !upper || !steps)
    return std::nullopt;
  int64_t total = 1;
  for (auto [begin, end, step] : llvm::zip_equal(*lower, *upper, *steps)) {
    auto b = getConstantIntValue(begin), e = getConstantIntValue(end),
         s = getConstantIntValue(step);
    if (!b || !e || !s || *s <= 0)
      return std::nullopt;
    int64_t distance;
    if (llvm::SubOverflow(*e, *b, distance))
      return std::nullopt;
    total = flops::multiply(total, distance <= 0 ? 0 : distance / *s + (distance % *s != 0));
  }
  return total;
}

} // namespace remat
