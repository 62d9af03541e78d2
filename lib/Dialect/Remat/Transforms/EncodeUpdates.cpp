//===- EncodeUpdates.cpp - updates after the last read --------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Barriers.h"
#include "Knobs.h"

#include "remat/Analysis/Donation.h"
#include "remat/Analysis/OpModel.h"

using namespace mlir;
using namespace remat;

namespace {
/// The update of one donated argument.
class Update {
public:
  Update(BlockArgument argument, Operation *update) : argument(argument), update(update) {}

  /// Returns true if it made a barrier.
  bool order();

private:
  /// Collects what XLA may fuse into the update, and what that reads.
  void collectFused();
  /// Returns the readers of the argument that the update does not depend on.
  llvm::SetVector<Operation *> lateReaders() const;
  /// Returns what to hold back: computed elsewhere, the argument's size if there is such.
  Value chooseGradient() const;

  BlockArgument argument;
  Operation *update;
  llvm::SetVector<Operation *> fused;
  llvm::SetVector<Value> inputs;
};
} // namespace

void Update::collectFused() {
  fused.insert(update);
  for (size_t i = 0; i < fused.size(); ++i)
    for (Value read : readsOf(fused[i])) {
      Operation *producer = read.getDefiningOp();
      if (!producer)
        continue;
      OpModel model = OpModelTable::global().lookup(producer);
      if (model.fusion == Fusion::Loop || model.free)
        fused.insert(producer);
      else
        inputs.insert(read);
    }
}

llvm::SetVector<Operation *> Update::lateReaders() const {
  llvm::SetVector<Value> same = {};
  same.insert(argument);
  llvm::SetVector<Operation *> late;
  for (size_t i = 0; i < same.size(); ++i)
    for (OpOperand &use : same[i].getUses()) {
      Operation *reader = update->getBlock()->findAncestorOpInBlock(*use.getOwner());
      if (!reader || reader->hasTrait<OpTrait::IsTerminator>())
        continue;
      OpModel model = OpModelTable::global().lookup(reader);
      if (isBarrier(reader))
        same.insert(reader->getResult(use.getOperandNumber()));
      else if (model.free || model.kind == planning::OpKind::Transpose)
        same.insert_range(reader->getResults());
      else if (reader != update)
        late.insert(reader);
    }
  if (late.empty())
    return late;
  Operation *first =
      *llvm::min_element(late, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  llvm::DenseSet<Operation *> before = ancestorsOf(update, first);
  late.remove_if([&](Operation *reader) { return before.contains(reader); });
  return late;
}

Value Update::chooseGradient() const {
  auto rank = [&](Value value) {
    return std::pair(sizeOf(value) == sizeOf(argument), sizeOf(value));
  };
  Value best;
  for (Value input : inputs)
    if (!best || rank(best) < rank(input) ||
        (rank(best) == rank(input) && best.getDefiningOp()->isBeforeInBlock(input.getDefiningOp())))
      best = input;
  return best;
}

bool Update::order() {
  llvm::SetVector<Operation *> late = lateReaders();
  if (late.empty())
    return false;
  collectFused();
  Value gradient = chooseGradient();
  if (!gradient)
    return false;
  Operation *last = gradient.getDefiningOp();
  for (Operation *reader : late)
    if (last->isBeforeInBlock(reader))
      last = reader;
  // What is made of the gradient before `last` is, such as its transpose, stands for it.
  while (!gradient.use_empty() && !last->isBeforeInBlock(*gradient.getUsers().begin())) {
    Operation *view = *gradient.getUsers().begin();
    if (!gradient.hasOneUse() || !fused.contains(view) || view->getNumResults() != 1)
      break;
    gradient = view->getResult(0);
  }
  for (Operation *user : gradient.getUsers())
    if (fused.contains(user) && !last->isBeforeInBlock(user))
      return false;
  llvm::SetVector<Value> tied;
  tied.insert(gradient);
  for (Operation *reader : late)
    if (Value made = firstReadBehind(reader->getResults(), last, [](OpOperand &) { return false; }))
      tied.insert(made);
  if (tied.size() == 1)
    return false;
  tieTogether(tied.getArrayRef());
  return true;
}

FailureOr<int64_t> remat::orderUpdates(func::FuncOp entry) {
  FailureOr<std::vector<std::optional<int32_t>>> donors = donorsOf(entry);
  if (failed(donors))
    return failure();
  Operation *terminator = entry.getBody().front().getTerminator();
  int64_t barriers = 0;
  for (auto [index, donor] : llvm::enumerate(*donors)) {
    Operation *update = terminator->getOperand(index).getDefiningOp();
    if (donor && update && sizeOf(entry.getArgument(*donor)) >= kLeastTiedBytes)
      barriers += Update(entry.getArgument(*donor), update).order();
  }
  return barriers;
}
