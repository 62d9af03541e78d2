//===- MyDialectRows.h - the sample of add-a-dialect.md ---------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_TEST_UNIT_ANALYSIS_MYDIALECTROWS_H
#define REMAT_TEST_UNIT_ANALYSIS_MYDIALECTROWS_H

#include "mlir/IR/BuiltinTypes.h"
#include "remat/Analysis/Flops.h"

using remat::planning::OpKind;

// mydl.attend: scores and their use, two dots of the sequence length squared.
static remat::flops::Count attendFlops(mlir::Operation *op, const remat::OpModelTable &table) {
  auto query = mlir::dyn_cast<mlir::RankedTensorType>(op->getOperand(0).getType());
  if (!query || query.getRank() < 2)
    return std::nullopt; // reported as an error at the op
  int64_t length = query.getDimSize(query.getRank() - 2);
  return remat::flops::multiply(4 * length, *remat::flops::perResultElement(op, table));
}

inline void addMyDialectRows(remat::OpModelTable &table) {
  table.add("mydl", {"gelu", "silu"},
            {.kind = OpKind::Elementwise,
             .pure = true,
             .recomputable = true,
             .fusion = remat::Fusion::Loop,
             .flops = remat::flops::perResultElement});
  table.add("mydl.flatten",
            {.kind = OpKind::View, .pure = true, .recomputable = true, .free = true});
  table.add("mydl.attend", {.kind = OpKind::Dot,
                            .pure = true,
                            .recomputable = true,
                            .flops = attendFlops,
                            .requiredAttribute = "causal"});
  // Draws a mask from a hidden state: never run twice, never left out.
  table.add("mydl.dropout", {.kind = OpKind::Random});
}

#endif // REMAT_TEST_UNIT_ANALYSIS_MYDIALECTROWS_H
