//===- EncodePass.cpp - remat-encode ------------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/Passes.h"

#include "remat/Dialect/Remat/Transforms/ProgramCheck.h"
#include "remat/Dialect/Remat/Transforms/ProvenRewrites.h"

#include "PlanArguments.h"

namespace remat {
#define GEN_PASS_DEF_ENCODEPASS
#include "remat/Dialect/Remat/Transforms/Passes.h.inc"
} // namespace remat

using namespace mlir;
using namespace remat;

namespace {
struct EncodePass : EncodingPass<remat::impl::EncodePassBase<EncodePass>> {
  using EncodingPass::EncodingPass;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<func::FuncOp> function = findCheckedEntry(module, entry);
    if (failed(function))
      return signalPassFailure();
    planning::Result<AnalysisOptions> analysis =
        makeAnalysisOptions(MemoryModel::Program, /*foldFree=*/true, loss);
    if (!analysis) {
      emitError(function->getLoc()) << analysis.error().message;
      return signalPassFailure();
    }
    EncodeOptions options = encodeOptions(analysis->lossResult);
    if (failed(runRewrites(
            module, *function, verify,
            {{"remat-encode", [&] { return encodeRecomputations(*function, options); }}})))
      signalPassFailure();
  }
};
} // namespace
