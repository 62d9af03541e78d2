//===- PackArenaPass.cpp - remat-pack-arena -------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Remarks.h"
#include "remat/Analysis/BufferLifetimes.h"
#include "remat/Dialect/Remat/IR/Remat.h"
#include "remat/Dialect/Remat/Transforms/ProgramCheck.h"
#include "remat/Planning/Arena/Pack.h"

namespace remat {
#define GEN_PASS_DEF_PACKARENAPASS
#include "remat/Dialect/Remat/Transforms/Passes.h.inc"
} // namespace remat

using namespace mlir;
using namespace remat;
namespace arena = remat::planning::arena;

/// Alignment of every buffer and of the arena itself: a cache line, and the widest
/// vectors.
static constexpr int64_t kAlignment = 64;

/// Appends one argument for each returned buffer, which the caller provides, and returns
/// nothing. A buffer that is returned once and allocated for it becomes the
/// argument; of others, such as views and arguments, the bytes are copied.
static LogicalResult returnThroughArguments(func::FuncOp function) {
  auto terminator = cast<func::ReturnOp>(function.getBody().front().getTerminator());
  OpBuilder builder(terminator);
  SmallVector<Value> returned(terminator.getOperands());
  for (Value value : returned) {
    unsigned last = function.getNumArguments();
    if (failed(function.insertArgument(last, value.getType(), {}, value.getLoc())))
      return failure();
    Value out = function.getArgument(last);
    auto alloc = value.getDefiningOp<memref::AllocOp>();
    if (alloc && alloc->getBlock() == &function.getBody().front() &&
        llvm::count(returned, value) == 1) {
      alloc.replaceAllUsesWith(out);
      alloc.erase();
    } else {
      memref::CopyOp::create(builder, value.getLoc(), value, out);
    }
  }
  terminator->setOperands({});
  return function.eraseResults(llvm::BitVector(function.getNumResults(), true));
}

/// Returns `lives` as a packing problem: ids are their indices.
static arena::ArenaProblem problemOf(ArrayRef<BufferLifetime> lives) {
  arena::ArenaProblem problem;
  for (auto [index, life] : llvm::enumerate(lives))
    problem.buffers.push_back({std::to_string(index),
                               planning::Bytes(life.bytes),
                               kAlignment,
                               {{life.begin, life.end}},
                               std::nullopt});
  return problem;
}

/// Replaces each allocation by its place in the arena, a new last argument.
static LogicalResult placeInArena(func::FuncOp function, ArrayRef<BufferLifetime> lives,
                                  const arena::Packing &packing) {
  OpBuilder builder(function.getContext());
  auto type = MemRefType::get({packing.arena.count}, builder.getI8Type());
  unsigned last = function.getNumArguments();
  if (failed(function.insertArgument(last, type, {}, function.getLoc())))
    return failure();
  Value bytes = function.getArgument(last);
  for (auto [life, offset] : llvm::zip_equal(lives, packing.offsets)) {
    memref::AllocOp alloc = life.alloc;
    for (Operation *user : llvm::make_early_inc_range(alloc->getUsers()))
      if (isa<memref::DeallocOp>(user))
        user->erase();
    builder.setInsertionPoint(alloc);
    Value place = arith::ConstantIndexOp::create(builder, alloc.getLoc(), offset.count);
    Value view = memref::ViewOp::create(builder, alloc.getLoc(), alloc.getType(), bytes, place,
                                        ValueRange{});
    alloc.replaceAllUsesWith(view);
    alloc.erase();
  }
  return success();
}

namespace {
struct PackArenaPass : remat::impl::PackArenaPassBase<PackArenaPass> {
  using PackArenaPassBase::PackArenaPassBase;

  void runOnOperation() override {
    if (nodeLimit < 0) {
      emitError(getOperation().getLoc())
          << "node-limit=" << nodeLimit.getValue() << " is negative; expected 0 or more";
      return signalPassFailure();
    }
    FailureOr<func::FuncOp> function = findEntry(getOperation(), entry);
    if (failed(function) || failed(checkBufferised(*function)) || failed(pack(*function)))
      signalPassFailure();
  }

private:
  static LogicalResult checkBufferised(func::FuncOp function) {
    for (Type type :
         llvm::concat<const Type>(function.getArgumentTypes(), function.getResultTypes()))
      if (auto buffer = dyn_cast<MemRefType>(type);
          !buffer || !buffer.hasStaticShape() || !buffer.getLayout().isIdentity())
        return function.emitError() << "@" << function.getSymName() << " takes or returns " << type
                                    << "; only bufferised functions on static shapes without "
                                       "layouts have an arena: run one-shot-bufferize first";
    if (!function.getBody().hasOneBlock())
      return function.emitError() << "@" << function.getSymName() << " has "
                                  << function.getBody().getBlocks().size()
                                  << " blocks; only one block of straight-line code has an arena";
    return success();
  }

  LogicalResult pack(func::FuncOp function) {
    if (failed(returnThroughArguments(function)))
      return failure();
    FailureOr<std::vector<BufferLifetime>> lives = bufferLifetimes(function);
    if (failed(lives))
      return failure();
    arena::ArenaProblem problem = problemOf(*lives);
    planning::Result<arena::PackResult> result = arena::pack(problem, {.nodeLimit = nodeLimit});
    if (!result)
      return function.emitError(result.error().message);
    if (planning::Status verified = arena::verify(problem, *result->packing); !verified)
      return function.emitError(verified.error().message);
    OpBuilder builder(function.getContext());
    int64_t bytes = result->packing->arena.count, live = liveBytes(*lives);
    function->setAttr(RematDialect::getArenaAttrName(), builder.getI64IntegerAttr(bytes));
    function->setAttr(RematDialect::getLiveAttrName(), builder.getI64IntegerAttr(live));
    remark::analysis(
        function.getLoc(),
        remark::RemarkOpts::name("packed").category("remat").function(function.getSymName()))
        << remark::metric("arena", bytes) << remark::metric("live", live)
        << remark::metric("buffers", static_cast<int64_t>(lives->size()))
        << remark::metric("status", arena::toString(result->status).data());
    return placeInArena(function, *lives, *result->packing);
  }

  /// The most bytes live at once, without what alignment adds.
  static int64_t liveBytes(ArrayRef<BufferLifetime> lives) {
    return arena::livePeak(problemOf(lives)).bytes.count;
  }
};
} // namespace
