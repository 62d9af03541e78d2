//===- DeviceTable.cpp - from work to cost --------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Cost/DeviceTable.h"

#include "Spelling.h"

#include <algorithm>

namespace remat::planning {

namespace {

constexpr int64_t tera = 1'000'000'000'000;
constexpr int64_t giga = 1'000'000'000;
constexpr int64_t femtosecondsPerSecond = 1'000'000'000'000'000;
constexpr int64_t femtosecondsPerMicrosecond = 1'000'000'000;

/// Cost of a convolution and of any other op in the paper's table.
constexpr int64_t unitsOfConvolution = 10, unitsOfOther = 1;

// JAX multiplies 32-bit floats in TF32 on NVIDIA GPUs and in one bfloat16 pass
// on TPUs unless asked for more, so those are the 32-bit figures.
constexpr DeviceTable tables[] = {
    {"h100",
     "NVIDIA H100 Tensor Core GPU data sheet, SXM column, checked 2026-11-22 against "
     "third-party copies: BF16 1979 and TF32 989 "
     "TFLOP/s with sparsity, halved for dense; FP64 Tensor Core 67 TFLOP/s; 3.35 TB/s. Launch: "
     "XLA, gpu_performance_model_base.h, kKernelLaunchOverhead = 1 us",
     CostUnit::Femtoseconds, 989'500 * giga, 494'500 * giga, 67 * tera, 3'350 * giga,
     femtosecondsPerMicrosecond},
    {"h200",
     "NVIDIA H200 Tensor Core GPU data sheet, SXM column, checked 2026-11-22 against "
     "third-party copies: BF16 1979 and TF32 989 "
     "TFLOP/s with sparsity, halved for dense; FP64 Tensor Core 67 TFLOP/s; 4.8 TB/s. Launch: "
     "XLA, gpu_performance_model_base.h, kKernelLaunchOverhead = 1 us",
     CostUnit::Femtoseconds, 989'500 * giga, 494'500 * giga, 67 * tera, 4'800 * giga,
     femtosecondsPerMicrosecond},
    {"a100",
     "NVIDIA A100 Tensor Core GPU data sheet, 80 GB SXM column, checked 2026-11-22 against "
     "third-party copies: BF16 312, TF32 156, FP64 Tensor Core 19.5 TFLOP/s, dense; 2039 GB/s. "
     "Launch: XLA, "
     "gpu_performance_model_base.h, kKernelLaunchOverhead = 1 us",
     CostUnit::Femtoseconds, 312 * tera, 156 * tera, 19'500 * giga, 2'039 * giga,
     femtosecondsPerMicrosecond},
    {"tpu-v5p",
     "Google Cloud documentation, page TPU v5p, read 2026-11-22: 459 TFLOP/s BF16, 2765 GB/s, per "
     "chip; no 64-bit figure is published. One program per step: no launch cost",
     CostUnit::Femtoseconds, 459 * tera, 459 * tera, 0, 2'765 * giga, 0},
    {"host",
     "AMD EPYC 7763, clock and cores checked 2026-11-22 against launch reviews: "
     "64 cores at 2.45 GHz base clock, 8 channels of DDR4-3200 (204.8 GB/s); Zen 3 retires two "
     "256-bit fused multiply-adds per cycle: 32 flops "
     "of 32 bits, 16 of 64 bits, and no faster 16-bit floats",
     CostUnit::Femtoseconds, 5'017'600'000'000, 5'017'600'000'000, 2'508'800'000'000,
     204'800'000'000, 0},
    {"judge",
     "the roofline of the neutral graph's judge (docs/concepts/plan.md): 20 TFLOP/s, 1 TB/s, no "
     "launch cost",
     CostUnit::Femtoseconds, 20 * tera, 20 * tera, 20 * tera, 1 * tera, 0},
    {"paper",
     "Kusumoto et al., NeurIPS 2019, and the authors' public code: 10 for a convolution, 1 for "
     "every other op",
     CostUnit::Units, 0, 0, 0, 0, 0},
};

constexpr Spelling<CostUnit> units[] = {
    {CostUnit::Femtoseconds, "femtoseconds"},
    {CostUnit::Units, "units"},
};

int64_t flopsPerSecond(const DeviceTable &table, int elementBits) {
  if (elementBits > 0 && elementBits <= 16)
    return table.flopsPerSecond16;
  if (elementBits > 32 && table.flopsPerSecond64 > 0)
    return table.flopsPerSecond64;
  return table.flopsPerSecond32;
}

/// `count` at `perSecond`, in femtoseconds rounded up. The product stays below
/// 2^64 * 10^15 < 2^114.
__int128 femtoseconds(__int128 count, int64_t perSecond) {
  return ceilDiv(count * femtosecondsPerSecond, perSecond);
}

} // namespace

std::string_view toString(CostUnit unit) { return spell(units, unit); }

std::optional<CostUnit> parseCostUnit(std::string_view text) { return findSpelled(units, text); }

std::string costUnitNames() { return spellings(units); }

std::span<const DeviceTable> deviceTables() { return tables; }

const DeviceTable *findDeviceTable(std::string_view name) {
  for (const DeviceTable &table : tables)
    if (table.name == name)
      return &table;
  return nullptr;
}

std::string deviceTableNames() {
  std::string names;
  for (const DeviceTable &table : tables)
    names += (names.empty() ? "" : ", ") + std::string(table.name);
  return names;
}

Cost costOf(const Op &op, const DeviceTable &table) {
  if (table.unit == CostUnit::Units)
    return Cost(op.kind == OpKind::Convolution ? unitsOfConvolution : unitsOfOther);
  __int128 compute = femtoseconds(op.work.flops.count, flopsPerSecond(table, op.work.elementBits));
  __int128 traffic =
      femtoseconds(static_cast<__int128>(op.work.bytesRead.count) + op.work.bytesWritten.count,
                   table.bytesPerSecond);
  __int128 cost = std::max(compute, traffic) + table.launchFemtoseconds;
  return Cost(static_cast<int64_t>(std::min<__int128>(cost, kSumLimit)));
}

} // namespace remat::planning
