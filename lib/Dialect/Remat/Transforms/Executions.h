//===- Executions.h - who reads which instance of a value -------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_EXECUTIONS_H
#define REMAT_DIALECT_REMAT_TRANSFORMS_EXECUTIONS_H

#include "remat/Analysis/StepGraph.h"
#include "remat/Planning/Recompute/Plan.h"
#include "llvm/ADT/SetVector.h"

namespace remat {

/// The recomputations between two first executions.
struct RecomputeGroup {
  planning::OpId before = 0;           ///< runs next; graph.ops.size(): the end of the step
  std::vector<planning::OpId> ops;     ///< in order; those that something reads
  llvm::SetVector<mlir::Value> yields; ///< original values that are read outside
  mlir::Value trigger;                 ///< original of the value to run after, or null
};

/// A schedule in terms of the IR.
struct Executions {
  std::vector<planning::OpId> order;  ///< of first executions
  std::vector<RecomputeGroup> groups; ///< by `before`, in that order; none is empty
  /// Ops whose first execution nothing reads before they run again, ascending:
  /// no group runs before one of them.
  std::vector<planning::OpId> moved;
  int64_t unread = 0; ///< executions left out, those of `moved` among them
};

/// Returns the values that `op` and its regions read from outside, distinct,
/// operands first.
llvm::SetVector<mlir::Value> valuesRead(mlir::Operation *op);

/// Resolves who reads what in `schedule`: a use reads the latest earlier
/// execution. Requires: a schedule that `verify` accepts. Cost: O(sum over
/// executions of the reads of op and cone).
Executions resolveExecutions(mlir::func::FuncOp entry, const StepGraph &step,
                             const planning::Schedule &schedule);

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_EXECUTIONS_H
