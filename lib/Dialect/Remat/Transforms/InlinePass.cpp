//===- InlinePass.cpp - remat-inline -----------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/Passes.h"

#include "remat/Dialect/Remat/Transforms/ProvenRewrites.h"

#include "remat/Dialect/Remat/Transforms/Inline.h"

namespace remat {
#define GEN_PASS_DEF_INLINEPASS
#include "remat/Dialect/Remat/Transforms/Passes.h.inc"
} // namespace remat

using namespace mlir;
using namespace remat;

namespace {
struct InlinePass : remat::impl::InlinePassBase<InlinePass> {
  using InlinePassBase::InlinePassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(runRewrite(module, entry, verify, "remat-inline",
                          [&](func::FuncOp function) { return inlineCalls(module, function); })))
      signalPassFailure();
  }
};
} // namespace
