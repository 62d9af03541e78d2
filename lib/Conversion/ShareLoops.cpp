//===- ShareLoops.cpp - remat-share-loops -------------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Conversion/Passes.h"

namespace remat {
#define GEN_PASS_DEF_SHARELOOPSPASS
#include "remat/Conversion/Passes.h.inc"
} // namespace remat

using namespace mlir;
using namespace remat;

/// With fewer rounds than this in all loops, waking another thread takes longer.
static constexpr int64_t kFewestRounds = 1 << 15;
/// A loop of this many rounds is enough for all threads.
static constexpr int64_t kManyRounds = 64;

/// Returns the rounds of each loop of `op`; nothing if they are not known or do not
/// count from 0 by 1.
static std::optional<SmallVector<int64_t>> roundsOf(LoopLikeOpInterface op) {
  auto lower = op.getLoopLowerBounds(), upper = op.getLoopUpperBounds(), step = op.getLoopSteps();
  if (!lower || !upper || !step)
    return std::nullopt;
  SmallVector<int64_t> rounds;
  for (auto [begin, end, by] : llvm::zip_equal(*lower, *upper, *step)) {
    std::optional<int64_t> count = getConstantIntValue(end);
    if (!isConstantIntValue(begin, 0) || !isConstantIntValue(by, 1) || !count)
      return std::nullopt;
    rounds.push_back(*count);
  }
  return rounds;
}

/// Returns the loop that is all that `block` does, if there is one.
static LoopLikeOpInterface onlyLoopIn(Block &block) {
  LoopLikeOpInterface loop;
  for (Operation &op : block.without_terminator()) {
    if (!loop && isa<scf::ParallelOp, scf::ForOp>(op))
      loop = cast<LoopLikeOpInterface>(op);
    else if (op.getNumRegions() || !isMemoryEffectFree(&op))
      return nullptr;
  }
  return loop;
}

/// Returns the nest of loops that is all that `kernel` does, outermost first.
static SmallVector<LoopLikeOpInterface> nestOf(func::FuncOp kernel) {
  SmallVector<LoopLikeOpInterface> nest;
  Block *block = &kernel.getBody().front();
  while (LoopLikeOpInterface loop = onlyLoopIn(*block)) {
    nest.push_back(loop);
    block = &loop.getLoopRegions().front()->front();
  }
  return nest;
}

namespace {

/// A loop that threads may share: loop number `index` of `op`.
struct SharedLoop {
  scf::ParallelOp op;
  size_t index;
  int64_t rounds;
};

} // namespace

/// Returns the outermost parallel loop that is enough for all threads, or the longest one.
static std::optional<SharedLoop> loopToShare(func::FuncOp kernel) {
  std::optional<SharedLoop> best;
  int64_t all = 1;
  for (LoopLikeOpInterface loop : nestOf(kernel)) {
    std::optional<SmallVector<int64_t>> rounds = roundsOf(loop);
    if (!rounds)
      return std::nullopt;
    auto parallel = dyn_cast<scf::ParallelOp>(loop.getOperation());
    for (auto [index, count] : llvm::enumerate(*rounds)) {
      all *= count;
      if (parallel && (!best || std::min(count, kManyRounds) > std::min(best->rounds, kManyRounds)))
        best = SharedLoop{parallel, index, count};
    }
  }
  return all >= kFewestRounds && best && best->rounds > 1 ? best : std::nullopt;
}

/// Gives `kernel` two more arguments, where `shared` begins and where it ends, and makes
/// its callers ask for all rounds.
static void share(func::FuncOp kernel, SharedLoop shared, ArrayRef<func::CallOp> calls) {
  OpBuilder builder(kernel.getContext());
  unsigned place = kernel.getNumArguments();
  for (int bound = 0; bound < 2; ++bound)
    (void)kernel.insertArgument(place + bound, builder.getIndexType(), {}, kernel.getLoc());
  shared.op.getLowerBoundMutable()[shared.index].set(kernel.getArgument(place));
  shared.op.getUpperBoundMutable()[shared.index].set(kernel.getArgument(place + 1));
  kernel->setAttr(kSharedAttribute, builder.getUnitAttr());
  for (func::CallOp call : calls) {
    builder.setInsertionPoint(call);
    for (int64_t bound : {int64_t(0), shared.rounds})
      call->insertOperands(
          call->getNumOperands(),
          arith::ConstantIndexOp::create(builder, call.getLoc(), bound).getResult());
  }
}

namespace {
struct ShareLoopsPass : remat::impl::ShareLoopsPassBase<ShareLoopsPass> {
  void runOnOperation() override {
    llvm::MapVector<StringRef, SmallVector<func::CallOp>> calls;
    getOperation().walk([&](func::CallOp call) { calls[call.getCallee()].push_back(call); });
    for (auto &[name, callers] : calls) {
      auto kernel = getOperation().lookupSymbol<func::FuncOp>(name);
      // Only buffers, so that all arguments can be handed on as addresses.
      bool canBeShared = kernel && kernel->hasAttr(kStructuredAttribute) && kernel.isPrivate() &&
                         !kernel.isExternal() && kernel.getBody().hasOneBlock() &&
                         kernel.getNumResults() == 0 &&
                         llvm::all_of(kernel.getArgumentTypes(), llvm::IsaPred<MemRefType>);
      if (!canBeShared)
        continue;
      if (std::optional<SharedLoop> loop = loopToShare(kernel))
        share(kernel, *loop, callers);
    }
    for (auto kernel : getOperation().getOps<func::FuncOp>())
      kernel->removeAttr(kStructuredAttribute);
  }
};
} // namespace
