//===- Shards.cpp - what one of several devices holds ---------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Analysis/Shards.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace remat {

bool isShardMark(llvm::StringRef name) { return name == kLocalAttrName || name == kWaysAttrName; }

/// Returns the type that a checked mark gives result `index` of `op`, or null.
static Type markedType(Operation *op, unsigned index) {
  auto types = op->getAttrOfType<ArrayAttr>(kLocalAttrName);
  return types && index < types.size() ? cast<TypeAttr>(types[index]).getValue() : Type();
}

Type localType(Value value) {
  Type marked;
  if (auto result = dyn_cast<OpResult>(value)) {
    marked = markedType(result.getOwner(), result.getResultNumber());
  } else {
    auto argument = cast<BlockArgument>(value);
    Operation *parent = argument.getOwner()->getParentOp();
    unsigned number = argument.getArgNumber();
    if (auto function = dyn_cast_or_null<func::FuncOp>(parent)) {
      if (auto mark = function.getArgAttrOfType<TypeAttr>(number, kLocalAttrName))
        marked = mark.getValue();
    } else if (parent && parent->getNumResults() == argument.getOwner()->getNumArguments() &&
               parent->getResult(number).getType() == value.getType()) {
      marked = markedType(parent, number);
    }
  }
  return marked ? marked : value.getType();
}

int64_t waysOf(Operation *op) {
  auto ways = op->getAttrOfType<IntegerAttr>(kWaysAttrName);
  return ways ? ways.getInt() : 1;
}

/// Tells whether a device may hold `local` of a value of type `global`.
static bool isPart(Type local, Type global) {
  auto part = dyn_cast<RankedTensorType>(local), whole = dyn_cast<RankedTensorType>(global);
  if (!part || !whole)
    return local == global;
  return part.getElementType() == whole.getElementType() && part.getRank() == whole.getRank() &&
         part.hasStaticShape() &&
         llvm::all_of(llvm::zip(part.getShape(), whole.getShape()), [](auto sizes) {
           auto [size, limit] = sizes;
           return ShapedType::isDynamic(limit) || size <= limit;
         });
}

/// Ends the message about a type that is no part of `global`.
static LogicalResult refusePart(InFlightDiagnostic &&error, Attribute local, Type global) {
  return error << " the mark '" << kLocalAttrName << "' of " << local
               << ", but a device holds a part of " << global
               << ": a type of the same rank and element type, with no larger sizes";
}

LogicalResult checkShardMarks(Operation *op) {
  if (Attribute mark = op->getAttr(kLocalAttrName)) {
    auto types = dyn_cast<ArrayAttr>(mark);
    if (!types || types.size() != op->getNumResults() ||
        !llvm::all_of(types, llvm::IsaPred<TypeAttr>))
      return op->emitError() << "'" << op->getName() << "' has the mark '" << kLocalAttrName
                             << " = " << mark << "', but the mark lists one type for each of its "
                             << op->getNumResults() << " results";
    for (auto [type, result] : llvm::zip_equal(types, op->getResults()))
      if (!isPart(cast<TypeAttr>(type).getValue(), result.getType()))
        return refusePart(op->emitError() << "result " << result.getResultNumber() << " of '"
                                          << op->getName() << "' has",
                          type, result.getType());
  }
  Attribute ways = op->getAttr(kWaysAttrName);
  auto number = dyn_cast_or_null<IntegerAttr>(ways);
  if (ways && (!number || !number.getType().isInteger(64) || number.getInt() < 1))
    return op->emitError() << "'" << op->getName() << "' has the mark '" << kWaysAttrName << " = "
                           << ways
                           << "', but the work of an op is divided by a number of devices, "
                              "an i64 of at least 1";
  return success();
}

LogicalResult checkShardMarksOfArguments(func::FuncOp entry) {
  for (BlockArgument argument : entry.getArguments()) {
    unsigned number = argument.getArgNumber();
    Attribute mark = entry.getArgAttr(number, kLocalAttrName);
    auto type = dyn_cast_or_null<TypeAttr>(mark);
    if (mark && (!type || !isPart(type.getValue(), argument.getType())))
      return refusePart(emitError(argument.getLoc()) << "argument " << number << " has", mark,
                        argument.getType());
  }
  return success();
}

DictionaryAttr withoutShardMarks(DictionaryAttr attributes) {
  auto isMark = [](NamedAttribute entry) { return isShardMark(entry.getName()); };
  if (llvm::none_of(attributes, isMark))
    return attributes;
  SmallVector<NamedAttribute> kept(attributes.begin(), attributes.end());
  llvm::erase_if(kept, isMark);
  return DictionaryAttr::getWithSorted(attributes.getContext(), kept);
}

void removeShardMarks(func::FuncOp entry) {
  for (BlockArgument argument : entry.getArguments())
    entry.removeArgAttr(argument.getArgNumber(), kLocalAttrName);
  entry.walk([](Operation *op) {
    op->removeDiscardableAttr(kLocalAttrName);
    op->removeDiscardableAttr(kWaysAttrName);
  });
}

} // namespace remat
