//===- FlopsStableHLO.cpp - rules for StableHLO ops -----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// StableHLO is read as an unregistered dialect, so its own attributes are text:
// `#stablehlo.dot<...>`, `#stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[...]>`.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/BuiltinTypes.h"
#include "remat/Analysis/Flops.h"
#include "remat/Analysis/ValueBytes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace mlir;

namespace remat::flops {

namespace {

/// Returns the product of the sizes at `dims`, nothing when one is out of range.
Count productAt(llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> dims) {
  int64_t product = 1;
  for (int64_t dim : dims) {
    if (dim < 0 || dim >= static_cast<int64_t>(sizes.size()))
      return std::nullopt;
    product = multiply(product, sizes[dim]);
  }
  return product;
}

/// Returns which dimension of the kernel counts the output features, from
/// "conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>" (here 3) or the raw form
/// "conv<raw ... kernel_output_feature_dimension = 3, ...>".
std::optional<size_t> kernelOutputDimension(llvm::StringRef text) {
  static constexpr llvm::StringRef rawKey = "kernel_output_feature_dimension";
  if (text.contains(rawKey))
    return integerAfter(text, rawKey);
  llvm::SmallVector<llvm::StringRef> lists;
  text.split(lists, '[');
  if (lists.size() < 3)
    return std::nullopt;
  llvm::SmallVector<llvm::StringRef> kernel;
  lists[2].split(']').first.split(kernel, ',');
  for (size_t dim = 0; dim < kernel.size(); ++dim)
    if (kernel[dim].trim() == "o")
      return dim;
  return std::nullopt;
}

} // namespace

Count dotGeneral(Operation *op, const OpModelTable &table) {
  std::string text = attributeText(op, "dot_dimension_numbers");
  std::optional<llvm::ArrayRef<int64_t>> lhs = sizesOf(op, 0);
  if (text.empty())
    return std::nullopt;
  if (!lhs)
    return 0;
  auto dims = integersAfter(text, "lhs_contracting_dimensions");
  Count depth = dims ? productAt(*lhs, *dims) : std::nullopt;
  if (!depth)
    return std::nullopt;
  return multiply(multiply(2, *perResultElement(op, table)), *depth);
}

Count dot(Operation *op, const OpModelTable &table) {
  std::optional<llvm::ArrayRef<int64_t>> lhs = sizesOf(op, 0);
  if (!lhs)
    return 0;
  int64_t depth = lhs->empty() ? 1 : lhs->back();
  return multiply(multiply(2, *perResultElement(op, table)), depth);
}

Count einsum(Operation *op, const OpModelTable &table) {
  // "ij,jk->ik": the labels of the left side that the result lacks are summed.
  auto config = dyn_cast_or_null<StringAttr>(op->getAttr("einsum_config"));
  std::optional<llvm::ArrayRef<int64_t>> lhs = sizesOf(op, 0);
  if (!config)
    return std::nullopt;
  if (!lhs)
    return 0;
  auto [operands, result] = config.getValue().split("->");
  llvm::StringRef labels = operands.split(',').first;
  if (labels.contains("..."))
    return std::nullopt;
  llvm::SmallVector<int64_t> summed;
  for (size_t i = 0; i < labels.size(); ++i)
    if (!result.contains(labels[i]))
      summed.push_back(static_cast<int64_t>(i));
  Count depth = productAt(*lhs, summed);
  if (!depth)
    return std::nullopt;
  return multiply(multiply(2, *perResultElement(op, table)), *depth);
}

Count convolution(Operation *op, const OpModelTable &table) {
  std::string text = attributeText(op, "dimension_numbers");
  std::optional<size_t> output = kernelOutputDimension(text);
  std::optional<llvm::ArrayRef<int64_t>> kernel = sizesOf(op, 1);
  if (!output)
    return std::nullopt;
  if (!kernel)
    return 0;
  if (*output >= kernel->size())
    return std::nullopt;
  int64_t perElement = 2;
  for (size_t dim = 0; dim < kernel->size(); ++dim)
    if (dim != *output)
      perElement = multiply(perElement, (*kernel)[dim]);
  int64_t total = multiply(*perResultElement(op, table), perElement);
  if (auto dilation = readIntegers(op, "lhs_dilation"))
    for (int64_t factor : *dilation)
      total /= std::max<int64_t>(1, factor);
  return total;
}

Count reduceWindow(Operation *op, const OpModelTable &table) {
  auto window = readIntegers(op, "window_dimensions");
  if (!window)
    return std::nullopt;
  int64_t total = *perResultElement(op, table);
  for (int64_t size : *window)
    total = multiply(total, std::max<int64_t>(0, size));
  return total;
}

Count fft(Operation *op, const OpModelTable &table) {
  // 5 n log2 n per transform of n points: the usual radix-2 count.
  auto length = readIntegers(op, "fft_length");
  if (!length)
    return std::nullopt;
  int64_t points = 1;
  for (int64_t size : *length)
    points = multiply(points, std::max<int64_t>(1, size));
  int64_t elements = std::max(*perResultElement(op, table), *perOperandElement(op, table));
  return multiply(multiply(5, elements), llvm::Log2_64_Ceil(points));
}

Count cholesky(Operation *op, const OpModelTable &table) {
  // n^3 / 3 flops for n^2 elements.
  std::optional<llvm::ArrayRef<int64_t>> sizes = sizesOf(op, 0);
  if (!sizes || sizes->empty())
    return 0;
  return multiply(*perResultElement(op, table), sizes->back()) / 3;
}

Count triangularSolve(Operation *op, const OpModelTable &table) {
  // n multiply-adds on half of the matrix for each of the unknowns.
  std::optional<llvm::ArrayRef<int64_t>> sizes = sizesOf(op, 0);
  if (!sizes || sizes->empty())
    return 0;
  return multiply(*perResultElement(op, table), sizes->back());
}

} // namespace remat::flops
