//===- Units.h - bytes, flops and costs as distinct types -------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SUPPORT_UNITS_H
#define REMAT_PLANNING_SUPPORT_UNITS_H

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace remat::planning {

/// Returns `a + b`, or nothing when the sum leaves the signed 64-bit range.
std::optional<int64_t> checkedAdd(int64_t a, int64_t b);

/// Returns `a * b`, or nothing when the product leaves the signed 64-bit range.
std::optional<int64_t> checkedMul(int64_t a, int64_t b);

/// Returns `dividend / divisor`, rounded up also below 0. Requires: `divisor` > 0.
constexpr __int128 ceilDiv(__int128 dividend, __int128 divisor) {
  return dividend / divisor + (dividend % divisor > 0);
}

/// No sum over a problem, and no single count, may reach this: two such sums
/// still add up in 64 bits.
inline constexpr int64_t kSumLimit = int64_t(1) << 62;

/// No sum of bytes or costs that a strategy works on may reach this: the paper's
/// formula (Eq. 2) adds up to four times the bytes.
inline constexpr int64_t kFormulaLimit = int64_t(1) << 60;

/// A signed 64-bit count of one unit. Two quantities of different units do not
/// mix: `Bytes + Cost` does not compile.
///
/// Sums are plain 64-bit sums. They cannot overflow for a graph that
/// `Problem::check` accepts, because it bounds the sum over all values and all
/// ops by `kSumLimit`; code that sums anything else uses `checkedAdd`.
template <typename Tag>
struct Quantity {
  int64_t count = 0;

  constexpr Quantity() = default;
  constexpr explicit Quantity(int64_t count) : count(count) {}

  constexpr auto operator<=>(const Quantity &) const = default;
  constexpr Quantity operator+(Quantity other) const { return Quantity(count + other.count); }
  constexpr Quantity operator-(Quantity other) const { return Quantity(count - other.count); }
  constexpr Quantity &operator+=(Quantity other) {
    count += other.count;
    return *this;
  }
  constexpr Quantity &operator-=(Quantity other) {
    count -= other.count;
    return *this;
  }
};

/// Bytes of device memory.
using Bytes = Quantity<struct BytesTag>;
/// Floating-point operations (a multiply-add counts two).
using Flops = Quantity<struct FlopsTag>;
/// Execution cost in the unit that `Problem::costUnit` names.
using Cost = Quantity<struct CostTag>;

/// Returns part / whole; of nothing 0. Figures for people and files: nothing is decided by
/// them.
double shareOf(int64_t part, int64_t whole);
inline double shareOf(Bytes part, Bytes whole) { return shareOf(part.count, whole.count); }

/// Returns cost / base - 1: an overhead over the base cost, or the gap to a bound.
inline double overheadOf(Cost cost, Cost base) { return shareOf((cost - base).count, base.count); }

/// Returns femtoseconds as microseconds.
constexpr double inMicroseconds(double femtoseconds) { return femtoseconds / 1e9; }

/// Formats bytes for people: the exact count, and a size with three digits.
///   formatBytes(Bytes(536870912)) == "536870912 B (512 MiB)"
std::string formatBytes(Bytes bytes);

} // namespace remat::planning

#endif // REMAT_PLANNING_SUPPORT_UNITS_H
