//===- StepGraph.h - from an entry function to a planning graph -*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_ANALYSIS_STEPGRAPH_H
#define REMAT_ANALYSIS_STEPGRAPH_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Operation.h"
#include "remat/Analysis/OpModel.h"
#include "remat/Planning/Graph/Graph.h"

#include <optional>
#include <string>
#include <vector>

namespace remat {

/// Which values of the program are buffers.
enum class MemoryModel {
  Program, ///< every value that is not folded
  Arena,   ///< what our own back end allocates for linalg on tensors
  Xla,     ///< only outputs of fusion clusters (docs/concepts/memory-model.md)
  XlaTpu,  ///< the same where products of matrices fuse what they read
};

/// True for a model of what XLA allocates.
inline bool isXla(MemoryModel model) {
  return model == MemoryModel::Xla || model == MemoryModel::XlaTpu;
}

/// Returns how `model` is spelled in options, plans and problem files.
llvm::StringRef spell(MemoryModel model);

/// Returns the model of that name; nothing if there is none.
std::optional<MemoryModel> findMemoryModel(llvm::StringRef name);

struct AnalysisOptions {
  MemoryModel memoryModel = MemoryModel::Program;
  /// Fold free producers (constants, iota, broadcasts, reshapes, ...) into their
  /// consumers. The Xla model always folds, and fused ops as well.
  bool foldFree = true;
  /// Result index of the loss, a scalar float; absent: the first scalar float
  /// result, else the op at the plain peak of live bytes ends the forward, if
  /// some result has the shape of an argument, as a gradient has.
  std::optional<int64_t> lossResult;
  /// What is known about ops; null: `OpModelTable::global()`.
  const OpModelTable *models = nullptr;
};

/// A planning graph and the table back to the IR; ids never cross into
/// Planning. `Op::id` is the position of the op in the entry block.
struct StepGraph {
  planning::Graph graph;
  /// root[op]: the operation behind each op of `graph`, by OpId.
  std::vector<mlir::Operation *> root;
  /// cone[op]: folded producers that an execution of the op re-emits, in
  /// program order; without the root. Empty for an op that reads values only.
  std::vector<std::vector<mlir::Operation *>> cone;
  /// value[v]: the IR value behind each value of `graph`, by ValueId; null for
  /// the 0-byte result that stands for the effect of an op without results, and
  /// for the workspace of an op, a result that nothing reads.
  std::vector<mlir::Value> value;
  /// What makes the place of the loss doubtful; empty where nothing does.
  std::string warning;
};

/// Returns the one public function with a body of `module`: `name` if given,
/// else `main`, else the only public one. Errors on the module: empty, none,
/// several (listing them), or a declaration.
mlir::FailureOr<mlir::func::FuncOp> findEntry(mlir::ModuleOp module, llvm::StringRef name);

/// Builds the graph of `entry`, which must hold one block and no calls
/// (`--remat-inline` removes them). Reads the IR, never changes it. Errors, each
/// a diagnostic at the culprit: a call, several blocks, a dynamic or unranked
/// tensor, an unsupported element type, no ops, a loss that is no scalar
/// float, no backward (nothing after the loss reads a forward value, or no
/// result could be a loss or a gradient). Cost: O(ops + operands + sum of cone sizes).
mlir::FailureOr<StepGraph> buildStepGraph(mlir::func::FuncOp entry, const AnalysisOptions &options);

} // namespace remat

#endif // REMAT_ANALYSIS_STEPGRAPH_H
