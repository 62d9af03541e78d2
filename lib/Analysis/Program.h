//===- Program.h - the live ops of the entry function -----------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_ANALYSIS_PROGRAM_H
#define REMAT_ANALYSIS_PROGRAM_H

#include "remat/Analysis/StepGraph.h"
#include "llvm/ADT/DenseMap.h"

namespace remat {

/// Index into `Program::nodes`; nodes stand in block order.
using NodeId = int32_t;

/// One op of the entry block that something reads, or that has an effect.
struct Node {
  mlir::Operation *op = nullptr;
  int64_t position = 0; ///< in the entry block
  OpModel model;
  /// Distinct values of the entry block that the op or its regions read,
  /// operands first.
  llvm::SmallVector<mlir::Value, 3> reads;
  bool captures = false;               ///< its regions read values from outside
  bool returned = false;               ///< one of its results is an output
  llvm::SmallVector<NodeId, 2> users;  ///< distinct, ascending
  llvm::SmallVector<int64_t, 1> bytes; ///< bytes[r] of result r
  int64_t flops = 0;                   ///< of one execution
};

/// The live part of the entry function, as read from the IR.
struct Program {
  mlir::func::FuncOp entry;
  std::vector<Node> nodes;
  std::vector<int64_t> argumentBytes;
  mlir::Operation *terminator = nullptr;
  llvm::DenseMap<mlir::Operation *, NodeId> idOf;

  /// Returns the node that makes `value`, or -1 for an argument.
  NodeId producer(mlir::Value value) const {
    mlir::Operation *op = value.getDefiningOp();
    return op ? idOf.lookup(op) : -1;
  }

  int64_t bytesOf(mlir::Value value) const {
    if (auto argument = mlir::dyn_cast<mlir::BlockArgument>(value))
      return argumentBytes[argument.getArgNumber()];
    auto result = mlir::cast<mlir::OpResult>(value);
    return nodes[producer(value)].bytes[result.getResultNumber()];
  }
};

/// Reads `entry`: models, sizes and uses of its live ops. Errors are listed at
/// `buildStepGraph`. Cost: O(ops + operands), regions included.
mlir::FailureOr<Program> readProgram(mlir::func::FuncOp entry, const OpModelTable &models);

/// Returns the value whose buffer result `index` of `node` shares, if any: a
/// barrier's operand, or the start value of a loop's unchanged carry.
std::optional<mlir::Value> aliasedBy(const Node &node, unsigned index);

} // namespace remat

#endif // REMAT_ANALYSIS_PROGRAM_H
