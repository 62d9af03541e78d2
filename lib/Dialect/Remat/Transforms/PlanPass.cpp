//===- PlanPass.cpp - remat-plan ----------------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/Passes.h"

#include "remat/Dialect/Remat/Transforms/ProgramCheck.h"

#include "PlanArguments.h"

namespace remat {
#define GEN_PASS_DEF_PLANPASS
#include "remat/Dialect/Remat/Transforms/Passes.h.inc"
} // namespace remat

using namespace mlir;
using namespace remat;

namespace {
struct PlanPass : PlanningPass<remat::impl::PlanPassBase<PlanPass>> {
  using PlanningPass::PlanningPass;

  void runOnOperation() override {
    FailureOr<func::FuncOp> function = findCheckedEntry(getOperation(), entry);
    if (failed(function))
      return signalPassFailure();
    planning::Result<PlanRequest> request = makePlanRequest(planArguments());
    if (!request) {
      emitError(function->getLoc()) << request.error().message;
      return signalPassFailure();
    }
    if (failed(planFunction(*function, *request)))
      signalPassFailure();
  }
};
} // namespace
