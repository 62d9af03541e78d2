//===- Pass.cpp - remat-form-kernels --------------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"
#include "Runs.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/PatternMatch.h"
#include "remat/Analysis/StepGraph.h"
#include "remat/Conversion/Passes.h"

namespace remat {
#define GEN_PASS_DEF_FORMKERNELSPASS
#include "remat/Conversion/Passes.h.inc"
} // namespace remat

using namespace mlir;
using namespace remat;

namespace {
struct FormKernelsPass : remat::impl::FormKernelsPassBase<FormKernelsPass> {
  using FormKernelsPassBase::FormKernelsPassBase;

  void runOnOperation() override {
    FailureOr<func::FuncOp> function = findEntry(getOperation(), entry);
    if (failed(function) || failed(makeGeneric(*function)))
      return signalPassFailure();
    KernelModule kernels(getOperation());
    for (Block &block : function->getBody())
      if (failed(convert(block, kernels)))
        return signalPassFailure();
  }

private:
  /// Makes one kind of op of copies and of what linalg has names for.
  static LogicalResult makeGeneric(func::FuncOp function) {
    IRRewriter rewriter(function.getContext());
    SmallVector<memref::CopyOp> copies;
    function.walk([&](memref::CopyOp copy) { copies.push_back(copy); });
    for (memref::CopyOp copy : copies) {
      rewriter.setInsertionPoint(copy);
      linalg::makeMemRefCopyOp(rewriter, copy.getLoc(), copy.getSource(), copy.getTarget());
      rewriter.eraseOp(copy);
    }
    SmallVector<linalg::LinalgOp> named;
    function.walk([&](linalg::LinalgOp op) {
      if (!isa<linalg::GenericOp>(op))
        named.push_back(op);
    });
    for (linalg::LinalgOp op : named) {
      rewriter.setInsertionPoint(op);
      if (failed(linalg::generalizeNamedOp(rewriter, op)))
        return op.emitError() << op->getName().getStringRef()
                              << " has no loops to make a kernel of";
    }
    return success();
  }

  /// Replaces what a block does to buffers by launches.
  LogicalResult convert(Block &block, KernelModule &kernels) {
    if (failed(launchRuns(block, kernels)))
      return failure();
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
        FailureOr<gpu::LaunchOp> launch = launchGeneric(generic);
        if (failed(launch) || (*launch && failed(kernels.outline(*launch, "loops"))))
          return failure();
        continue;
      }
      for (Region &region : op.getRegions())
        for (Block &inner : region)
          if (failed(convert(inner, kernels)))
            return failure();
    }
    return success();
  }
};
} // namespace
