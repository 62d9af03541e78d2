//===- ParsedModule.h - generic text to IR, for tests -----------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_TEST_UNIT_ANALYSIS_PARSEDMODULE_H
#define REMAT_TEST_UNIT_ANALYSIS_PARSEDMODULE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/OwningOpRef.h"
#include "remat/Analysis/StepGraph.h"

#include <gtest/gtest.h>

namespace remat::test {

/// A context with the upstream tensor dialects that lets unregistered ops pass.
/// Collects diagnostics instead of printing them.
class Context {
public:
  Context();

  /// Parses `text` without verifying it: tests hand in fragments.
  mlir::OwningOpRef<mlir::ModuleOp> parse(llvm::StringRef text);

  mlir::MLIRContext context;
  std::string errors; ///< messages so far, without locations
  mlir::ScopedDiagnosticHandler handler;
};

/// A module with one function, and the graph of that function.
class Step {
public:
  explicit Step(llvm::StringRef text, AnalysisOptions options = {});

  /// Returns the graph; fails the test without one.
  const planning::Graph &graph() const;

  /// Returns the graph op at block position `id`; fails the test without one.
  const planning::Op &op(int64_t id) const;

  /// Returns the ids of all ops, in order.
  std::vector<int64_t> ids() const;

  /// Returns the names of the values an op reads, separated by spaces.
  std::string reads(int64_t id) const { return names(op(id).inputs); }

  std::string names(const std::vector<planning::ValueId> &values) const;

  /// Returns the names of the ops folded into the op at position `id`.
  std::string cone(int64_t id) const;

  Context context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::FailureOr<StepGraph> built = mlir::failure();
};

} // namespace remat::test

#endif // REMAT_TEST_UNIT_ANALYSIS_PARSEDMODULE_H
