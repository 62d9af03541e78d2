//===- RunReport.h - what remat-run says ---------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_EXECUTION_RUNREPORT_H
#define REMAT_EXECUTION_RUNREPORT_H

#include "Measure.h"
#include "RunCommand.h"

namespace remat {

/// A step that has run, with the name by which messages tell it from the other one.
struct StepRun {
  const CompiledStep *step;
  Measurement measurement;
  int64_t nonFinite = 0; ///< Elements of its results that are infinite or NaN.
};

/// Two results that differ in a bit.
struct Difference {
  size_t result;
  int64_t element;
  std::string before, after; ///< The element as text.
};

/// How far the results are from the reference: the worst of them.
struct ReferenceCheck {
  size_t result = 0;
  Distance distance;
  std::string program; ///< File of the program that is that far off.
};

/// All that one call found out.
struct RunReport {
  RunOptions options;
  std::vector<StepRun> runs; ///< One or two: before, after.
  std::optional<Difference> difference;
  std::optional<ReferenceCheck> reference;

  bool isWithinTolerance() const {
    return !reference || reference->distance.relative() <= options.tolerance;
  }
};

/// Prints the report as a table.
void printTable(const RunReport &report, llvm::raw_ostream &stream);

/// Writes the report as JSON, a file that appears whole or not at all.
llvm::Error writeJson(const RunReport &report, const std::string &path);

} // namespace remat

#endif // REMAT_EXECUTION_RUNREPORT_H
