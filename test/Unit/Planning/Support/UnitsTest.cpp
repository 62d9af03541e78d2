//===- UnitsTest.cpp - checked arithmetic and sizes for people ------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Support/Units.h"

#include <gtest/gtest.h>

#include <limits>

using namespace remat::planning;

namespace {

constexpr int64_t largest = std::numeric_limits<int64_t>::max();
constexpr int64_t smallest = std::numeric_limits<int64_t>::min();

TEST(Units, AddsWithinTheRangeOnly) {
  EXPECT_EQ(checkedAdd(largest - 1, 1), largest);
  EXPECT_EQ(checkedAdd(largest, 1), std::nullopt);
  EXPECT_EQ(checkedAdd(smallest, -1), std::nullopt);
}

TEST(Units, MultipliesWithinTheRangeOnly) {
  EXPECT_EQ(checkedMul(int64_t(1) << 31, int64_t(1) << 31), int64_t(1) << 62);
  EXPECT_EQ(checkedMul(int64_t(1) << 32, int64_t(1) << 31), std::nullopt);
  EXPECT_EQ(checkedMul(smallest, -1), std::nullopt);
}

TEST(Units, RoundsQuotientsUp) {
  EXPECT_TRUE(ceilDiv(6, 3) == 2 && ceilDiv(7, 3) == 3);
  EXPECT_TRUE(ceilDiv(-6, 3) == -2 && ceilDiv(-7, 3) == -2 && ceilDiv(-2, 3) == 0);
  EXPECT_TRUE(ceilDiv(static_cast<__int128>(largest) * largest, largest) == largest);
}

TEST(Units, SharesOfNothingAreNothing) {
  EXPECT_EQ(shareOf(1, 4), 0.25);
  EXPECT_EQ(shareOf(Bytes(3), Bytes(4)), 0.75);
  EXPECT_EQ(shareOf(0, 0), 0);
  EXPECT_EQ(overheadOf(Cost(5), Cost(4)), 0.25);
  EXPECT_EQ(overheadOf(Cost(0), Cost(0)), 0);
  EXPECT_EQ(inMicroseconds(2'500'000'000), 2.5);
}

TEST(Units, FormatsTheExactCountAndAReadableSize) {
  EXPECT_EQ(formatBytes(Bytes(0)), "0 B");
  EXPECT_EQ(formatBytes(Bytes(1023)), "1023 B");
  EXPECT_EQ(formatBytes(Bytes(1024)), "1024 B (1 KiB)");
  EXPECT_EQ(formatBytes(Bytes(536870912)), "536870912 B (512 MiB)");
  EXPECT_EQ(formatBytes(Bytes(1572864)), "1572864 B (1.5 MiB)");
  EXPECT_EQ(formatBytes(Bytes(int64_t(3) << 40)), "3298534883328 B (3 TiB)");
  EXPECT_EQ(formatBytes(Bytes(-5)), "-5 B");
}

TEST(Units, FormatsLargeSizesWithoutAnExponent) {
  EXPECT_EQ(formatBytes(Bytes(1023 * 1024)), "1047552 B (1023 KiB)");
  EXPECT_EQ(formatBytes(Bytes(int64_t(5000) << 40)), "5497558138880000 B (5000 TiB)");
  EXPECT_EQ(formatBytes(Bytes(1048575)), "1048575 B (1024 KiB)");
}

} // namespace
