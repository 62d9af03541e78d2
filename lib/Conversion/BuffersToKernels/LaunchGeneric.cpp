//===- LaunchGeneric.cpp - one thread per element of a linalg op ----------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace remat;

static Value constantOf(OpBuilder &builder, Location loc, Type type, int64_t value) {
  return arith::ConstantOp::create(builder, loc, builder.getIntegerAttr(type, value));
}

std::pair<gpu::LaunchOp, Value> remat::openLaunch(OpBuilder &builder, Location loc,
                                                  int64_t threads) {
  int64_t size = std::min(threads, kBlockThreads);
  Value one = arith::ConstantIndexOp::create(builder, loc, 1);
  Value blocks = arith::ConstantIndexOp::create(builder, loc, llvm::divideCeil(threads, size));
  Value blockSize = arith::ConstantIndexOp::create(builder, loc, size);
  auto launch = gpu::LaunchOp::create(builder, loc, blocks, one, one, blockSize, one, one);
  builder.setInsertionPointToStart(&launch.getBody().front());

  // Divisions by extents are many; those of 32 bits are several times faster.
  bool isSmall = threads <= std::numeric_limits<int32_t>::max() - kBlockThreads;
  Type type = isSmall ? builder.getI32Type() : builder.getI64Type();
  auto number = [&](Value id) { return arith::IndexCastOp::create(builder, loc, type, id); };
  Value first = arith::MulIOp::create(builder, loc, number(launch.getBlockIds().x),
                                      constantOf(builder, loc, type, size));
  Value thread = arith::AddIOp::create(builder, loc, first, number(launch.getThreadIds().x));
  auto end = gpu::TerminatorOp::create(builder, loc);
  builder.setInsertionPoint(end);
  if (threads % size != 0) {
    Value isInside = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, thread,
                                           constantOf(builder, loc, type, threads));
    auto inside = scf::IfOp::create(builder, loc, isInside, /*withElseRegion=*/false);
    builder.setInsertionPointToStart(inside.thenBlock());
  }
  return {launch, thread};
}

/// Fills in the indices of the parallel dimensions: neighbours in the last one are
/// neighbouring threads, whose accesses thus fall together.
static void delinearise(OpBuilder &builder, Location loc, Value thread, ArrayRef<int64_t> extents,
                        ArrayRef<unsigned> dims, MutableArrayRef<Value> indices) {
  Type type = thread.getType();
  for (auto [place, dim] : llvm::enumerate(llvm::reverse(dims))) {
    Value extent = constantOf(builder, loc, type, extents[dim]);
    bool isOutermost = place + 1 == dims.size();
    Value index = isOutermost ? thread : arith::RemUIOp::create(builder, loc, thread, extent);
    indices[dim] = arith::IndexCastUIOp::create(builder, loc, builder.getIndexType(), index);
    if (!isOutermost)
      thread = arith::DivUIOp::create(builder, loc, thread, extent);
  }
}

/// The code of one thread.
namespace {
class ThreadBody {
public:
  ThreadBody(linalg::GenericOp op, OpBuilder &builder, SmallVector<Value> indices)
      : op(op), builder(builder), indices(std::move(indices)) {}

  void build(ArrayRef<int64_t> extents, ArrayRef<unsigned> reductions) {
    SmallVector<Value> carried;
    for (OpOperand &out : op.getDpsInitsMutable())
      // An element that nothing reads, thus no sum either, may hold anything.
      carried.push_back(op.payloadUsesValueFromOperand(&out) || !reductions.empty() ? load(out)
                                                                                    : Value());
    SmallVector<Value> ends = loops(extents, reductions, carried);
    for (auto [out, value] : llvm::zip_equal(op.getDpsInitsMutable(), ends))
      memref::StoreOp::create(builder, op.getLoc(), value, out.get(), placeOf(out));
  }

private:
  /// The element of `operand` that the thread is at.
  SmallVector<Value> placeOf(OpOperand &operand) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    SmallVector<Value> place;
    for (AffineExpr result : map.getResults()) {
      if (auto dim = dyn_cast<AffineDimExpr>(result)) {
        place.push_back(indices[dim.getPosition()]);
        continue;
      }
      // Operands are the dimensions that the expression names, and only those are known.
      AffineMap one = AffineMap::get(map.getNumDims(), 0, result);
      SmallVector<Value> operands;
      for (auto [dim, index] : llvm::enumerate(indices))
        operands.push_back(one.isFunctionOfDim(dim) ? index : zero());
      place.push_back(affine::AffineApplyOp::create(builder, op.getLoc(), one, operands));
    }
    return place;
  }

  Value zero() { return arith::ConstantIndexOp::create(builder, op.getLoc(), 0); }

  Value load(OpOperand &operand) {
    if (!isa<MemRefType>(operand.get().getType()))
      return operand.get();
    return memref::LoadOp::create(builder, op.getLoc(), operand.get(), placeOf(operand));
  }

  /// Loops over `reductions` that carry the elements of the results in registers.
  SmallVector<Value> loops(ArrayRef<int64_t> extents, ArrayRef<unsigned> reductions,
                           ArrayRef<Value> carried) {
    if (reductions.empty())
      return payload(carried);
    Location loc = op.getLoc();
    unsigned dim = reductions.front();
    Value end = arith::ConstantIndexOp::create(builder, loc, extents[dim]);
    Value one = arith::ConstantIndexOp::create(builder, loc, 1);
    auto loop = scf::ForOp::create(builder, loc, zero(), end, one, carried);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    indices[dim] = loop.getInductionVar();
    SmallVector<Value> inner(loop.getRegionIterArgs());
    scf::YieldOp::create(builder, loc, loops(extents, reductions.drop_front(), inner));
    return loop.getResults();
  }

  /// The body of the op at one place.
  SmallVector<Value> payload(ArrayRef<Value> carried) {
    IRMapping mapping;
    for (OpOperand *input : op.getDpsInputOperands())
      if (op.payloadUsesValueFromOperand(input))
        mapping.map(op.getMatchingBlockArgument(input), load(*input));
    for (auto [out, value] : llvm::zip_equal(op.getDpsInitsMutable(), carried))
      if (value)
        mapping.map(op.getMatchingBlockArgument(&out), value);
    for (Operation &inner : op.getBody()->without_terminator()) {
      if (auto index = dyn_cast<linalg::IndexOp>(inner))
        mapping.map(index.getResult(), indices[index.getDim()]);
      else
        builder.clone(inner, mapping);
    }
    SmallVector<Value> results;
    for (Value result : op.getBody()->getTerminator()->getOperands())
      results.push_back(mapping.lookupOrDefault(result));
    return results;
  }

  linalg::GenericOp op;
  OpBuilder &builder;
  SmallVector<Value> indices; ///< By dimension; none yet for loops further in.
};
} // namespace

FailureOr<gpu::LaunchOp> remat::launchGeneric(linalg::GenericOp op) {
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  if (llvm::any_of(extents, ShapedType::isDynamic))
    return op.emitError() << "loops over a dimension of unknown size; only static shapes become "
                             "kernels";
  SmallVector<unsigned> parallel, reductions;
  op.getParallelDims(parallel);
  op.getReductionDims(reductions);
  for (OpOperand &out : op.getDpsInitsMutable())
    for (unsigned dim : reductions)
      if (op.getMatchingIndexingMap(&out).isFunctionOfDim(dim))
        return op.emitError() << "an output moves with loop " << dim << ", which is a reduction; a "
                              << "thread computes one element, so only sums into one place become "
                                 "kernels";
  int64_t threads = 1;
  for (unsigned dim : parallel)
    threads *= extents[dim];
  OpBuilder builder(op);
  if (threads == 0) {
    op.erase();
    return gpu::LaunchOp();
  }
  auto [launch, thread] = openLaunch(builder, op.getLoc(), threads);
  SmallVector<Value> indices(extents.size());
  delinearise(builder, op.getLoc(), thread, extents, parallel, indices);
  ThreadBody(op, builder, std::move(indices)).build(extents, reductions);
  op.erase();
  return launch;
}
