//===- Encode.cpp - recomputation that a compiler keeps -------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/Encode.h"

#include "Barriers.h"
#include "Guard.h"
#include "Knobs.h"
#include "Ties.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "remat/Analysis/OpModel.h"
#include "remat/Analysis/Shards.h"
#include "remat/Analysis/StepGraph.h"

using namespace mlir;
using namespace remat;

/// Counts the ops in recompute regions and checks that XLA can take them.
static FailureOr<int64_t> countClones(func::FuncOp entry, EncodeTarget target) {
  int64_t clones = 0;
  WalkResult walked =
      entry.walk([&](RecomputeOp recompute) {
        for (Operation &op : recompute.getBody().front().without_terminator()) {
          ++clones;
          StringRef dialect = op.getName().getDialectNamespace();
          // Constants of other dialects, as torch-mlir leaves them, pass as they came.
          if (target != EncodeTarget::None && dialect != "stablehlo" && dialect != "chlo" &&
              dialect != "sdy" && !OpModelTable::global().lookup(&op).free) {
            emitError(op.getLoc())
                << "'" << op.getName()
                << "' is no StableHLO op, so no XLA target can encode its recomputation; "
                   "use target=none";
            return WalkResult::interrupt();
          }
        }
        return WalkResult::advance();
      });
  if (walked.wasInterrupted())
    return failure();
  auto planned = entry->getAttrOfType<IntegerAttr>(RematDialect::getClonesAttrName());
  if (planned && planned.getInt() != clones) {
    emitError(entry.getLoc()) << "remat-apply put " << planned.getInt()
                              << " ops into remat.recompute, but the program holds " << clones
                              << "; a pass in between changed planned recomputation";
    return failure();
  }
  return clones;
}

namespace {
/// Encodes one function.
class Encoder {
public:
  /// The backward begins behind `loss`, which may be null if no knob needs it.
  /// `orderBackward`: regions wait for the backward before them.
  Encoder(EncodeTarget target, Operation *loss, bool orderBackward)
      : target(target), loss(loss), since(orderBackward ? loss : nullptr) {}

  LogicalResult encode(RecomputeOp op);
  /// XLA:GPU scatters the gradient of a pool into a buffer that it fills first. It
  /// takes for that any equal buffer, such as a ReLU's zeros in the forward, and
  /// keeps it until then. Ties what it fills with to the gradient.
  void tieFills(func::FuncOp entry);
  /// Returns the loss, or the last op that now stands for the region that made it.
  Operation *lossPlace() const { return loss; }
  EncodeCounts counts;

private:
  /// Erases the encoded `op`; where it was the loss, the op before it ends the forward.
  LogicalResult erase(RecomputeOp op);
  void tieByBarrier(RecomputeOp op, const Ties &ties, OpBuilder &builder);
  LogicalResult tieByGuard(RecomputeOp op, const Ties &ties, OpBuilder &builder);
  /// Returns `trigger`, or the nearest value made from it that an op behind `op`
  /// reads: XLA drops what goes into a barrier and is not read behind it. A later
  /// region's trigger is not read: its barrier may hold another value.
  static Value findReadTrigger(Value trigger, RecomputeOp op);

  /// Adds to `values` what the backward made since the last region and `op` waits for.
  void collectMade(RecomputeOp op, llvm::SetVector<Value> &values) const;

  EncodeTarget target;
  Operation *loss;
  Operation *since; ///< the last region's barrier, or the loss, or null
  uint64_t guardedRegions = 0;
  IRMapping mapping; ///< of the current body
  /// What recomputations made and no body without ties reads: two such bodies may
  /// be equal, and XLA would merge them.
  llvm::DenseSet<Value> recomputed;
};
} // namespace

/// True for what a region that is not yet encoded comes after.
static bool isTrigger(OpOperand &use) {
  auto region = dyn_cast<RecomputeOp>(use.getOwner());
  return region && use.getOperandNumber() >= region.getInputs().size();
}

Value Encoder::findReadTrigger(Value trigger, RecomputeOp op) {
  Value found = firstReadBehind(
      trigger, op, [&](OpOperand &use) { return use.getOwner() == op || isTrigger(use); });
  return found ? found : trigger;
}

void Encoder::collectMade(RecomputeOp op, llvm::SetVector<Value> &values) const {
  if (!since || !since->isBeforeInBlock(op))
    return;
  for (Operation *at = since->getNextNode(); at != op.getOperation(); at = at->getNextNode())
    if (!OpModelTable::global().lookup(at).free)
      for (Value result : at->getResults())
        if (isReadBehind(result, op, isTrigger))
          values.insert(result);
}

void Encoder::tieByBarrier(RecomputeOp op, const Ties &ties, OpBuilder &builder) {
  SmallVector<Value> inside, outside;
  for (unsigned input : ties.inputs) {
    inside.push_back(op.getBody().getArgument(input));
    outside.push_back(op.getInputs()[input]);
  }
  for (Operation *leaf : ties.leaves) {
    inside.push_back(leaf->getResult(0));
    outside.push_back(builder.clone(*leaf)->getResult(0));
  }
  if (inside.empty())
    return;
  llvm::SetVector<Value> passed;
  for (Value trigger : op.getAfter())
    passed.insert(findReadTrigger(trigger, op));
  collectMade(op, passed);
  for (Value value : passed)
    if (!llvm::is_contained(outside, value) || isa<BlockArgument>(value))
      outside.push_back(value);
  Operation *barrier = createBarrier(builder, op.getLoc(), outside);
  for (auto [value, tied] : llvm::zip(inside, barrier->getResults()))
    mapping.map(value, tied);
  // Later readers of a kept value read it from here too, or XLA keeps it in two
  // layouts, one for them and one for the barrier. Arguments have theirs anyway.
  for (size_t i = 0; i < outside.size(); ++i)
    if (i >= inside.size() || outside[i].getDefiningOp())
      passThrough(outside[i], barrier->getResult(static_cast<unsigned>(i)), barrier);
  if (since)
    since = barrier;
  ++counts.barriers;
}

LogicalResult Encoder::tieByGuard(RecomputeOp op, const Ties &ties, OpBuilder &builder) {
  if (ties.inputs.empty() && ties.leaves.empty())
    return success();
  Value predicate = createTruth(op, guardedRegions++, builder);
  if (!predicate)
    return emitError(op.getLoc())
           << "'remat.recompute' has no tensor of numbers among its inputs and triggers, nor the "
              "function among its arguments, to make a guard for XLA:CPU from; use target=none";
  for (unsigned input : ties.inputs)
    mapping.map(op.getBody().getArgument(input),
                createGuard(predicate, op.getInputs()[input], op.getLoc(), builder));
  for (Operation *leaf : ties.leaves)
    mapping.map(leaf->getResult(0), createGuard(predicate, builder.clone(*leaf)->getResult(0),
                                                leaf->getLoc(), builder));
  counts.guards += static_cast<int64_t>(ties.inputs.size() + ties.leaves.size());
  return success();
}

LogicalResult Encoder::encode(RecomputeOp op) {
  mapping.clear();
  mapping.map(op.getBody().getArguments(), op.getInputs());
  Ties ties = chooseTies(op, target, recomputed);
  if (ties.inputs.empty() && ties.leaves.empty())
    for (Value input : op.getInputs())
      recomputed.erase(input);
  OpBuilder builder(op);
  if (target != EncodeTarget::XlaCpu)
    tieByBarrier(op, ties, builder);
  else if (failed(tieByGuard(op, ties, builder)))
    return failure();
  for (Operation &inner : op.getBody().front().without_terminator()) {
    ++counts.clones;
    if (!ties.leaves.contains(&inner))
      builder.clone(inner, mapping);
  }
  for (auto [result, value] : llvm::zip_equal(op.getResults(), op.getYield().getValues())) {
    Value made = mapping.lookup(value);
    if (Operation *producer = made.getDefiningOp();
        producer && !OpModelTable::global().lookup(producer).free)
      recomputed.insert(made);
    result.replaceAllUsesWith(made);
  }
  return erase(op);
}

LogicalResult Encoder::erase(RecomputeOp op) {
  for (Operation **place : {&loss, &since})
    if (*place == op.getOperation() && !(*place = op->getPrevNode()))
      return emitError(op.getLoc()) << "the forward ends at this 'remat.recompute', which runs "
                                       "nothing, so it has no op to end at; remove the region";
  op.erase();
  return success();
}

void Encoder::tieFills(func::FuncOp entry) {
  entry.walk([&](Operation *op) {
    if (op->getName().getStringRef() != "stablehlo.select_and_scatter" || op->getNumOperands() != 3)
      return;
    OpBuilder builder(op);
    SmallVector<Value> tied(op->getOperands().drop_front()); // the gradient and the fill
    op->setOperands(1, 2, createBarrier(builder, op->getLoc(), tied)->getResults());
    ++counts.barriers;
  });
}

static EncodeCounts report(func::FuncOp entry, const EncodeCounts &counts) {
  remark::analysis(entry.getLoc(), remark::RemarkOpts::name("encoded").category("remat").function(
                                       entry.getSymName()))
      << remark::metric("recomputed_ops", counts.clones)
      << remark::metric("barriers", counts.barriers) << remark::metric("guards", counts.guards);
  return counts;
}

/// Checks that the target honours the knobs that are turned.
static LogicalResult checkKnobs(func::FuncOp entry, const EncodeOptions &options) {
  StringRef knob = options.orderUpdates         ? "order-updates=true"
                   : options.tieAccumulations   ? "tie-accumulations=true"
                   : options.pins == Pins::Kept ? "pins=kept"
                   : options.pins != Pins::None ? "pins=masks"
                   : options.orderBackward      ? "order-backward=true"
                                                : "";
  if (knob.empty() || options.target == EncodeTarget::XlaGpu ||
      options.target == EncodeTarget::XlaTpu)
    return success();
  return emitError(entry.getLoc())
         << knob << " is made of barriers, which target="
         << (options.target == EncodeTarget::None ? "none" : "xla-cpu")
         << " has no use for; use target=xla-gpu or xla-tpu, or leave the option out";
}

/// Returns the loss in the block of `entry`, never null: the last op of the forward.
/// Builds a whole graph, so call it once. Errors as `buildStepGraph`.
static FailureOr<Operation *> findLoss(func::FuncOp entry, std::optional<int64_t> lossResult) {
  AnalysisOptions options;
  options.lossResult = lossResult;
  FailureOr<StepGraph> step = buildStepGraph(entry, options);
  if (failed(step))
    return failure();
  // Ops stand in base order, and the first is one of the forward.
  size_t behind = 1;
  while (behind < step->root.size() && step->graph.ops[behind].phase == planning::Phase::Forward)
    ++behind;
  return step->root[behind - 1];
}

FailureOr<EncodeCounts> remat::encodeRecomputations(func::FuncOp entry,
                                                    const EncodeOptions &options) {
  FailureOr<int64_t> clones = countClones(entry, options.target);
  if (failed(clones) || failed(checkKnobs(entry, options)))
    return failure();
  if (options.target == EncodeTarget::None)
    return report(entry, {.clones = *clones});
  SmallVector<RecomputeOp> regions;
  entry.walk([&](RecomputeOp op) { regions.push_back(op); });
  // Before the first barrier: they may move the loss.
  bool orderBackward = options.orderBackward && !regions.empty();
  FailureOr<Operation *> loss = nullptr;
  if ((orderBackward || options.pins != Pins::None) &&
      failed(loss = findLoss(entry, options.lossResult)))
    return failure();
  Encoder encoder(options.target, *loss, orderBackward);
  // Before the regions: their barriers order updates too, but too late.
  if (options.orderUpdates) {
    FailureOr<int64_t> barriers = orderUpdates(entry);
    if (failed(barriers))
      return failure();
    encoder.counts.barriers += *barriers;
  }
  for (RecomputeOp op : regions)
    if (failed(encoder.encode(op)))
      return failure();
  if (options.target == EncodeTarget::XlaGpu && !regions.empty())
    encoder.tieFills(entry);
  // These come after the regions: what they tie may be recomputed.
  encoder.counts.barriers += pinKept(entry, encoder.lossPlace(), options.pins);
  if (options.tieAccumulations)
    encoder.counts.barriers += tieAccumulations(entry);
  entry->removeAttr(RematDialect::getPlanAttrName());
  entry->removeAttr(RematDialect::getClonesAttrName());
  removeShardMarks(entry);
  return report(entry, encoder.counts);
}
