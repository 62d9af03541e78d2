//===- RematPass.cpp - all in one ---------------------------------------===//
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

#include "remat/Dialect/Remat/Transforms/ApplyPlan.h"
#include "remat/Dialect/Remat/Transforms/Inline.h"

namespace remat {
#define GEN_PASS_DEF_REMATPASS
#include "remat/Dialect/Remat/Transforms/Passes.h.inc"
} // namespace remat

using namespace mlir;
using namespace remat;

namespace {
struct RematPass : PlanningPass<EncodingPass<remat::impl::RematPassBase<RematPass>>> {
  using PlanningPass::PlanningPass;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<func::FuncOp> function = findCheckedEntry(module, entry);
    if (failed(function))
      return signalPassFailure();
    planning::Result<PlanRequest> request = makePlanRequest(planArguments());
    if (!request) {
      emitError(function->getLoc()) << request.error().message;
      return signalPassFailure();
    }
    EncodeOptions encode = encodeOptions(request->analysis.lossResult);
    auto planAndApply = [&] {
      return failure(failed(planFunction(*function, *request)) || failed(applyPlan(*function)));
    };
    if (failed(runRewrites(
            module, *function, verify,
            {{"remat-inline", [&] { return inlineCalls(module, *function); }},
             {"remat-apply", planAndApply},
             {"remat-encode", [&] { return encodeRecomputations(*function, encode); }}})))
      signalPassFailure();
  }
};
} // namespace
