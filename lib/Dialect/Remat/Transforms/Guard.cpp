//===- Guard.cpp - the opaque guard for XLA:CPU ---------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Guard.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace remat;

/// Creates a StableHLO op with one result. The dialect need not be registered.
static Value createOp(OpBuilder &builder, Location loc, StringRef name, Type type,
                      ValueRange operands, ArrayRef<NamedAttribute> attributes = {}) {
  OperationState state(loc, ("stablehlo." + name).str(), operands, type);
  if (!attributes.empty())
    state.propertiesAttr = builder.getDictionaryAttr(attributes);
  return builder.create(state)->getResult(0);
}

static Value createConstant(OpBuilder &builder, Location loc, Type type, uint64_t value) {
  auto tensor = cast<RankedTensorType>(type);
  unsigned width = tensor.getElementTypeBitWidth();
  Attribute splat = DenseElementsAttr::get(tensor, APInt(width, value));
  return createOp(builder, loc, "constant", type, {}, {builder.getNamedAttr("value", splat)});
}

/// Returns `type` if a guard can be made from a value of it.
static RankedTensorType asNumbers(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() || tensor.getNumElements() == 0)
    return {};
  Type element = tensor.getElementType();
  if (auto complex = dyn_cast<ComplexType>(element))
    element = complex.getElementType();
  return element.isIntOrFloat() ? tensor : RankedTensorType();
}

/// Creates a scalar with the first element of `value`.
static Value createFirstElement(OpBuilder &builder, Location loc, Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  auto scalar = RankedTensorType::get({}, type.getElementType());
  if (type.getRank() == 0)
    return value;
  SmallVector<int64_t> zeros(type.getRank(), 0), ones(type.getRank(), 1);
  Value element =
      createOp(builder, loc, "slice", RankedTensorType::get(ones, type.getElementType()), value,
               {builder.getNamedAttr("start_indices", builder.getDenseI64ArrayAttr(zeros)),
                builder.getNamedAttr("limit_indices", builder.getDenseI64ArrayAttr(ones)),
                builder.getNamedAttr("strides", builder.getDenseI64ArrayAttr(ones))});
  return createOp(builder, loc, "reshape", scalar, element);
}

/// Creates an unsigned integer from a scalar: its bits, or 0 and 1 for a boolean.
static Value createBits(OpBuilder &builder, Location loc, Value scalar) {
  Type element = cast<RankedTensorType>(scalar.getType()).getElementType();
  if (auto complex = dyn_cast<ComplexType>(element)) {
    element = complex.getElementType();
    scalar = createOp(builder, loc, "real", RankedTensorType::get({}, element), scalar);
  }
  bool isBoolean = element.isInteger(1);
  unsigned width = isBoolean ? 8 : element.getIntOrFloatBitWidth();
  auto bits = RankedTensorType::get(
      {}, IntegerType::get(builder.getContext(), width, IntegerType::Unsigned));
  return createOp(builder, loc, isBoolean ? "convert" : "bitcast_convert", bits, scalar);
}

Value remat::createTruth(RecomputeOp op, uint64_t region, OpBuilder &builder) {
  SmallVector<Value> sources(op.getAfter());
  sources.append(op.getInputs().begin(), op.getInputs().end());
  if (auto function = op->getParentOfType<FunctionOpInterface>())
    sources.append(function.getArguments().begin(), function.getArguments().end());
  Value *source = llvm::find_if(sources, [](Value value) { return asNumbers(value.getType()); });
  if (source == sources.end())
    return {};
  Location loc = op.getLoc();
  Value bits = createBits(builder, loc, createFirstElement(builder, loc, *source));
  constexpr uint64_t kOddNumbers = 128; // in the narrowest integers, of 8 bits
  Value odd = createConstant(builder, loc, bits.getType(), region % kOddNumbers * 2 + 1);
  Value set = createOp(builder, loc, "or", bits.getType(), {bits, odd});
  Value zero = createConstant(builder, loc, bits.getType(), 0);
  auto attribute = [&](StringRef name, StringRef text) {
    return builder.getNamedAttr(name, parseAttribute(text, builder.getContext()));
  };
  return createOp(builder, loc, "compare", RankedTensorType::get({}, builder.getI1Type()),
                  {set, zero},
                  {attribute("comparison_direction", "#stablehlo<comparison_direction NE>"),
                   attribute("compare_type", "#stablehlo<comparison_type UNSIGNED>")});
}

Value remat::createGuard(Value truth, Value value, Location loc, OpBuilder &builder) {
  Type type = value.getType(), element = getElementTypeOrSelf(value);
  // XLA:CPU computes on these in wider floats, and a conversion quiets NaNs.
  bool isNarrow = isa<FloatType>(element) && element.getIntOrFloatBitWidth() < 32;
  if (isNarrow) {
    auto bits = IntegerType::get(builder.getContext(), element.getIntOrFloatBitWidth(),
                                 IntegerType::Unsigned);
    type = cast<RankedTensorType>(type).clone(bits);
    value = createOp(builder, loc, "bitcast_convert", type, value);
  }
  bool isInteger = isNarrow || isa<IntegerType>(element);
  Value other = createOp(builder, loc, isInteger ? "not" : "negate", type, value);
  Value guarded = createOp(builder, loc, "select", type, {truth, value, other});
  if (isNarrow)
    guarded = createOp(builder, loc, "bitcast_convert", cast<RankedTensorType>(type).clone(element),
                       guarded);
  return guarded;
}
