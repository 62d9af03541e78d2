//===- Ties.cpp - which inputs of a recomputation to tie ------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Ties.h"

#include "Barriers.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "remat/Analysis/OpModel.h"

using namespace mlir;
using namespace remat;

/// Returns the argument of a function that `value` is, or null.
static BlockArgument functionArgument(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  bool isFunctions = argument && isa<FunctionOpInterface>(argument.getOwner()->getParentOp());
  return isFunctions ? argument : BlockArgument();
}

static bool isDonated(Value value) {
  BlockArgument argument = functionArgument(value);
  if (!argument)
    return false;
  auto function = cast<FunctionOpInterface>(argument.getOwner()->getParentOp());
  return function.getArgAttr(argument.getArgNumber(), "tf.aliasing_output") ||
         function.getArgAttr(argument.getArgNumber(), "jax.buffer_donor");
}

namespace {
/// An op of the body as the choice sees it.
struct Reader {
  Operation *op;
  bool free;
  bool product;             ///< of matrices
  SmallVector<Value> reads; ///< operands and what the regions capture
};

class Chooser {
public:
  Chooser(RecomputeOp op, EncodeTarget target);
  Ties run();
  /// True if every op that is not free depends on an input in `waiting`.
  bool waitsFor(const llvm::DenseSet<Value> &waiting);

private:
  /// Ties what products read straight from arguments. XLA:GPU makes one product of
  /// two that share an operand if neither needs the other's result.
  void tieOperandsOfProducts();
  /// Returns the first op that is neither free nor tied, or null.
  const Reader *firstUntied() const;
  /// Ties one input or constant that `reader` depends on.
  void tieOneFor(const Reader &reader);
  /// Returns the inputs and constants that `reader` depends on.
  llvm::SetVector<Value> sourcesOf(const Reader &reader) const;

  RecomputeOp op;
  SmallVector<Reader> readers;
  llvm::DenseMap<Operation *, const Reader *> readerOf;
  llvm::DenseSet<Value> tied; ///< block arguments and constants of the body
  Ties ties;
};
} // namespace

Chooser::Chooser(RecomputeOp op, EncodeTarget target) : op(op) {
  for (Operation &inner : op.getBody().front().without_terminator()) {
    OpModel model = OpModelTable::global().lookup(&inner);
    Reader reader = {&inner, model.free, model.kind == planning::OpKind::Dot, {}};
    reader.reads.assign(inner.operand_begin(), inner.operand_end());
    llvm::SetVector<Value> captures;
    getUsedValuesDefinedAbove(inner.getRegions(), captures);
    reader.reads.append(captures.begin(), captures.end());
    readers.push_back(std::move(reader));
  }
  for (const Reader &reader : readers)
    readerOf[reader.op] = &reader;
  if (target == EncodeTarget::XlaGpu)
    tieOperandsOfProducts();
  for (auto [input, argument] : llvm::zip_equal(op.getInputs(), op.getBody().getArguments()))
    if (target == EncodeTarget::XlaTpu ||
        (target == EncodeTarget::XlaGpu && !functionArgument(input)))
      tied.insert(argument);
}

void Chooser::tieOperandsOfProducts() {
  llvm::SetVector<Value> shared;
  for (const Reader &reader : readers)
    if (reader.product)
      shared.insert(reader.reads.begin(), reader.reads.end());
  for (size_t i = 0; i < shared.size(); ++i) {
    if (isa<BlockArgument>(shared[i]))
      tied.insert(shared[i]);
    else if (const Reader *view = readerOf.lookup(shared[i].getDefiningOp()); view && view->free)
      shared.insert(view->reads.begin(), view->reads.end());
  }
}

const Reader *Chooser::firstUntied() const {
  llvm::DenseSet<Value> reached = tied;
  for (const Reader &reader : readers) {
    if (llvm::any_of(reader.reads, [&](Value value) { return reached.contains(value); }))
      reached.insert(reader.op->result_begin(), reader.op->result_end());
    else if (!reader.free && reader.op->getNumResults() &&
             !reached.contains(reader.op->getResult(0)))
      return &reader;
  }
  return nullptr;
}

llvm::SetVector<Value> Chooser::sourcesOf(const Reader &reader) const {
  llvm::SetVector<Value> sources;
  llvm::SetVector<Value> seen(reader.reads.begin(), reader.reads.end());
  for (size_t i = 0; i < seen.size(); ++i) {
    Operation *producer = seen[i].getDefiningOp();
    const Reader *next = producer ? readerOf.lookup(producer) : nullptr;
    if (next && !next->reads.empty())
      seen.insert(next->reads.begin(), next->reads.end());
    else
      sources.insert(seen[i]);
  }
  return sources;
}

void Chooser::tieOneFor(const Reader &reader) {
  llvm::SetVector<Value> sources = sourcesOf(reader);
  if (sources.empty()) // an op without operands, such as a generator of the table
    sources.insert(reader.op->getResult(0));
  auto rank = [&](Value source) {
    auto argument = dyn_cast<BlockArgument>(source);
    Value outside = argument ? op.getInputs()[argument.getArgNumber()] : source;
    return std::tuple(!argument, isDonated(outside), sizeOf(outside));
  };
  Value best = *llvm::min_element(
      sources, [&](Value left, Value right) { return rank(left) < rank(right); });
  tied.insert(best);
  if (!isa<BlockArgument>(best))
    ties.leaves.insert(best.getDefiningOp());
}

Ties Chooser::run() {
  while (const Reader *reader = firstUntied())
    tieOneFor(*reader);
  for (BlockArgument argument : op.getBody().getArguments())
    if (tied.contains(argument))
      ties.inputs.push_back(argument.getArgNumber());
  return ties;
}

bool Chooser::waitsFor(const llvm::DenseSet<Value> &waiting) {
  llvm::DenseSet<Value> all = std::move(tied);
  tied.clear();
  for (auto [input, argument] : llvm::zip_equal(op.getInputs(), op.getBody().getArguments()))
    if (waiting.contains(input))
      tied.insert(argument);
  bool waits = !firstUntied();
  tied = std::move(all);
  return waits;
}

Ties remat::chooseTies(RecomputeOp op, EncodeTarget target, const llvm::DenseSet<Value> &waiting) {
  Chooser chooser(op, target);
  if (target == EncodeTarget::XlaTpu && chooser.waitsFor(waiting))
    return {};
  return chooser.run();
}
