//===- PlanAttribute.h - plans between structs and attributes ---*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_PLANATTRIBUTE_H
#define REMAT_DIALECT_REMAT_TRANSFORMS_PLANATTRIBUTE_H

#include "remat/Analysis/StepGraph.h"
#include "remat/Dialect/Remat/IR/Remat.h"
#include "remat/Planning/Recompute/Plan.h"

namespace remat {

/// Writes the plan of `result`, made for `problem`, as an attribute of `entry`.
/// `analysis` says how the function was analysed. Requires: a plan that `verify`
/// accepts. Cost: O(executions).
PlanAttr toAttribute(mlir::func::FuncOp entry, const AnalysisOptions &analysis,
                     const planning::Problem &problem, const planning::PlanResult &result);

/// Returns how the function that `plan` belongs to is to be analysed.
AnalysisOptions analysisOptionsOf(PlanAttr plan);

/// Returns the schedule that `plan` stands for: the base order of `graph`, or the
/// plan's own, with the plan's insertions. The inverse of `toAttribute`. Errors: a
/// diagnostic at `entry` for an op that the graph lacks (it is folded or dead) or
/// that may not run twice, and for an order without an op of the graph or with one
/// before its inputs. Cost: O(sum of degrees of the executions).
mlir::FailureOr<planning::Schedule> scheduleOf(mlir::func::FuncOp entry, PlanAttr plan,
                                               const planning::Graph &graph);

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_PLANATTRIBUTE_H
