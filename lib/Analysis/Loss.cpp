//===- Loss.cpp - where the forward of a step ends ------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Loss.h"

#include "Phases.h"
#include "remat/Analysis/Provenance.h"
#include "remat/Analysis/ValueBytes.h"

using namespace mlir;
using remat::planning::Graph;
using remat::planning::kNoOp;
using remat::planning::OpId;
using remat::planning::OpKind;
using remat::planning::ValueId;

namespace remat {

namespace {

bool isScalarFloat(Type type) {
  if (TensorType tensor = asTensor(type); tensor && (!tensor.hasRank() || tensor.getRank() != 0))
    return false;
  return isa<FloatType>(asTensor(type) ? asTensor(type).getElementType() : type);
}

ArrayRef<int64_t> shapeOf(Type type) {
  TensorType tensor = asTensor(type);
  return tensor ? tensor.getShape() : ArrayRef<int64_t>();
}

class LossFinder {
public:
  LossFinder(func::FuncOp entry, const AnalysisOptions &options, StepGraph &step)
      : entry(entry), terminator(entry.getBody().front().getTerminator()), options(options),
        step(step), graph(step.graph), lastReaders(remat::lastReaders(step.graph)) {}

  LogicalResult run() {
    if (options.lossResult) {
      int64_t loss = *options.lossResult;
      if (loss < 0 || loss >= static_cast<int64_t>(graph.outputs.size()))
        return entry.emitError() << "there is no result " << loss << " to take as the loss: @"
                                 << entry.getName() << " returns " << graph.outputs.size()
                                 << " results, numbered from 0";
      if (makerOf(loss) == kNoOp)
        return entry.emitError() << "result " << loss
                                 << " cannot be the loss: it is an argument, not computed";
      if (!isScalarFloat(outputType(loss)))
        return refuseLoss(loss);
      return splitAtLoss(forwardEnd(loss));
    }
    OpId candidate = kNoOp;
    for (size_t i = 0; i < graph.outputs.size(); ++i) {
      if (graph.donated[i] || makerOf(i) == kNoOp || !isScalarFloat(outputType(i)))
        continue;
      if (OpId end = forwardEnd(i); candidate == kNoOp || hasBackward(end))
        candidate = end;
      if (hasBackward(candidate))
        break;
    }
    return candidate != kNoOp ? splitAtLoss(candidate) : splitWithoutLoss();
  }

private:
  /// Tells whether an op behind `end` reads what one of [0, `end`] makes: whether
  /// something could be kept or recomputed at all.
  bool hasBackward(OpId end) const { return lastReaders[end] > end; }

  /// Returns the op that makes output `index`, or kNoOp for an argument.
  OpId makerOf(size_t index) { return graph.values[graph.outputs[index]].producer; }

  /// Returns the op that ends the forward of the loss that `op` makes. Inside a
  /// shard_map the loss is summed over the devices last, and a mean over steps may
  /// be taken there too: the forward then ends at the scalar that these start from.
  OpId lossFor(OpId op) {
    OpId found = op;
    for (OpId at = op; at != kNoOp;) {
      bool isCollective = step.root[at]->getName().getStringRef() == "stablehlo.all_reduce";
      OpId before = kNoOp;
      for (ValueId input : graph.ops[at].inputs)
        if (isScalarFloat(step.value[input].getType()))
          before = std::max(before, graph.values[input].producer);
      if (before != kNoOp && (isCollective || !hasBackward(found)))
        found = before;
      at = before;
    }
    return hasBackward(found) ? found : op;
  }

  /// Returns the first op that JAX names one of a backward, or the number of ops.
  OpId firstTransposed() {
    if (!transposed) {
      auto found =
          llvm::find_if(step.root, [](Operation *op) { return isTransposed(op->getLoc()); });
      transposed = static_cast<OpId>(found - step.root.begin());
    }
    return *transposed;
  }

  /// Returns the op at which the forward of result `index` ends: the one that makes
  /// it or, if the backward has begun before, the last that it depends on from before
  /// the backward. So it is where losses of micro-batches are summed up as they come,
  /// and where a loss is averaged or scaled back after the gradients.
  OpId forwardEnd(size_t index) {
    OpId loss = makerOf(index);
    OpId backward = std::min(firstTransposed(), loss);
    std::vector<bool> isNeeded(loss + 1);
    isNeeded[loss] = true;
    for (OpId op = loss; backward < loss && op >= 0; --op) {
      if (isNeeded[op] && op < backward)
        return op;
      for (ValueId value : graph.ops[op].inputs)
        if (OpId maker = graph.values[value].producer; isNeeded[op] && maker != kNoOp)
          isNeeded[maker] = true;
    }
    return lossFor(loss);
  }

  Type outputType(size_t index) { return terminator->getOperand(index).getType(); }

  LogicalResult refuseLoss(int64_t loss) {
    InFlightDiagnostic error = entry.emitError()
                               << "result " << loss << " of @" << entry.getName() << " is "
                               << outputType(loss) << ", but a loss is a scalar float; ";
    std::string scalars;
    for (size_t i = 0; i < graph.outputs.size(); ++i)
      if (makerOf(i) != kNoOp && isScalarFloat(outputType(i)))
        scalars += (scalars.empty() ? "" : ", ") + std::to_string(i);
    if (scalars.empty())
      return error << "it returns none, so give a training step, which returns the loss and "
                      "the gradients";
    return error << "the scalar float results are: " << scalars;
  }

  /// Tells whether an op after `end` makes a result of an argument's shape, as
  /// gradients and new parameters have; kNoOp: whether any op does.
  bool returnsGradients(OpId end) {
    for (size_t i = 0; i < graph.outputs.size(); ++i) {
      if (makerOf(i) == kNoOp || makerOf(i) <= end)
        continue;
      for (Type argument : entry.getArgumentTypes())
        if (floatBits(argument) && floatBits(outputType(i)) &&
            shapeOf(argument) == shapeOf(outputType(i)))
          return true;
    }
    return false;
  }

  /// For a step that returns gradients alone; a function without any is refused.
  LogicalResult splitWithoutLoss() {
    if (!returnsGradients(kNoOp)) {
      InFlightDiagnostic error =
          entry.emitError() << "there is no backward to plan for: no result of @" << entry.getName()
                            << " is a scalar float, as a loss is, or has the shape of an "
                               "argument, as a gradient has";
      if (!graph.outputs.empty() && makerOf(0) != kNoOp)
        error << "; result 0 is " << outputType(0) << " of " << graph.describe(makerOf(0));
      return error << "; give a training step, which returns the loss and the gradients";
    }
    OpId end = plainPeak(graph);
    if (hasBackward(end))
      step.warning = "no result of @" + entry.getName().str() +
                     " is a scalar float that could be the loss; the forward is taken to end at " +
                     graph.describe(end) +
                     ", where most bytes are live; return the loss too, from a training step, so "
                     "that it is known";
    return splitAt(end);
  }

  /// Warns of what looks like a forward that returns more than its loss.
  LogicalResult splitAtLoss(OpId loss) {
    if (failed(splitAt(loss)))
      return failure();
    if (!returnsGradients(loss))
      step.warning = "@" + entry.getName().str() +
                     " looks like a forward without a backward: no op after its loss, " +
                     graph.describe(loss) +
                     ", makes a result that has the shape of an argument, as a gradient has; give "
                     "a training step, or the result that is the loss with the option 'loss'";
    return success();
  }

  LogicalResult splitAt(OpId end) {
    if (!hasBackward(end)) {
      InFlightDiagnostic error = entry.emitError()
                                 << "there is no backward to plan for: no op after "
                                 << graph.describe(end) << ", where the forward of @"
                                 << entry.getName() << " ends, reads a value from before it; ";
      for (OpId op = 0; op <= end; ++op)
        if (graph.ops[op].kind == OpKind::Loop)
          return error << "a loop is one op here, such as " << graph.describe(op)
                       << ": if forward and backward are inside it, plan the loss alone, with "
                          "remat.jax.checkpoint";
      return error << "give a training step, or the result that is the loss with the option 'loss'";
    }
    setPhases(graph, end);
    return success();
  }

  func::FuncOp entry;
  Operation *terminator;
  const AnalysisOptions &options;
  StepGraph &step;
  Graph &graph;
  std::vector<OpId> lastReaders;  ///< by prefix
  std::optional<OpId> transposed; ///< once it is known
};

} // namespace

LogicalResult findPhases(func::FuncOp entry, const AnalysisOptions &options, StepGraph &step) {
  return LossFinder(entry, options, step).run();
}

} // namespace remat
