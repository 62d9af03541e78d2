//===- DeviceTable.h - from work to cost ------------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_COST_DEVICETABLE_H
#define REMAT_PLANNING_COST_DEVICETABLE_H

#include "remat/Planning/Graph/Graph.h"

#include <span>
#include <string>

namespace remat::planning {

/// What one count of `Cost` means.
enum class CostUnit {
  /// 1e-15 s. Fine enough that the judge's roofline (20 TFLOP/s, 1 TB/s) is an
  /// integer: a flop is 50 fs, a byte 1000 fs. 2^63 fs are 2.5 hours.
  Femtoseconds,
  /// Units of the paper's table: a convolution is 10.
  Units,
};
std::string_view toString(CostUnit unit);
std::optional<CostUnit> parseCostUnit(std::string_view text);

/// The names of every unit, with ", " between them.
std::string costUnitNames();

/// A named cost table. A roofline: max(flops / peak, bytes / bandwidth) + launch,
/// rounded up to whole femtoseconds; or the paper's table of units.
struct DeviceTable {
  std::string_view name;   ///< "h100", "h200", "a100", "tpu-v5p", "host", "judge", "paper"
  std::string_view source; ///< where the figures come from, with date
  CostUnit unit;
  /// Peak flop/s for elements of up to 16, 32 and 64 bits; an op without float
  /// operands goes by the 32-bit figure. 0 where the vendor states none: the
  /// next narrower figure serves. All 0 for the paper's table.
  int64_t flopsPerSecond16, flopsPerSecond32, flopsPerSecond64;
  int64_t bytesPerSecond;
  int64_t launchFemtoseconds;
};

/// Every table, in the order `--help` lists them.
std::span<const DeviceTable> deviceTables();
const DeviceTable *findDeviceTable(std::string_view name);

/// The names of every table, in that order, with ", " between them.
std::string deviceTableNames();

/// Returns the cost of one execution of `op` under `table`. Integer arithmetic
/// in 128 bits; saturates at 2^62.
Cost costOf(const Op &op, const DeviceTable &table);

} // namespace remat::planning

#endif // REMAT_PLANNING_COST_DEVICETABLE_H
