//===- Workspace.cpp - memory that an op takes while it runs --------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Workspace.h"

#include "remat/Analysis/Flops.h"
#include "remat/Analysis/ValueBytes.h"

using namespace mlir;

namespace remat {

/// Bytes of one coordinate.
static constexpr int64_t coordinateBytes = 4;

int64_t workspaceInXlaModel(const Node &node) {
  Operation *op = node.op;
  if (op->getName().getStringRef() != "stablehlo.select_and_scatter" || op->getNumOperands() != 3)
    return 0;
  // Where the largest element of each window stands. The elements, which it finds
  // with them, are gone when the result comes.
  std::optional<ArrayRef<int64_t>> windows = flops::sizesOf(op, 1);
  std::optional<int64_t> count = elementCount(op->getOperand(1).getType());
  if (!windows || !count)
    return 0;
  return flops::multiply(coordinateBytes * static_cast<int64_t>(windows->size()), *count);
}

} // namespace remat
