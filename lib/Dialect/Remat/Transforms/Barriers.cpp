//===- Barriers.cpp - optimization_barrier between values -----------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Barriers.h"

#include "mlir/Transforms/RegionUtils.h"
#include "remat/Analysis/ValueBytes.h"

#include <limits>

using namespace mlir;
using namespace remat;

int64_t remat::sizeOf(Value value) {
  planning::Result<planning::Bytes> bytes = bytesOf(value.getType());
  return bytes ? bytes->count : std::numeric_limits<int64_t>::max();
}

bool remat::isBarrier(Operation *op) {
  return op && op->getName().getStringRef() == "stablehlo.optimization_barrier" &&
         op->getNumOperands() == op->getNumResults();
}

Operation *remat::createBarrier(OpBuilder &builder, Location loc, ArrayRef<Value> values) {
  OperationState state(loc, "stablehlo.optimization_barrier", values,
                       TypeRange(ValueRange(values)));
  return builder.create(state);
}

void remat::passThrough(Value value, Value tied, Operation *barrier) {
  value.replaceUsesWithIf(tied, [&](OpOperand &use) {
    Operation *reader = barrier->getBlock()->findAncestorOpInBlock(*use.getOwner());
    return reader && barrier->isBeforeInBlock(reader);
  });
}

Operation *remat::tieTogether(ArrayRef<Value> values) {
  Operation *last = nullptr;
  for (Value value : values)
    if (Operation *producer = value.getDefiningOp();
        producer && (!last || last->isBeforeInBlock(producer)))
      last = producer;
  OpBuilder builder(last->getContext());
  builder.setInsertionPointAfter(last);
  Operation *barrier = createBarrier(builder, last->getLoc(), values);
  for (auto [value, tied] : llvm::zip_equal(values, barrier->getResults()))
    passThrough(value, tied, barrier);
  return barrier;
}

llvm::SetVector<Value> remat::readsOf(Operation *op) {
  llvm::SetVector<Value> reads(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), reads);
  return reads;
}

llvm::DenseSet<Operation *> remat::ancestorsOf(Operation *op, Operation *first) {
  llvm::DenseSet<Operation *> found = {op};
  SmallVector<Operation *> open = {op};
  while (!open.empty())
    for (Value read : readsOf(open.pop_back_val()))
      if (Operation *producer = read.getDefiningOp();
          producer && !producer->isBeforeInBlock(first) && found.insert(producer).second)
        open.push_back(producer);
  return found;
}

bool remat::isReadBehind(Value value, Operation *place, UseFilter skip) {
  return llvm::any_of(value.getUses(), [&](OpOperand &use) {
    Operation *reader = place->getBlock()->findAncestorOpInBlock(*use.getOwner());
    return reader && place->isBeforeInBlock(reader) && !skip(use);
  });
}

Value remat::firstReadBehind(ValueRange values, Operation *place, UseFilter skip) {
  llvm::SetVector<Value> open(values.begin(), values.end());
  for (size_t i = 0; i < open.size(); ++i) {
    Value value = open[i];
    if (isReadBehind(value, place, skip))
      return value;
    SmallVector<Operation *> next;
    for (OpOperand &use : value.getUses())
      if (Operation *reader = place->getBlock()->findAncestorOpInBlock(*use.getOwner());
          reader && !skip(use))
        next.push_back(reader);
    llvm::sort(next, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
    for (Operation *reader : next)
      open.insert_range(reader->getResults());
  }
  return {};
}
