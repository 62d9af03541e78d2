//===- InlineRecomputePass.cpp - remat-inline-recompute -------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/Passes.h"

#include "remat/Dialect/Remat/IR/Remat.h"
#include "remat/Dialect/Remat/Transforms/ProvenRewrites.h"

namespace remat {
#define GEN_PASS_DEF_INLINERECOMPUTEPASS
#include "remat/Dialect/Remat/Transforms/Passes.h.inc"
} // namespace remat

using namespace mlir;
using namespace remat;

/// Replaces `region` by the ops of its body, where it stands.
static void inlineRegion(RecomputeOp region) {
  Block &body = region.getBody().front();
  for (auto [argument, input] : llvm::zip_equal(body.getArguments(), region.getInputs()))
    argument.replaceAllUsesWith(input);
  YieldOp yield = region.getYield();
  region.replaceAllUsesWith(yield.getValues());
  yield.erase();
  region->getBlock()->getOperations().splice(region->getIterator(), body.getOperations());
  region.erase();
}

namespace {
struct InlineRecomputePass : remat::impl::InlineRecomputePassBase<InlineRecomputePass> {
  using InlineRecomputePassBase::InlineRecomputePassBase;

  void runOnOperation() override {
    auto inlineAll = [](func::FuncOp function) -> LogicalResult {
      function.walk([](RecomputeOp region) { inlineRegion(region); });
      function->removeAttr(RematDialect::getClonesAttrName());
      return success();
    };
    if (failed(runRewrite(getOperation(), entry, verify, "remat-inline-recompute", inlineAll)))
      signalPassFailure();
  }
};
} // namespace
