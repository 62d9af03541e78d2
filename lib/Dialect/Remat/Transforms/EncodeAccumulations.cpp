//===- EncodeAccumulations.cpp - sums that are added to step by step ------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Barriers.h"
#include "Knobs.h"

#include "remat/Analysis/OpModel.h"

using namespace mlir;
using namespace remat;

static bool isSum(Operation *op) {
  return op && op->getName().getStringRef() == "stablehlo.add" && op->getNumOperands() == 2 &&
         sizeOf(op->getResult(0)) >= kLeastTiedBytes;
}

/// Returns the addition that adds the next addend to the sum `op`, or null.
static Operation *nextSum(Operation *op) {
  if (!op->getResult(0).hasOneUse())
    return nullptr;
  Operation *next = *op->getResult(0).getUsers().begin();
  return next->getBlock() == op->getBlock() && isSum(next) ? next : nullptr;
}

/// Returns what stands at or before `sum` and the ops behind it read that `addend`
/// is computed from; nothing if one of them reads the sum itself.
static llvm::SetVector<Value> waitingFor(Value addend, Operation *sum) {
  llvm::SetVector<Value> waiting;
  llvm::SetVector<Value> open;
  open.insert(addend);
  for (size_t i = 0; i < open.size(); ++i) {
    Operation *producer = open[i].getDefiningOp();
    if (!producer)
      continue;
    if (producer == sum)
      return {};
    if (sum->isBeforeInBlock(producer))
      open.insert_range(readsOf(producer));
    else
      waiting.insert(open[i]);
  }
  return waiting;
}

/// Returns the one of `values` that came last, if possible one that is written to
/// memory anyway; null if there is none to tie.
static Value latestOf(const llvm::SetVector<Value> &values) {
  auto isMade = [](Value value) {
    return OpModelTable::global().lookup(value.getDefiningOp()).fusion != Fusion::Loop;
  };
  Value latest;
  for (Value value : values) {
    if (OpModelTable::global().lookup(value.getDefiningOp()).free)
      continue;
    if (!latest ||
        std::pair(isMade(latest), latest.getDefiningOp()->isBeforeInBlock(value.getDefiningOp())) <
            std::pair(isMade(value), true))
      latest = value;
  }
  return latest;
}

int64_t remat::tieAccumulations(func::FuncOp entry) {
  SmallVector<Operation *> sums;
  for (Operation &op : entry.getBody().front())
    if (isSum(&op) && nextSum(&op))
      sums.push_back(&op);
  int64_t barriers = 0;
  for (Operation *sum : sums) {
    Operation *next = nextSum(sum);
    Value addend = next->getOperand(next->getOperand(0) == sum->getResult(0) ? 1 : 0);
    if (Value tied = latestOf(waitingFor(addend, sum))) {
      tieTogether({sum->getResult(0), tied});
      ++barriers;
    }
  }
  return barriers;
}
