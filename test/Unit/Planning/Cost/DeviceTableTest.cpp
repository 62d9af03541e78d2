//===- DeviceTableTest.cpp - costs worked out by hand ---------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Cost/DeviceTable.h"

#include <gtest/gtest.h>

#include <set>

using namespace remat::planning;

namespace {

Op opOf(int64_t flops, int64_t read, int64_t written, int bits = 32,
        OpKind kind = OpKind::Elementwise) {
  Op op;
  op.kind = kind;
  op.work = {Flops(flops), Bytes(read), Bytes(written), bits};
  return op;
}

int64_t cost(const char *table, const Op &op) { return costOf(op, *findDeviceTable(table)).count; }

TEST(DeviceTable, JudgeIs50FemtosecondsAFlopAnd1000AByte) {
  EXPECT_EQ(cost("judge", opOf(1, 0, 0)), 50);
  EXPECT_EQ(cost("judge", opOf(0, 1, 0)), 1000);
  EXPECT_EQ(cost("judge", opOf(0, 2, 3)), 5000);
  EXPECT_EQ(cost("judge", opOf(1000, 7, 3)), 50'000);
  EXPECT_EQ(cost("judge", opOf(1000, 50, 1)), 51'000);
  EXPECT_EQ(cost("judge", opOf(0, 0, 0)), 0);
  for (int bits : {0, 8, 16, 32, 64})
    EXPECT_EQ(cost("judge", opOf(123'456'789, 0, 0, bits)), 123'456'789 * int64_t(50));
}

TEST(DeviceTable, PaperIs10ForAConvolutionAnd1ForTheRest) {
  EXPECT_EQ(cost("paper", opOf(1'000'000, 5, 5, 32, OpKind::Convolution)), 10);
  EXPECT_EQ(cost("paper", opOf(1'000'000, 5, 5, 32, OpKind::Dot)), 1);
  EXPECT_EQ(cost("paper", opOf(0, 0, 0, 0, OpKind::Custom)), 1);
  EXPECT_EQ(findDeviceTable("paper")->unit, CostUnit::Units);
}

// 10^9 fs of launch, then flops * 10^15 / peak or bytes * 10^15 / bandwidth,
// rounded up.
TEST(DeviceTable, DevicesAreRooflinesWithALaunch) {
  EXPECT_EQ(cost("h100", opOf(989'500, 0, 0, 16)), 1'000'000'000 + 1'000'000);
  EXPECT_EQ(cost("h100", opOf(494'500, 0, 0, 32)), 1'000'000'000 + 1'000'000);
  EXPECT_EQ(cost("h100", opOf(67'000, 0, 0, 64)), 1'000'000'000 + 1'000'000);
  EXPECT_EQ(cost("h100", opOf(1, 3'350, 0)), 1'000'000'000 + 1'000'000);
  EXPECT_EQ(cost("h200", opOf(1, 4'800, 0)), 1'000'000'000 + 1'000'000);
  EXPECT_EQ(cost("a100", opOf(312'000, 0, 0, 8)), 1'000'000'000 + 1'000'000);
  EXPECT_EQ(cost("a100", opOf(0, 2'000, 39)), 1'000'000'000 + 1'000'000);
  EXPECT_EQ(cost("a100", opOf(0, 1, 0)), 1'000'000'000 + 491); // 490.4...
  EXPECT_EQ(cost("host", opOf(0, 2'048, 0)), 10'000'000);
  EXPECT_EQ(cost("host", opOf(50'176, 0, 0)), 10'000'000);
  EXPECT_EQ(cost("host", opOf(25'088, 0, 0, 64)), 10'000'000);
}

TEST(DeviceTable, AWidthWithoutAFigureUsesTheNextNarrower) {
  EXPECT_EQ(cost("tpu-v5p", opOf(459'000, 0, 0, 64)), 1'000'000);
  EXPECT_EQ(cost("tpu-v5p", opOf(459'000, 0, 0, 16)), 1'000'000);
  EXPECT_EQ(cost("tpu-v5p", opOf(0, 2'765, 0)), 1'000'000);
}

TEST(DeviceTable, SaturatesAt2To62) {
  constexpr int64_t huge = (int64_t(1) << 62) - 1;
  for (const DeviceTable &table : deviceTables())
    EXPECT_LE(costOf(opOf(huge, huge, huge), table).count, int64_t(1) << 62) << table.name;
  EXPECT_EQ(cost("judge", opOf(huge, 0, 0)), int64_t(1) << 62);
  EXPECT_EQ(cost("judge", opOf(0, huge, huge)), int64_t(1) << 62);
}

TEST(DeviceTable, EveryTableHasANameASourceAndWholeFigures) {
  std::set<std::string_view> names;
  for (const DeviceTable &table : deviceTables()) {
    EXPECT_TRUE(names.insert(table.name).second) << table.name;
    EXPECT_EQ(findDeviceTable(table.name), &table);
    EXPECT_GT(table.source.size(), 20u) << table.name;
    EXPECT_EQ(table.unit == CostUnit::Units, table.flopsPerSecond32 == 0) << table.name;
    EXPECT_EQ(table.unit == CostUnit::Units, table.bytesPerSecond == 0) << table.name;
  }
  for (const char *name : {"h100", "a100", "tpu-v5p", "host", "judge", "paper"})
    EXPECT_TRUE(names.contains(name)) << name;
  EXPECT_EQ(findDeviceTable("abacus"), nullptr);
}

TEST(DeviceTable, UnitsReadBack) {
  for (CostUnit unit : {CostUnit::Femtoseconds, CostUnit::Units})
    EXPECT_EQ(parseCostUnit(toString(unit)), unit);
  EXPECT_EQ(parseCostUnit("seconds"), std::nullopt);
}

} // namespace
