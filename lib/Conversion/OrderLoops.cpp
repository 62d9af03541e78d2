//===- OrderLoops.cpp - remat-order-loops ----------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Conversion/Passes.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"

namespace remat {
#define GEN_PASS_DEF_ORDERLOOPSPASS
#include "remat/Conversion/Passes.h.inc"
} // namespace remat

using namespace mlir;

/// Returns how many elements `loop` of `op` moves on in all operands, from one round to
/// the next; the output counts twice, for it is read and written.
static int64_t strideOf(linalg::LinalgOp op, unsigned loop) {
  int64_t total = 0;
  for (OpOperand &operand : op->getOpOperands()) {
    auto type = dyn_cast<MemRefType>(operand.get().getType());
    SmallVector<int64_t> strides;
    int64_t offset = 0;
    if (!type || failed(type.getStridesAndOffset(strides, offset)))
      continue;
    for (auto [expression, stride] :
         llvm::zip_equal(op.getMatchingIndexingMap(&operand).getResults(), strides))
      if (expression.isFunctionOfDim(loop) && !ShapedType::isDynamic(stride))
        total += stride * (op.isDpsInit(&operand) ? 2 : 1);
  }
  return total;
}

/// Returns the loops of `op`, that of the longest strides first. Of equal ones, such as
/// the loops of one round, the order stays.
static SmallVector<unsigned> orderOf(linalg::LinalgOp op) {
  SmallVector<unsigned> order = llvm::to_vector(llvm::seq<unsigned>(0, op.getNumLoops()));
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  llvm::stable_sort(order, [&](unsigned left, unsigned right) {
    auto key = [&](unsigned loop) { return sizes[loop] == 1 ? INT64_MAX : strideOf(op, loop); };
    return key(left) > key(right);
  });
  return order;
}

namespace {
struct OrderLoopsPass : remat::impl::OrderLoopsPassBase<OrderLoopsPass> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation()->walk([&](linalg::GenericOp op) {
      SmallVector<unsigned> order = orderOf(op);
      if (op.hasPureBufferSemantics() && !llvm::is_sorted(order)) {
        rewriter.setInsertionPoint(op);
        (void)linalg::interchangeGenericOp(rewriter, op, order);
      }
    });
  }
};
} // namespace
