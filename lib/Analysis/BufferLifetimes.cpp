//===- BufferLifetimes.cpp - when allocations are needed ------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Analysis/BufferLifetimes.h"

#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "remat/Analysis/ValueBytes.h"

using namespace mlir;

namespace remat {

namespace {

class LifetimeFinder {
public:
  explicit LifetimeFinder(func::FuncOp function) : function(function), aliases(function) {
    number(function);
  }

  FailureOr<std::vector<BufferLifetime>> run() {
    std::vector<BufferLifetime> found;
    WalkResult walk = function.walk<WalkOrder::PreOrder>([&](memref::AllocOp alloc) {
      MemRefType type = alloc.getType();
      if (!type.hasStaticShape() || !type.getLayout().isIdentity()) {
        alloc.emitError() << "has type " << type
                          << ", which has no place in an arena; only static shapes without a "
                             "layout have";
        return WalkResult::interrupt();
      }
      planning::Result<planning::Bytes> bytes =
          bytesOf(RankedTensorType::get(type.getShape(), type.getElementType()));
      if (!bytes) {
        alloc.emitError() << bytes.error().message;
        return WalkResult::interrupt();
      }
      found.push_back(lifetimeOf(alloc, bytes->count));
      return WalkResult::advance();
    });
    if (walk.wasInterrupted())
      return failure();
    return found;
  }

private:
  /// Gives `op` and the ops in its regions their times.
  void number(Operation *op) {
    int64_t begin = next++;
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (Operation &inner : block)
          number(&inner);
    times[op] = {begin, next};
  }

  BufferLifetime lifetimeOf(memref::AllocOp alloc, int64_t bytes) {
    BufferLifetime life{alloc, bytes, INT64_MAX, INT64_MIN};
    for (Value alias : aliases.resolve(alloc)) {
      if (auto argument = dyn_cast<BlockArgument>(alias))
        coverCarrier(life, argument.getOwner()->getParentOp());
      for (Operation *user : alias.getUsers())
        if (!isa<memref::DeallocOp, ViewLikeOpInterface>(user))
          coverAccess(life, user);
    }
    if (life.begin > life.end)
      std::tie(life.begin, life.end) = times.lookup(alloc);
    return life;
  }

  /// A buffer that a loop's body knows as an argument is handed around: it is needed
  /// as long as the loop runs.
  void coverCarrier(BufferLifetime &life, Operation *carrier) {
    if (isa<LoopLikeOpInterface>(carrier))
      cover(life, carrier);
  }

  /// Covers the op with `user` in it that stands in the innermost block that also holds the
  /// allocation, and what of that block holds the allocation unless it stands there.
  void coverAccess(BufferLifetime &life, Operation *user) {
    for (Operation *holder = life.alloc; holder; holder = holder->getParentOp()) {
      Operation *access =
          holder->getBlock() ? holder->getBlock()->findAncestorOpInBlock(*user) : nullptr;
      if (!access)
        continue;
      cover(life, access);
      if (holder != life.alloc)
        cover(life, holder);
      return;
    }
  }

  void cover(BufferLifetime &life, Operation *op) {
    auto [begin, end] = times.lookup(op);
    life.begin = std::min(life.begin, begin);
    life.end = std::max(life.end, end);
  }

  func::FuncOp function;
  BufferViewFlowAnalysis aliases;
  llvm::DenseMap<Operation *, std::pair<int64_t, int64_t>> times;
  int64_t next = 0;
};

} // namespace

FailureOr<std::vector<BufferLifetime>> bufferLifetimes(func::FuncOp function) {
  return LifetimeFinder(function).run();
}

} // namespace remat
