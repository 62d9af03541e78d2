//===- Runs.cpp - runs of ops on single elements --------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runs.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace remat;

static bool isControl(Operation *op) {
  return isa<scf::ForOp, scf::IfOp, scf::WhileOp, scf::IndexSwitchOp>(op);
}

static bool holdsLinalg(Operation *op) {
  return op->walk([](linalg::LinalgOp) { return WalkResult::interrupt(); }).wasInterrupted();
}

/// True for reading a constant of the module, which the host has too.
static bool isHostLoad(Operation *op) {
  auto load = dyn_cast<memref::LoadOp>(op);
  return load && isOfGlobal(load.getMemRef());
}

/// True for what a thread can do to elements.
static bool isScalarCode(Operation *op) {
  if (isa<memref::LoadOp, memref::StoreOp>(op))
    return !isHostLoad(op);
  return isControl(op) && op->getNumResults() == 0 && !holdsLinalg(op);
}

/// True for what no run goes across.
static bool endsRun(Operation *op) {
  return op->hasTrait<OpTrait::IsTerminator>() || isa<linalg::LinalgOp>(op) ||
         (isControl(op) && !isScalarCode(op));
}

/// Complains about what neither a kernel nor the host can do.
static LogicalResult checkOp(Operation *op) {
  if (isControl(op)) {
    for (Region &region : op->getRegions())
      for (Operation &inner : region.getOps())
        if (failed(checkOp(&inner)))
          return failure();
    return success();
  }
  if (isScalarCode(op) || endsRun(op) || isHostLoad(op) || isPure(op))
    return success();
  return op->emitError()
         << op->getName().getStringRef()
         << " is neither a loop over buffers nor code of the host; only linalg, scf "
            "and memref ops of a step that remat-bufferize made become kernels";
}

namespace {
/// The runs of one block.
class RunFinder {
public:
  explicit RunFinder(Block &block) : block(block) {
    // Reading an element back ends a run, which may part others from their uses.
    while (number()) {
    }
  }

  bool isReadBack(Operation *op) const { return readBack.contains(op); }

  /// Whether `op` moves into the run that it stands in.
  bool isMoved(Operation *op) const { return moved.contains(op); }

private:
  /// Numbers the runs; true if one more element must be read back.
  bool number() {
    runOf.clear();
    moved.clear();
    int run = 0;
    for (Operation &op : block) {
      if (endsRun(&op) || isReadBack(&op)) {
        ++run;
        continue;
      }
      runOf[&op] = run;
      bool readsMoved = llvm::any_of(op.getOperands(), [&](Value operand) {
        return operand.getDefiningOp() && moved.contains(operand.getDefiningOp());
      });
      if (isScalarCode(&op) || readsMoved)
        moved.insert(&op);
    }
    for (Operation &op : block)
      if (isa<memref::LoadOp>(op) && isMoved(&op) && escapes(&op)) {
        readBack.insert(&op);
        return true;
      }
    return false;
  }

  /// Whether anything outside of its run needs what `op` computes.
  bool escapes(Operation *op) const {
    for (Operation *user : op->getUsers()) {
      Operation *inBlock = block.findAncestorOpInBlock(*user);
      auto found = runOf.find(inBlock);
      if (found == runOf.end() || found->second != runOf.lookup(op))
        return true;
      if (!isScalarCode(inBlock) && escapes(inBlock))
        return true;
    }
    return false;
  }

  Block &block;
  llvm::DenseMap<Operation *, int> runOf;
  llvm::SmallPtrSet<Operation *, 16> moved, readBack;
};
} // namespace

/// Moves `run` into a launch of one thread.
static LogicalResult launchRun(ArrayRef<Operation *> run, KernelModule &kernels) {
  // Where the last one stands, everything that they read has been computed.
  OpBuilder builder(run.back());
  auto [launch, thread] = openLaunch(builder, run.front()->getLoc(), 1);
  Operation *end = &launch.getBody().front().back();
  for (Operation *op : run)
    op->moveBefore(end);
  return kernels.outline(launch, "scalars");
}

/// Replaces `load` by one of a copy of the element in the host's memory.
static void readBack(memref::LoadOp load) {
  auto type = MemRefType::get({}, load.getType());
  OpBuilder builder(load);
  Location loc = load.getLoc();
  auto function = load->getParentOfType<FunctionOpInterface>();
  builder.setInsertionPointToStart(&function.getFunctionBody().front());
  Value host = memref::AllocaOp::create(builder, loc, type);
  builder.setInsertionPoint(load);
  SmallVector<OpFoldResult> offsets = getAsOpFoldResult(load.getIndices());
  SmallVector<OpFoldResult> ones(offsets.size(), builder.getIndexAttr(1));
  auto element = memref::SubViewOp::inferRankReducedResultType(
      ArrayRef<int64_t>(), load.getMemRefType(), offsets, ones, ones);
  Value device =
      memref::SubViewOp::create(builder, loc, element, load.getMemRef(), offsets, ones, ones);
  gpu::MemcpyOp::create(builder, loc, TypeRange(), ValueRange(), host, device);
  Value value = memref::LoadOp::create(builder, loc, host);
  load.replaceAllUsesWith(value);
  load.erase();
}

LogicalResult remat::launchRuns(Block &block, KernelModule &kernels) {
  for (Operation &op : block)
    if (failed(checkOp(&op)))
      return failure();
  RunFinder runs(block);
  SmallVector<Operation *> run;
  auto flush = [&] {
    LogicalResult launched = run.empty() ? success() : launchRun(run, kernels);
    run.clear();
    return launched;
  };
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (runs.isMoved(&op)) {
      run.push_back(&op);
    } else if (endsRun(&op) || runs.isReadBack(&op)) {
      if (failed(flush()))
        return failure();
      if (runs.isReadBack(&op))
        readBack(cast<memref::LoadOp>(op));
    }
  }
  return flush();
}
