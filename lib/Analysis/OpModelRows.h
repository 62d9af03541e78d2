//===- OpModelRows.h - the built-in rows, by dialect ------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_ANALYSIS_OPMODELROWS_H
#define REMAT_ANALYSIS_OPMODELROWS_H

#include "remat/Analysis/Flops.h"
#include "remat/Analysis/OpModel.h"

namespace remat {

/// A pure op with work and a kernel of its own, or one that fuses its operands.
constexpr OpModel working(planning::OpKind kind, FlopsRule rule, llvm::StringRef attribute = {},
                          Fusion fusion = Fusion::None) {
  return {.kind = kind,
          .pure = true,
          .recomputable = true,
          .fusion = fusion,
          .flops = rule,
          .requiredAttribute = attribute};
}

/// A pure op that moves elements: no flops.
constexpr OpModel moving(planning::OpKind kind, Fusion fusion, llvm::StringRef attribute = {}) {
  return working(kind, nullptr, attribute, fusion);
}

/// An op so cheap that every reader may redo it.
constexpr OpModel freeToRedo(planning::OpKind kind, llvm::StringRef attribute = {}) {
  OpModel model = moving(kind, Fusion::Loop, attribute);
  model.free = true;
  return model;
}

/// One flop per result element.
inline constexpr OpModel elementwise =
    working(planning::OpKind::Elementwise, flops::perResultElement, {}, Fusion::Loop);

/// `stablehlo`, `chlo`, and `sdy.sharding_constraint`.
void addStableHLORows(OpModelTable &table);
/// `tensor`, `linalg` ops without the structured interface, `scf`, `tosa`,
/// `tm_tensor`.
void addUpstreamRows(OpModelTable &table);
void addTorchRows(OpModelTable &table);

/// Fills in `model` from a structured op: what its maps, iterators and body say.
void refineLinalg(mlir::Operation *op, OpModel &model);

} // namespace remat

#endif // REMAT_ANALYSIS_OPMODELROWS_H
