//===- ValueNumbering.h - exact numbers for values -------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_VALUENUMBERING_H
#define REMAT_DIALECT_REMAT_TRANSFORMS_VALUENUMBERING_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/DenseMap.h"

#include <array>
#include <unordered_map>
#include <vector>

namespace remat {

/// A value's number: result `result` of node `node`.
struct Number {
  uint32_t node = 0;
  uint32_t result = 0;
  bool operator==(const Number &) const = default;
};

/// One structure: an argument, an op on numbered operands, or a region.
struct NumberedNode {
  enum class Kind : uint64_t { Argument, BlockArgument, Op, Region, Unknown } kind;
  /// All that identifies the node besides operands and regions: name,
  /// attributes, result types, place among side effects.
  std::vector<uint64_t> head;
  std::vector<Number> operands;  ///< of a region: what its block ends in
  std::vector<uint32_t> regions; ///< nodes of kind Region
  /// The first op with this structure in program 0 (reference) and program 1.
  std::array<mlir::Operation *, 2> example = {nullptr, nullptr};
};

/// Numbers of two programs in one space, so that equal numbers mean equal
/// structure. The keys are whole structures, compared exactly.
class NumberSpace {
public:
  /// Returns the node equal to `node`, new if there is none; notes `op` as its
  /// example in `program`.
  uint32_t intern(NumberedNode node, mlir::Operation *op, int program);

  const NumberedNode &operator[](uint32_t node) const { return nodes[node]; }

  /// Returns a key that two dictionaries share exactly if they are equal, where
  /// dense resources count as equal by content (two parses of one file name
  /// their blobs differently).
  uint64_t keyOf(mlir::Attribute attributes);

private:
  struct Hash {
    size_t operator()(const std::vector<uint64_t> &key) const;
  };
  using Map = std::unordered_map<std::vector<uint64_t>, uint32_t, Hash>;

  uint64_t keyOfResource(mlir::Attribute value);

  std::vector<NumberedNode> nodes;
  Map index;                                          ///< by flattened structure
  Map dictionaries;                                   ///< those with resources, by entries
  llvm::DenseMap<mlir::Attribute, uint64_t> keys;     ///< memo of keyOf
  std::unordered_map<std::string, uint32_t> contents; ///< of resources
};

/// A program's answers: what `verifyEquivalent` compares.
struct NumberedProgram {
  std::vector<Number> results;
  std::vector<uint32_t> effects; ///< nodes of the ops with side effects, in order
};

/// Numbers one program.
class ValueNumbering {
public:
  ValueNumbering(NumberSpace &space, mlir::ModuleOp module, int program)
      : space(space), symbols(module), program(program) {}

  /// Errors: a diagnostic for what cannot be numbered: several blocks, recursion.
  mlir::FailureOr<NumberedProgram> run(mlir::func::FuncOp entry);

private:
  using Effects = std::vector<uint32_t>;

  mlir::LogicalResult numberBlock(mlir::Block &block, Effects &effects);
  mlir::LogicalResult numberOp(mlir::Operation *op, Effects &effects);
  mlir::LogicalResult numberCall(mlir::Operation *op, mlir::func::FuncOp callee, Effects &effects);
  mlir::LogicalResult numberOrdinary(mlir::Operation *op, Effects &effects);
  /// Appends to `effects` what keeps the region from running twice.
  mlir::FailureOr<uint32_t> numberRegion(mlir::Region &region, Effects &effects);
  mlir::func::FuncOp calleeOf(mlir::Operation *op);
  bool isProvenTrue(Number predicate) const;
  /// Returns what a bitcast back to the type before another bitcast restores.
  std::optional<Number> sourceOfBits(mlir::Operation *op);
  Number numberOf(mlir::Value value);
  /// Gives the results of `op` the numbers of `values`.
  void pass(mlir::ValueRange results, mlir::ValueRange values);

  NumberSpace &space;
  mlir::SymbolTable symbols;
  int program;
  uint64_t depth = 0; ///< regions around the current op
  llvm::DenseMap<mlir::Value, Number> numbers;
  llvm::SmallVector<mlir::func::FuncOp> active;
};

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_VALUENUMBERING_H
