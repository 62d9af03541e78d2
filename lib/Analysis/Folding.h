//===- Folding.h - which values are buffers ---------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_ANALYSIS_FOLDING_H
#define REMAT_ANALYSIS_FOLDING_H

#include "Program.h"

namespace remat {

/// What an execution of an op takes: the buffers it reads and the folded ops
/// that are run with it.
struct Footprint {
  std::vector<mlir::Value> buffers; ///< distinct, in the order they are met
  std::vector<NodeId> cone;         ///< ascending
};

/// The decision which ops are folded into their readers
/// (docs/concepts/memory-model.md). Made once for a program.
class Folding {
public:
  /// Requires: `program` outlives the result.
  Folding(const Program &program, const AnalysisOptions &options);

  bool isFolded(NodeId node) const { return folded[node]; }

  /// Returns what an execution of the unfolded `node` takes.
  Footprint footprint(NodeId node) const;

  /// Returns the buffer that result `index` of `node` shares; absent when it
  /// has its own.
  std::optional<mlir::Value> sharedBuffer(NodeId node, unsigned index) const;

  /// Returns what result `index` of the unfolded `node` takes in memory.
  int64_t storedBytes(NodeId node, unsigned index) const;

private:
  /// Ops in one cone, the root left out: so that the sum over all cones stays
  /// within a constant times the number of operands.
  static constexpr size_t maxCone = 64;

  bool mayFold(NodeId node, MemoryModel model) const;
  bool capturesConstantsOnly(NodeId node) const;
  bool readsFoldedConstantsOnly(NodeId node) const;
  bool isFreeScalar(NodeId node) const;
  /// The rule of `model`; it may set `part`, as `foldsInXlaModel` does.
  bool folds(NodeId node, MemoryModel model, std::optional<Footprint> &part) const;
  bool foldsInProgramModel(NodeId node) const;
  bool foldsInArenaModel(NodeId node) const;
  /// Sets `part` to the footprint of `node` if it must be known.
  bool foldsInXlaModel(NodeId node, std::optional<Footprint> &part) const;
  bool gainsByFusion(NodeId node, const Footprint &part) const;
  /// Sets `fusesOperands` and `readers` in one sweep.
  void findReaders();
  void findRounded();
  void findProductSums();
  NodeId onlySumOver(NodeId node) const;
  bool joinsProductSum(NodeId node) const;
  bool joinsSumOfScatters(NodeId node) const;
  void appendRead(mlir::Value value, Footprint &footprint) const;

  const Program &program;
  bool tpu = false; ///< the model is XlaTpu
  std::vector<bool> folded;
  std::vector<bool> fusesOperands; ///< computes its operands on the fly (Xla)
  std::vector<int64_t> readers;    ///< those of its views instead of the views (Xla)
  std::vector<bool> rounded;       ///< stored in 16 bits, if floats of 32 (XlaTpu)
  std::vector<bool> productSum;    ///< a product, or a sum of two such values (Xla)
  /// parts[node] of a folded node: what it adds to its readers, itself included.
  std::vector<Footprint> parts;
};

} // namespace remat

#endif // REMAT_ANALYSIS_FOLDING_H
