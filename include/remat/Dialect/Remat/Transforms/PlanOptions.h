//===- PlanOptions.h - how a function is to be planned ----------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_PLANOPTIONS_H
#define REMAT_DIALECT_REMAT_TRANSFORMS_PLANOPTIONS_H

#include "remat/Analysis/StepGraph.h"
#include "remat/Planning/Recompute/Strategy.h"

#include <string>

namespace remat {

/// `planning::Granularity`, or the planner's own choice.
enum class GranularityChoice { Auto, Op, Cluster, Layer };

/// Returns the options of the analysis, checked. Errors (InvalidOption): a `loss`
/// below -1; folding turned off under a memory model that always folds.
planning::Result<AnalysisOptions> makeAnalysisOptions(MemoryModel memoryModel, bool foldFree,
                                                      int64_t loss);

/// Everything that decides a plan besides the function.
struct PlanRequest {
  AnalysisOptions analysis;
  planning::BudgetScope scope = planning::BudgetScope::Total;
  const planning::DeviceTable *table = nullptr;
  planning::StrategyOptions strategy;
  std::string problemFile; ///< write problem.json here, if not empty
  /// Read plan.json from here instead of planning; hold it to the budget, if one is
  /// given, else to its own.
  std::string planFile;
  std::string planOutput; ///< write plan.json here, if not empty
};

/// Options as passes have them, checked together.
/// Errors (InvalidOption): those of `makeAnalysisOptions`; a budget that does not
/// parse or is missing, an unknown cost table; with `planFile`, an option that makes
/// plans or a budget of `min`.
struct PlanArguments {
  std::string strategyOption; ///< name of a given option that makes plans, or empty
  std::string budget, cost, problemFile, planFile, planOutput;
  planning::BudgetScope scope;
  planning::StrategyKind strategy;
  planning::Effort effort;
  planning::PlanOrder order;
  planning::Family family;
  planning::Objective objective;
  planning::LastSegment lastSegment;
  GranularityChoice granularity;
  MemoryModel memoryModel;
  bool foldFree;
  int64_t loss;
};
planning::Result<PlanRequest> makePlanRequest(const PlanArguments &arguments);

/// Plans `entry` and writes the plan as its `remat.plan` attribute; emits the
/// remarks of docs/concepts/pipeline.md. Errors, at `entry` or the culprit:
/// those of `buildStepGraph`; a budget that is not met (floor, smallest peak, op,
/// largest values); a plan file that does not fit; a file that cannot be read or
/// written. The attribute is then not set; of a refused budget, the plan file holds
/// status and witness.
mlir::LogicalResult planFunction(mlir::func::FuncOp entry, const PlanRequest &request);

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_PLANOPTIONS_H
