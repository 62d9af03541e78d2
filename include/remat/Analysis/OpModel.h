//===- OpModel.h - what the planner knows about ops ------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_ANALYSIS_OPMODEL_H
#define REMAT_ANALYSIS_OPMODEL_H

#include "mlir/IR/Operation.h"
#include "remat/Planning/Graph/Graph.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"

#include <optional>
#include <vector>

namespace remat {

class OpModelTable;

/// How an op takes part in XLA's fusion (docs/concepts/memory-model.md).
enum class Fusion {
  None,   ///< a kernel of its own: reads and writes memory
  Loop,   ///< computed where it is read, element by element
  Reduce, ///< computes its operands on the fly, writes its result to memory
};

/// Returns the flops of one execution, at most `flops::kLimit`; nothing when an
/// attribute that the count needs is missing or unreadable.
using FlopsRule = std::optional<int64_t> (*)(mlir::Operation *, const OpModelTable &);

/// What one op does. The default is an opaque op: never recomputed, never left
/// out, never folded, no flops.
struct OpModel {
  planning::OpKind kind = planning::OpKind::Other;
  /// Touches nothing but operands and results: left out when nothing reads it.
  bool pure = false;
  /// Running it again on the same operands gives the same values. Implies pure.
  bool recomputable = false;
  /// So cheap that each reader may redo it (docs/concepts/memory-model.md).
  bool free = false;
  Fusion fusion = Fusion::None;
  FlopsRule flops = nullptr;
  /// The attribute without which the op is damaged, empty for none. Some
  /// bytecode readers drop every property without an error.
  llvm::StringRef requiredAttribute = {};
  /// What the op does is nowhere described; the mark `remat.pure` on it grants
  /// `pure` and `recomputable`.
  bool opaque = false;
  /// Settles what depends on the one op at hand, after the row's own columns.
  void (*refine)(mlir::Operation *, OpModel &) = nullptr;
};

/// The op-knowledge table: one row per op name. MLIR's own interfaces complete
/// it for ops of registered dialects.
class OpModelTable {
public:
  /// Makes a table with the built-in rows: StableHLO, CHLO, tensor, linalg, scf,
  /// tosa, torch. arith and math need none, their traits say all.
  OpModelTable();

  /// The table that analyses use unless told otherwise. Add rows before the
  /// first analysis runs; it is not locked.
  static OpModelTable &global();

  /// Adds or replaces the row of one op, or of several ops of a dialect.
  ///   table.add("mydialect.gelu", model); table.add("mydialect", {"add", "mul"}, model);
  void add(llvm::StringRef name, const OpModel &model) { rows[name] = model; }
  void add(llvm::StringRef dialect, llvm::ArrayRef<llvm::StringRef> ops, const OpModel &model);

  /// Returns the row of `name` as added, or null.
  const OpModel *find(llvm::StringRef name) const;

  /// Returns the names of all rows, sorted.
  std::vector<llvm::StringRef> names() const;

  /// Returns what is known about `op`: its row, or for a registered op without
  /// one what its traits and interfaces say; then narrowed by
  ///  - the effects that a registered op declares: an effect takes away `pure`;
  ///  - the ops in its regions: `pure` and `recomputable` need them all to be;
  ///  - the unit attributes `remat.pure` (grants both to a custom call or an
  ///    unknown op) and `remat.keep` (takes away `recomputable`).
  /// Cost: O(ops in the regions of `op`).
  OpModel lookup(mlir::Operation *op) const;

  /// Returns what `lookup` does, but without looking at the ops in the regions of
  /// `op`: for whoever walks those anyway. Cost: O(1).
  OpModel lookupAlone(mlir::Operation *op) const;

private:
  llvm::StringMap<OpModel> rows;
};

/// Checks that the reader of `root` and the ops in its regions did not lose what
/// they say. Errors, at the first op: properties that are no dictionary, as when
/// bytecode of a dialect with its own encoding of properties (jaxlib's versions 5
/// and 6) is read without that dialect; an attribute that its row of `table`
/// requires is missing. Cost: O(ops).
mlir::LogicalResult checkProperties(mlir::Operation *root, const OpModelTable &table);

/// Returns the regions that an execution of `op` may run: its own, or for
/// `stablehlo.composite` the body of its decomposition, found in the module.
llvm::SmallVector<mlir::Region *> executedRegions(mlir::Operation *op);

} // namespace remat

#endif // REMAT_ANALYSIS_OPMODEL_H
