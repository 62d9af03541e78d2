//===- Elements.h - the elements of a step's buffers ---------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_RUNTIME_ELEMENTS_H
#define REMAT_RUNTIME_ELEMENTS_H

#include "remat/Planning/Support/Units.h"
#include "remat/Runtime/ArrayFile.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace remat {

/// An argument or a result of a step, in row-major order.
struct BufferSpec {
  std::string type;  ///< For messages: "8x4xf32".
  char kind = 0;     ///< As Array::kind; bf16 is V, signless integers are i.
  int64_t width = 0; ///< Bytes of one element.
  std::vector<int64_t> shape;

  int64_t elements() const;
  planning::Bytes bytes() const { return planning::Bytes(elements() * width); }
  /// True if the bytes of an array of this type and shape can serve.
  bool accepts(const Array &array) const;
};

/// Fills a buffer with numbers that `seed`, `buffer` (which one of the step) and the
/// element decide: floats in [-0.1, 0.1), so that sums over hundreds stay small;
/// integers 0 to 9, which can be labels and tokens; booleans.
void fillRandom(std::byte *data, const BufferSpec &spec, uint64_t seed, uint64_t buffer);

/// Returns an element as text that tells different values apart: "0.1", "-3", "1+2i".
std::string elementText(const std::byte *data, const BufferSpec &spec, int64_t element);

/// Returns the first element in which two buffers differ in a bit. NaNs are equal:
/// no language says which bits they hold.
std::optional<int64_t> firstDifference(const std::byte *left, const std::byte *right,
                                       const BufferSpec &spec);

/// How far a buffer is from another one.
struct Distance {
  double largest = 0;   ///< |found - wanted| at `element`.
  int64_t element = 0;  ///< The one that is farthest off.
  double magnitude = 0; ///< The largest |wanted| of the buffer.
  /// `largest` in terms of `magnitude`; infinite where only one is finite.
  double relative() const;
};

/// Returns the distance of `found` from `wanted`. NaN is far from all but NaN.
Distance distance(const std::byte *found, const std::byte *wanted, const BufferSpec &spec);

/// Returns the number of elements that are infinite or NaN.
int64_t countNonFinite(const std::byte *data, const BufferSpec &spec);

} // namespace remat

#endif // REMAT_RUNTIME_ELEMENTS_H
