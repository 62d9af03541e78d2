//===- Flops.cpp - rules that hold for any dialect ------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Analysis/Flops.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "remat/Analysis/Shards.h"
#include "remat/Analysis/ValueBytes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace mlir;

namespace remat {

std::optional<llvm::SmallVector<int64_t>> readIntegers(Operation *op, llvm::StringRef name) {
  Attribute attribute = op->getAttr(name);
  if (auto array = dyn_cast_or_null<DenseI64ArrayAttr>(attribute))
    return llvm::SmallVector<int64_t>(array.asArrayRef());
  if (auto dense = dyn_cast_or_null<DenseIntElementsAttr>(attribute)) {
    llvm::SmallVector<int64_t> values;
    for (const llvm::APInt &value : dense.getValues<llvm::APInt>())
      values.push_back(value.getSExtValue());
    return values;
  }
  return std::nullopt;
}

std::string attributeText(Operation *op, llvm::StringRef name) {
  Attribute attribute = op->getAttr(name);
  if (!attribute)
    return "";
  if (auto opaque = dyn_cast<OpaqueAttr>(attribute))
    return opaque.getAttrData().str();
  std::string text;
  llvm::raw_string_ostream(text) << attribute;
  return text;
}

std::optional<llvm::SmallVector<int64_t>> integersAfter(llvm::StringRef text, llvm::StringRef key) {
  llvm::SmallVector<int64_t> values;
  size_t at = text.find(key);
  if (at == llvm::StringRef::npos)
    return values;
  text = text.drop_front(at + key.size()).ltrim();
  if (!text.consume_front("=") || !(text = text.ltrim()).consume_front("["))
    return std::nullopt;
  size_t end = text.find(']');
  if (end == llvm::StringRef::npos)
    return std::nullopt;
  llvm::SmallVector<llvm::StringRef> parts;
  if (!text.take_front(end).trim().empty())
    text.take_front(end).split(parts, ',');
  for (llvm::StringRef part : parts) {
    int64_t value;
    if (part.trim().getAsInteger(10, value))
      return std::nullopt;
    values.push_back(value);
  }
  return values;
}

std::optional<int64_t> integerAfter(llvm::StringRef text, llvm::StringRef key) {
  size_t at = text.find(key);
  if (at == llvm::StringRef::npos)
    return std::nullopt;
  text = text.drop_front(at + key.size()).ltrim();
  int64_t value;
  if (!text.consume_front("=") || text.ltrim().take_while(llvm::isDigit).getAsInteger(10, value))
    return std::nullopt;
  return value;
}

namespace flops {

std::optional<llvm::ArrayRef<int64_t>> sizesOf(Operation *op, unsigned index) {
  TensorType tensor =
      index < op->getNumOperands() ? asTensor(op->getOperand(index).getType()) : TensorType();
  if (!tensor || !tensor.hasStaticShape())
    return std::nullopt;
  return tensor.getShape();
}

int64_t add(int64_t a, int64_t b) {
  return std::min(planning::checkedAdd(a, b).value_or(kLimit), kLimit);
}

int64_t multiply(int64_t a, int64_t b) {
  return std::min(planning::checkedMul(a, b).value_or(kLimit), kLimit);
}

Count ofOp(Operation *op, const OpModel &model, const OpModelTable &table) {
  Count count = model.flops ? model.flops(op, table) : 0;
  return count ? Count(llvm::divideCeilSigned(*count, waysOf(op))) : std::nullopt;
}

Count perResultElement(Operation *op, const OpModelTable &) {
  int64_t sum = 0;
  for (Type type : op->getResultTypes())
    sum = add(sum, elementCount(type).value_or(0));
  return sum;
}

Count perOperandElement(Operation *op, const OpModelTable &) {
  int64_t sum = 0;
  for (Type type : op->getOperandTypes())
    sum = add(sum, elementCount(type).value_or(0));
  return sum;
}

Count sort(Operation *op, const OpModelTable &table) {
  int64_t count = *perOperandElement(op, table);
  return multiply(count, std::max<int64_t>(1, llvm::Log2_64_Ceil(std::max<int64_t>(count, 1))));
}

/// Sums the flops of the ops directly in `region` (their own regions are in
/// their rules).
static Count regionFlops(Region &region, const OpModelTable &table) {
  int64_t sum = 0;
  for (Block &block : region)
    for (Operation &op : block) {
      Count count = ofOp(&op, table.lookup(&op), table);
      if (!count)
        return std::nullopt;
      sum = add(sum, *count);
    }
  return sum;
}

Count regions(Operation *op, const OpModelTable &table) {
  int64_t sum = 0;
  for (Region *region : executedRegions(op)) {
    Count count = regionFlops(*region, table);
    if (!count)
      return std::nullopt;
    sum = add(sum, *count);
  }
  return sum;
}

Count loop(Operation *op, const OpModelTable &table) {
  // A while's condition is a scalar; its work is the body, the last region.
  if (op->getNumRegions() == 0)
    return 0;
  Count once = regionFlops(op->getRegions().back(), table);
  if (!once)
    return std::nullopt;
  return multiply(*once, tripCount(op).value_or(1));
}

Count branch(Operation *op, const OpModelTable &table) {
  int64_t dearest = 0;
  for (Region &region : op->getRegions()) {
    Count count = regionFlops(region, table);
    if (!count)
      return std::nullopt;
    dearest = std::max(dearest, *count);
  }
  return dearest;
}

Count mapped(Operation *op, const OpModelTable &table) {
  Count once = regions(op, table);
  if (!once)
    return std::nullopt;
  return multiply(*once, *perResultElement(op, table));
}

} // namespace flops
} // namespace remat
