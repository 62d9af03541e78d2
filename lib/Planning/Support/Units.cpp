//===- Units.cpp - bytes, flops and costs as distinct types ---------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Support/Units.h"

#include <cstdio>
#include <iterator>

namespace remat::planning {

std::optional<int64_t> checkedAdd(int64_t a, int64_t b) {
  int64_t sum;
  if (__builtin_add_overflow(a, b, &sum))
    return std::nullopt;
  return sum;
}

std::optional<int64_t> checkedMul(int64_t a, int64_t b) {
  int64_t product;
  if (__builtin_mul_overflow(a, b, &product))
    return std::nullopt;
  return product;
}

double shareOf(int64_t part, int64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string formatBytes(Bytes bytes) {
  std::string exact = std::to_string(bytes.count) + " B";
  static constexpr const char *units[] = {"KiB", "MiB", "GiB", "TiB"};
  double size = static_cast<double>(bytes.count) / 1024;
  if (size < 1)
    return exact;
  size_t unit = 0;
  while (size >= 1024 && unit + 1 < std::size(units)) {
    size /= 1024;
    ++unit;
  }
  char human[32];
  std::snprintf(human, sizeof human, size < 100 ? "%.3g %s" : "%.0f %s", size, units[unit]);
  return exact + " (" + human + ")";
}

} // namespace remat::planning
