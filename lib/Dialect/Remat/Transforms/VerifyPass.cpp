//===- VerifyPass.cpp - remat-verify -----------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/Passes.h"

#include "remat/Dialect/Remat/Transforms/ProgramCheck.h"

#include "mlir/Parser/Parser.h"
#include "remat/Dialect/Remat/Transforms/Equivalence.h"

namespace remat {
#define GEN_PASS_DEF_VERIFYPASS
#include "remat/Dialect/Remat/Transforms/Passes.h.inc"
} // namespace remat

using namespace mlir;
using namespace remat;

namespace {
struct VerifyPass : remat::impl::VerifyPassBase<VerifyPass> {
  using VerifyPassBase::VerifyPassBase;

  /// Reads the reference here, where dialects may still be loaded.
  LogicalResult initialize(MLIRContext *context) override {
    Location unknown = UnknownLoc::get(context);
    if (reference.empty())
      return emitError(unknown) << "remat-verify has nothing to compare with; give reference=FILE";
    program =
        std::make_shared<OwningOpRef<ModuleOp>>(parseSourceFile<ModuleOp>(reference, context));
    if (!*program)
      return emitError(unknown) << "remat-verify cannot read the reference '" << reference << "'";
    return success();
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<func::FuncOp> before = findCheckedEntry(**program, entry);
    FailureOr<func::FuncOp> after = findCheckedEntry(module, entry);
    if (failed(before) || failed(after) ||
        failed(verifyEquivalent(**program, *before, module, *after)))
      signalPassFailure();
    markAllAnalysesPreserved();
  }

private:
  std::shared_ptr<OwningOpRef<ModuleOp>> program;
};
} // namespace
