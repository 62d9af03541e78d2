//===- EncodePins.cpp - kept values that are not computed again -----------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Barriers.h"
#include "Knobs.h"

#include "mlir/IR/TypeUtilities.h"
#include "remat/Analysis/OpModel.h"
#include "llvm/ADT/EquivalenceClasses.h"

using namespace mlir;
using namespace remat;

namespace {
class Pinner {
public:
  Pinner(func::FuncOp entry, Operation *loss) : block(entry.getBody().front()), loss(loss) {}

  int64_t pin(Pins pins);

private:
  bool isBehindLoss(Operation *op) const {
    Operation *at = block.findAncestorOpInBlock(*op);
    return at && loss->isBeforeInBlock(at);
  }
  /// True if an op behind the loss reads `value`, other than a barrier.
  bool isKept(Value value) const;
  /// Collects what fuses in the forward, and the candidates among it.
  void collect(Pins pins);
  /// True for a value that is computed, in memory or from what is.
  bool isMade(Value value) const;
  /// Drops the candidates that take no less than what they spare.
  void keepWorthwhile();

  Block &block;
  Operation *loss;
  SmallVector<Value> candidates;
  /// Values of the forward that XLA may compute in their readers; true if one of them
  /// is made from a value in memory that is no argument.
  llvm::DenseMap<Value, bool> fused;
};
} // namespace

bool Pinner::isKept(Value value) const {
  return llvm::any_of(value.getUsers(),
                      [&](Operation *user) { return isBehindLoss(user) && !isBarrier(user); });
}

bool Pinner::isMade(Value value) const {
  auto known = fused.find(value);
  return known != fused.end() ? known->second : value.getDefiningOp() != nullptr;
}

void Pinner::collect(Pins pins) {
  for (Operation &op : block) {
    if (loss->isBeforeInBlock(&op))
      break;
    OpModel model = OpModelTable::global().lookup(&op);
    if ((model.fusion != Fusion::Loop && !model.free) || op.getNumResults() != 1)
      continue;
    Value value = op.getResult(0);
    fused[value] = llvm::any_of(readsOf(&op), [&](Value read) { return isMade(read); });
    bool wanted = pins == Pins::Kept || getElementTypeOrSelf(value).isInteger(1);
    if (wanted && !model.free && sizeOf(value) >= kLeastTiedBytes && fused[value] && isKept(value))
      candidates.push_back(value);
  }
}

void Pinner::keepWorthwhile() {
  // Candidates that are made from one value stand or fall together.
  llvm::EquivalenceClasses<Value> groups;
  llvm::SetVector<Value> open(candidates.begin(), candidates.end());
  for (size_t i = 0; i < open.size(); ++i)
    if (Value value = open[i]; fused.contains(value))
      for (Value read : readsOf(value.getDefiningOp()))
        if (isMade(read)) {
          groups.unionSets(value, read);
          open.insert(read);
        }
  llvm::DenseMap<Value, int64_t> taken, spared;
  for (Value candidate : candidates)
    taken[groups.getLeaderValue(candidate)] += sizeOf(candidate);
  for (Value source : open)
    if (!fused.contains(source) && !isKept(source))
      spared[groups.getLeaderValue(source)] += sizeOf(source);
  llvm::erase_if(candidates, [&](Value candidate) {
    Value group = groups.getLeaderValue(candidate);
    return taken[group] >= spared[group];
  });
}

int64_t Pinner::pin(Pins pins) {
  collect(pins);
  keepWorthwhile();
  for (Value value : candidates) {
    OpBuilder builder(value.getContext());
    builder.setInsertionPointAfterValue(value);
    Operation *barrier = createBarrier(builder, value.getLoc(), value);
    value.replaceUsesWithIf(barrier->getResult(0), [&](OpOperand &use) {
      return isBehindLoss(use.getOwner()) && !isBarrier(use.getOwner());
    });
  }
  return std::ssize(candidates);
}

int64_t remat::pinKept(func::FuncOp entry, Operation *loss, Pins pins) {
  return pins == Pins::None ? 0 : Pinner(entry, loss).pin(pins);
}
