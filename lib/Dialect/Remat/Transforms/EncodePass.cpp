//===- EncodePass.cpp - remat-encode -----------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/Passes.h"

#include "ProgramCheck.h"

#include "mlir/IR/Remarks.h"

namespace remat {
#define GEN_PASS_DEF_ENCODEPASS
#include "remat/Dialect/Remat/Transforms/Passes.h.inc"
} // namespace remat

using namespace mlir;
using namespace remat;

namespace {
struct EncodePass : remat::impl::EncodePassBase<EncodePass> {
  using EncodePassBase::EncodePassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<func::FuncOp> function = findCheckedEntry(module, entry);
    if (failed(function))
      return signalPassFailure();
    std::optional<Snapshot> before;
    if (verify)
      before.emplace(module, *function);
    FailureOr<EncodeCounts> counts = encodeRecomputations(*function, target);
    if (failed(counts) || (before && failed(before->check(module, *function, "remat-encode"))))
      return signalPassFailure();
    remark::analysis(function->getLoc(), remark::RemarkOpts::name("encoded")
                                             .category("remat")
                                             .function(function->getSymName()))
        << remark::metric("recomputed_ops", counts->clones)
        << remark::metric("barriers", counts->barriers) << remark::metric("guards", counts->guards);
  }
};
} // namespace
