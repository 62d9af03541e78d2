//===- ValueBytes.cpp - sizes of IR values --------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Analysis/ValueBytes.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;

namespace remat {

namespace {

planning::Error unsized(Type type, llvm::StringRef why) {
  std::string text;
  llvm::raw_string_ostream(text) << "has type '" << type << "', " << why;
  return {planning::ErrorCode::InvalidInput, std::move(text)};
}

/// Returns the bits that one element takes in memory, 0 when unknown.
int64_t storageBits(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return integer.getWidth() == 1 ? 8 : integer.getWidth();
  if (isa<IndexType>(type))
    return 64;
  if (auto real = dyn_cast<FloatType>(type))
    switch (real.getWidth()) {
    case 19: // tf32 is kept in 32 bits
      return 32;
    case 80:
      return 128;
    default:
      return real.getWidth();
    }
  if (auto complex = dyn_cast<ComplexType>(type))
    return 2 * storageBits(complex.getElementType());
  if (auto quantized = dyn_cast<quant::QuantizedType>(type))
    return quantized.getStorageTypeIntegralWidth();
  return 0;
}

/// Returns the bytes of `count` elements: packed below 8 bits, else whole bytes
/// each. Nothing on overflow.
std::optional<int64_t> packedBytes(int64_t count, int64_t bits) {
  if (bits >= 8)
    return planning::checkedMul(count, (bits + 7) / 8);
  return count / 8 * bits + (count % 8 * bits + 7) / 8; // 8 elements fill `bits` bytes
}

planning::Result<planning::Bytes> sizeOfShaped(Type type, llvm::ArrayRef<int64_t> shape,
                                               Type element) {
  int64_t count = 1;
  for (int64_t size : shape) {
    if (ShapedType::isDynamic(size))
      return unsized(type, "whose size is not known; only static shapes can be planned, so "
                           "export the step with concrete shapes");
    std::optional<int64_t> product = planning::checkedMul(count, size);
    if (!product)
      return unsized(type, "of 2^62 bytes or more");
    count = *product;
  }
  int64_t bits = storageBits(element);
  if (bits == 0)
    return unsized(type, "whose elements have no known size in memory");
  std::optional<int64_t> bytes = packedBytes(count, bits);
  if (!bytes || *bytes >= int64_t(1) << 62)
    return unsized(type, "of 2^62 bytes or more");
  return planning::Bytes(*bytes);
}

/// Returns the namespace and the text of a type of an unregistered dialect.
std::pair<llvm::StringRef, llvm::StringRef> opaqueText(Type type) {
  if (auto opaque = dyn_cast<OpaqueType>(type))
    return {opaque.getDialectNamespace(), opaque.getTypeData()};
  return {};
}

/// Reads "[2,3],f32" or "*,f32", the inside of a `!torch.vtensor`.
TensorType parseTorchTensor(llvm::StringRef text, MLIRContext *context) {
  SmallVector<int64_t> shape;
  bool ranked = text.consume_front("[");
  if (ranked) {
    auto [sizes, rest] = text.split(']');
    SmallVector<llvm::StringRef> parts;
    if (!sizes.trim().empty())
      sizes.split(parts, ',');
    for (llvm::StringRef part : parts) {
      int64_t size = ShapedType::kDynamic;
      if (part.trim() != "?" && part.trim().getAsInteger(10, size))
        return {};
      shape.push_back(size);
    }
    text = rest;
  }
  llvm::StringRef name = text.split(',').second.trim();
  Type element;
  if (name.empty() || name == "unk" || !(element = parseType(name, context, nullptr, true)) ||
      !TensorType::isValidElementType(element))
    return {};
  if (!ranked)
    return UnrankedTensorType::get(element);
  return RankedTensorType::get(shape, element);
}

} // namespace

TensorType asTensor(Type type) {
  if (auto tensor = dyn_cast<TensorType>(type))
    return tensor;
  auto [dialect, text] = opaqueText(type);
  if (dialect == "torch" && text.consume_front("vtensor<") && text.consume_back(">"))
    return parseTorchTensor(text, type.getContext());
  return {};
}

std::optional<int64_t> elementCount(Type type) {
  if (TensorType tensor = asTensor(type))
    type = tensor;
  auto shaped = dyn_cast<ShapedType>(type);
  if (!shaped)
    return 1;
  if (!shaped.hasStaticShape())
    return std::nullopt;
  int64_t count = 1;
  for (int64_t size : shaped.getShape()) {
    std::optional<int64_t> product = planning::checkedMul(count, size);
    if (!product)
      return std::nullopt;
    count = *product;
  }
  return count;
}

int floatBits(Type type) {
  if (TensorType tensor = asTensor(type))
    type = tensor;
  Type element = getElementTypeOrSelf(type);
  if (auto complex = dyn_cast<ComplexType>(element))
    element = complex.getElementType();
  auto real = dyn_cast<FloatType>(element);
  return real ? static_cast<int>(real.getWidth()) : 0;
}

planning::Result<planning::Bytes> bytesOf(Type type) {
  if (TensorType tensor = asTensor(type)) {
    if (!tensor.hasRank())
      return unsized(type, "which has no rank; only static shapes can be planned, so export "
                           "the step with concrete shapes");
    return sizeOfShaped(type, tensor.getShape(), tensor.getElementType());
  }
  if (auto vector = dyn_cast<VectorType>(type)) {
    if (vector.isScalable())
      return unsized(type, "whose size is not known; only static shapes can be planned");
    return sizeOfShaped(type, vector.getShape(), vector.getElementType());
  }
  if (auto tuple = dyn_cast<TupleType>(type)) {
    planning::Bytes sum;
    for (Type part : tuple.getTypes()) {
      planning::Result<planning::Bytes> bytes = bytesOf(part);
      if (!bytes)
        return bytes;
      std::optional<int64_t> total = planning::checkedAdd(sum.count, bytes->count);
      if (!total || *total >= int64_t(1) << 62)
        return unsized(type, "of 2^62 bytes or more");
      sum = planning::Bytes(*total);
    }
    return sum;
  }
  if (isa<BaseMemRefType>(type))
    return unsized(type, "a buffer; plan the step on tensors, before bufferization");
  if (isa<NoneType, tosa::shapeType>(type))
    return planning::Bytes(0);
  auto [dialect, text] = opaqueText(type);
  if (text == "token" || (dialect == "torch" && !text.contains("tensor")))
    return planning::Bytes(0);
  if (int64_t bits = storageBits(type))
    return planning::Bytes(*packedBytes(1, bits));
  return unsized(type, "which has no known size in memory");
}

} // namespace remat
