//===- EncodePins.cpp - kept values that are not computed again -----------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Barriers.h"

#include "mlir/IR/TypeUtilities.h"
#include "remat/Analysis/OpModel.h"

#include <map>

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
  /// Collects the candidates, and for each the values in memory it is made from.
  void collect(Pins pins);
  /// Drops the candidates that take no less than what they spare.
  void keepWorthwhile();

  Block &block;
  Operation *loss;
  SmallVector<Value> candidates;
  llvm::DenseMap<Value, SmallVector<Value>> sources;
};
} // namespace

bool Pinner::isKept(Value value) const {
  return llvm::any_of(value.getUsers(),
                      [&](Operation *user) { return isBehindLoss(user) && !isBarrier(user); });
}

void Pinner::collect(Pins pins) {
  for (Operation &op : block) {
    OpModel model = OpModelTable::global().lookup(&op);
    if (&op != &block.front() && loss->isBeforeInBlock(&op))
      break;
    if ((model.fusion != Fusion::Loop && !model.free) || op.getNumResults() != 1)
      continue;
    Value value = op.getResult(0);
    llvm::SetVector<Value> from;
    for (Value read : readsOf(&op)) {
      auto known = sources.find(read);
      if (known != sources.end())
        from.insert(known->second.begin(), known->second.end());
      else if (read.getDefiningOp())
        from.insert(read);
    }
    sources[value] = from.takeVector();
    bool wanted = pins == Pins::Kept || getElementTypeOrSelf(value).isInteger(1);
    if (wanted && !model.free && sizeOf(value) >= kLeastTiedBytes && !sources[value].empty() &&
        isKept(value))
      candidates.push_back(value);
  }
}

void Pinner::keepWorthwhile() {
  // Candidates that are made from one value stand or fall together.
  llvm::DenseMap<Value, int64_t> taken, spared;
  llvm::DenseMap<Value, Value> group;
  auto find = [&](Value value) {
    while (group.contains(value) && group[value] != value)
      value = group[value];
    return value;
  };
  for (Value candidate : candidates)
    for (Value source : sources[candidate])
      group[find(source)] = find(sources[candidate].front());
  for (Value candidate : candidates)
    taken[find(sources[candidate].front())] += sizeOf(candidate);
  llvm::SetVector<Value> seen;
  for (Value candidate : candidates)
    for (Value source : sources[candidate])
      if (seen.insert(source) && !isKept(source))
        spared[find(source)] += sizeOf(source);
  llvm::erase_if(candidates, [&](Value candidate) {
    Value root = find(sources[candidate].front());
    return taken[root] >= spared[root];
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
