//===- ApplyPlan.h - a plan becomes remat.recompute ops ---------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_APPLYPLAN_H
#define REMAT_DIALECT_REMAT_TRANSFORMS_APPLYPLAN_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace remat {

/// What a rewrite did.
struct ApplyCounts {
  int64_t regions = 0;    ///< remat.recompute ops
  int64_t executions = 0; ///< recomputations of the plan, now in the program
  int64_t unread = 0;     ///< executions of the plan that nothing reads: left out
  int64_t clones = 0;     ///< ops in regions: executions and what is folded into them
};

/// Rewrites `entry` as its `remat.plan` attribute says, and replaces the
/// attribute by `remat.clones`. Recomputations between two first executions
/// become one remat.recompute right before the second; first executions read the
/// latest instance of each value and stay where they are, or, of a plan in another
/// order, move there with their regions, each behind the folded ops that it is the
/// first to read. Executions that nothing reads are left out, a first one too if its
/// op runs again. Folded ops are emitted again with each of their readers that
/// reads another instance. Clones keep their location and attributes.
///
/// `after` of a region is its trigger, a value that an op behind the loss made before
/// it: of those that the next first execution reads the last one; else the last one
/// that is read behind the region; else the last one; else nothing. Floats go first.
///
/// Errors, at `entry` or the culprit: no plan; those of `buildStepGraph` and
/// `scheduleOf`; a promise of the plan that does not hold (its rule by the label of
/// docs/concepts/plan.md), as when it belongs to another program. Nothing is changed
/// then. Cost: O(executions times operands + sum of cones).
mlir::FailureOr<ApplyCounts> applyPlan(mlir::func::FuncOp entry);

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_APPLYPLAN_H
