//===- BudgetTest.cpp - the parser of budgets -----------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Strategy.h"

#include <gtest/gtest.h>

using namespace remat::planning;

namespace {

void expectBytes(const char *text, int64_t bytes) {
  Result<Budget> budget = parseBudget(text);
  ASSERT_TRUE(budget) << text;
  EXPECT_EQ(budget->kind, Budget::Kind::Bytes) << text;
  EXPECT_EQ(budget->amount, bytes) << text;
}

void expectPercent(const char *text, int64_t partsPerMillion) {
  Result<Budget> budget = parseBudget(text);
  ASSERT_TRUE(budget) << text;
  EXPECT_EQ(budget->kind, Budget::Kind::Percent) << text;
  EXPECT_EQ(budget->amount, partsPerMillion) << text;
}

void expectError(const char *text, const char *part) {
  Result<Budget> budget = parseBudget(text);
  ASSERT_FALSE(budget) << text;
  EXPECT_EQ(budget.error().code, ErrorCode::InvalidOption);
  EXPECT_EQ(budget.error().message,
            "budget '" + std::string(text) + "' " + part +
                "; write bytes with or without a unit (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB), a "
                "percentage such as 50%, or min");
}

TEST(Budget, ReadsBytesInBinaryAndDecimalUnits) {
  expectBytes("123", 123);
  expectBytes("123B", 123);
  expectBytes("800MB", 800000000);
  expectBytes("2kB", 2000);
  expectBytes("1GB", 1000000000);
  expectBytes("1TB", 1000000000000);
  expectBytes("3KiB", 3072);
  expectBytes("1MiB", 1048576);
  expectBytes("8GiB", 8589934592);
  expectBytes("1TiB", 1099511627776);
  expectBytes("4611686018427387903", 4611686018427387903);
}

TEST(Budget, BlanksDoNotCount) {
  expectBytes(" 8 GiB ", 8589934592);
  expectBytes("8\tB", 8);
  expectPercent("50 %", 500000);
  EXPECT_TRUE(parseBudget(" min"));
  EXPECT_FALSE(parseBudget("8 Gi B"));
  EXPECT_FALSE(parseBudget("1 0"));
  EXPECT_FALSE(parseBudget("8. GiB"));
}

TEST(Budget, DropsPartsOfAByte) {
  expectBytes("1.5GiB", 1610612736);
  expectBytes("0.3KiB", 307);
  expectBytes("2.999999B", 2);
}

TEST(Budget, ReadsPercentagesInPartsPerMillion) {
  expectPercent("50%", 500000);
  expectPercent("37.5%", 375000);
  expectPercent("0.0001%", 1);
  expectPercent("100%", 1000000);
}

TEST(Budget, ReadsTheMinimum) {
  Result<Budget> budget = parseBudget("min");
  ASSERT_TRUE(budget);
  EXPECT_EQ(budget->kind, Budget::Kind::Minimum);
}

TEST(Budget, LimitsAPeak) {
  EXPECT_EQ(limitOf(*parseBudget("37.5%"), Bytes(1001)), Bytes(375)); // 375.375
  EXPECT_EQ(limitOf(*parseBudget("8"), Bytes(1001)), Bytes(8));
  EXPECT_EQ(limitOf(*parseBudget("min"), Bytes(1001)), std::nullopt);
  EXPECT_EQ(limitOf(Budget{}, Bytes(1001)), std::nullopt);
}

TEST(Budget, RefusesEverythingElse) {
  expectError("", "is not an amount");
  expectError("GiB", "is not an amount");
  expectError(".5GiB", "is not an amount");
  expectError("-1", "is negative");
  expectError("0", "is zero");
  expectError("0%", "is zero");
  expectError("0.4B", "is zero");
  expectError("0.6", "is less than a byte; for that share of the plain peak write 60%");
  expectError("0.0005", "is less than a byte; for that share of the plain peak write 0.05%");
  expectError("0.000", "is zero");
  expectError("8 Gi B", "has the unknown unit 'Gi B'");
  expectError("8gib", "has the unknown unit 'gib'");
  expectError("50%%", "has the unknown unit '%%'");
  expectError("1.5.5", "has the unknown unit '.5'");
  expectError("1e9", "has the unknown unit 'e9'");
  expectError("5.", "ends its number in a point");
  expectError("5.GiB", "ends its number in a point");
  expectError("1.1234567GiB", "has more than 6 decimal places");
  expectError("0.00001%", "is finer than 0.0001%");
  expectError("4611686018427387904", "is more than 2^62 - 1");
  expectError("4194304TiB", "is more than 2^62 - 1");
  expectError("99999999999999999999999999999999999999999999999999TiB", "is more than 2^62 - 1");
}

TEST(StrategyNames, AreReadBack) {
  for (StrategyKind kind : {StrategyKind::None, StrategyKind::Chen, StrategyKind::Kusumoto})
    EXPECT_EQ(parseStrategyKind(toString(kind)), kind);
  for (Family family : {Family::Exact, Family::Approximate})
    EXPECT_EQ(parseFamily(toString(family)), family);
  for (Objective objective :
       {Objective::Best, Objective::Time, Objective::Memory, Objective::MemoryPareto})
    EXPECT_EQ(parseObjective(toString(objective)), objective);
  for (LastSegment lastSegment : {LastSegment::Keep, LastSegment::Recompute})
    EXPECT_EQ(parseLastSegment(toString(lastSegment)), lastSegment);
  for (Granularity granularity : {Granularity::Op, Granularity::Cluster, Granularity::Layer})
    EXPECT_EQ(parseGranularity(toString(granularity)), granularity);
  EXPECT_EQ(toString(Objective::MemoryPareto), "memory-pareto");
  EXPECT_FALSE(parseStrategyKind("Kusumoto"));
  EXPECT_FALSE(parseGranularity("auto"));
}

} // namespace
