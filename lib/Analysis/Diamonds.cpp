//===- Diamonds.cpp - reductions that XLA fuses with their reader ---------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Diamonds.h"

#include "remat/Analysis/Flops.h"
#include "remat/Analysis/ValueBytes.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using remat::planning::OpKind;

namespace remat {

/// XLA splits the reduction of a longer row in two.
static constexpr int64_t longestRow = 16384;

/// Ops looked at on either side of a diamond.
static constexpr size_t maxSide = 32;

static int64_t elementsOf(Value value) { return elementCount(value.getType()).value_or(-1); }

/// The dimensions that a reduction of one tensor reduces, with its sizes.
static std::optional<SmallVector<int64_t>> reducedDimensions(const Node &node) {
  if (node.op->getName().getStringRef() != "stablehlo.reduce" || node.op->getNumOperands() != 2 ||
      node.captures || !flops::sizesOf(node.op, 0))
    return std::nullopt;
  return readIntegers(node.op, "dimensions");
}

bool reducesNothing(const Node &node) {
  return reducedDimensions(node) &&
         elementsOf(node.op->getOperand(0)) == elementsOf(node.op->getResult(0));
}

static bool reducesRows(const Node &node) {
  std::optional<SmallVector<int64_t>> dims = reducedDimensions(node);
  if (!dims || dims->size() != 1)
    return false;
  ArrayRef<int64_t> sizes = *flops::sizesOf(node.op, 0);
  return !sizes.empty() && dims->front() == static_cast<int64_t>(sizes.size()) - 1 &&
         sizes.back() > 1 && sizes.back() <= longestRow;
}

/// Collects `value` and the values of `elements` elements that it is made from
/// element by element.
static void collectSide(const Program &program, Value value, int64_t elements,
                        llvm::SmallSetVector<Value, maxSide> &side) {
  size_t next = side.size();
  auto add = [&](Value read) {
    if (elementsOf(read) == elements && side.size() < maxSide)
      side.insert(read);
  };
  for (add(value); next < side.size(); ++next)
    if (NodeId maker = program.producer(side[next]); maker >= 0) {
      const Node &node = program.nodes[maker];
      if (node.model.kind == OpKind::Elementwise || node.model.kind == OpKind::View)
        llvm::for_each(node.reads, add);
    }
}

/// Tells whether `node` makes no more of its operands than a kernel that has a
/// row's reduction at hand can: it reads nothing of the rows themselves.
static bool carriesReduction(const Node &node) {
  return node.model.kind == OpKind::Elementwise || node.model.kind == OpKind::View ||
         node.model.kind == OpKind::Broadcast || reducesNothing(node);
}

bool closesDiamond(const Program &program, NodeId id) {
  const Node &reduction = program.nodes[id];
  if (!reducesRows(reduction))
    return false;
  Value rows = reduction.op->getOperand(0);
  int64_t elements = elementsOf(rows);
  NodeId last = id;
  // Along the only readers to the op that reads the broadcast result.
  for (size_t steps = 0;; ++steps) {
    const Node &node = program.nodes[last];
    if (steps == maxSide || node.users.size() != 1 || node.returned ||
        node.op->getNumResults() != 1)
      return false;
    NodeId user = node.users.front();
    if (elementsOf(node.op->getResult(0)) == elements && last != id) {
      last = user;
      break;
    }
    if (!carriesReduction(program.nodes[user]))
      return false;
    last = user;
  }
  const Node &close = program.nodes[last];
  if (close.model.kind != OpKind::Elementwise)
    return false;
  llvm::SmallSetVector<Value, maxSide> above, beside;
  collectSide(program, rows, elements, above);
  for (Value read : close.reads)
    collectSide(program, read, elements, beside);
  return llvm::any_of(beside, [&](Value value) { return above.contains(value); });
}

} // namespace remat
