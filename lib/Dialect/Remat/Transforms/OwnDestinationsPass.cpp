//===- OwnDestinationsPass.cpp - remat-own-destinations -------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"
#include "remat/Analysis/Destination.h"
#include "remat/Dialect/Remat/Transforms/ProvenRewrites.h"

namespace remat {
#define GEN_PASS_DEF_OWNDESTINATIONSPASS
#include "remat/Dialect/Remat/Transforms/Passes.h.inc"
} // namespace remat

using namespace mlir;
using namespace remat;

/// True for what is cheaper to write once more than to copy, as it reads nothing, and for
/// views of it.
static bool isFreshDestination(Operation *op) {
  while (op && isTensorView(op))
    op = op->getOperand(0).getDefiningOp();
  if (isa_and_present<tensor::EmptyOp>(op))
    return true;
  if (auto fill = dyn_cast_if_present<linalg::FillOp>(op))
    return fill->getNumResults() == 1;
  auto generic = dyn_cast_if_present<linalg::GenericOp>(op);
  if (!generic || generic.getNumDpsInputs() > 0 || generic->getNumResults() != 1)
    return false;
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(generic->getRegions(), captured);
  return llvm::all_of(captured, [](Value value) {
    Operation *maker = value.getDefiningOp();
    return maker && maker->hasTrait<OpTrait::ConstantLike>();
  });
}

/// Gives `use` an instance of its own if its value is a fresh destination that
/// others read as well, and moves the maker of a value that only `use` reads right
/// before the reader. Then the same for the destinations of that maker.
static void own(OpOperand &use) {
  Operation *maker = use.get().getDefiningOp();
  if (!maker || maker->getBlock() != use.getOwner()->getBlock())
    return;
  bool fresh = isFreshDestination(maker);
  if (fresh && !use.get().hasOneUse()) {
    OpBuilder builder(use.getOwner());
    maker = builder.clone(*maker);
    use.set(maker->getResult(0));
  } else if (maker->getNumResults() != 1 || !use.get().hasOneUse()) {
    return;
  } else if (fresh || isTensorView(maker) || soleWriterOver(maker)) {
    maker->moveBefore(use.getOwner());
  }
  for (OpOperand &operand : maker->getOpOperands())
    if (isDestination(operand) || isTensorView(maker))
      own(operand);
}

namespace {
struct OwnDestinationsPass : remat::impl::OwnDestinationsPassBase<OwnDestinationsPass> {
  using OwnDestinationsPassBase::OwnDestinationsPassBase;

  void runOnOperation() override {
    auto ownAll = [](func::FuncOp function) -> LogicalResult {
      function.walk([](Block *block) {
        for (Operation &op : llvm::make_early_inc_range(*block))
          for (OpOperand &operand : op.getOpOperands())
            if (isDestination(operand))
              own(operand);
      });
      return success();
    };
    if (failed(runRewrite(getOperation(), entry, verify, "remat-own-destinations", ownAll)))
      signalPassFailure();
  }
};
} // namespace
