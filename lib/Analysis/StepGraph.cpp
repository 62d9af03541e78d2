//===- StepGraph.cpp - from an entry function to a planning graph ---------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Analysis/StepGraph.h"

#include "Folding.h"
#include "Phases.h"
#include "Workspace.h"
#include "remat/Analysis/Donation.h"
#include "remat/Analysis/Flops.h"
#include "remat/Analysis/Provenance.h"
#include "remat/Analysis/ValueBytes.h"

#include <algorithm>

using namespace mlir;
using remat::planning::Bytes;
using remat::planning::Flops;
using remat::planning::Graph;
using remat::planning::kNoOp;
using remat::planning::OpId;
using remat::planning::OpKind;
using remat::planning::ValueId;

namespace remat {

namespace {

/// Bits of the widest float operand, in the classes that device tables know;
/// an op without float operands is classed by its results.
int elementBitsOf(Operation *op) {
  int bits = 0;
  for (Type type : op->getOperandTypes())
    bits = std::max(bits, floatBits(type));
  if (bits == 0)
    for (Type type : op->getResultTypes())
      bits = std::max(bits, floatBits(type));
  return bits == 0 ? 0 : bits <= 16 ? 16 : bits <= 32 ? 32 : 64;
}

bool isScalarFloat(Type type) {
  if (TensorType tensor = asTensor(type); tensor && (!tensor.hasRank() || tensor.getRank() != 0))
    return false;
  return isa<FloatType>(asTensor(type) ? asTensor(type).getElementType() : type);
}

ArrayRef<int64_t> shapeOf(Type type) {
  TensorType tensor = asTensor(type);
  return tensor ? tensor.getShape() : ArrayRef<int64_t>();
}

class GraphBuilder {
public:
  GraphBuilder(const Program &program, const AnalysisOptions &options)
      : program(program), entry(program.entry), options(options), folding(program, options),
        nextOp(&entry.getBody().front().front()) {}

  FailureOr<StepGraph> run() {
    auto module = entry->getParentOfType<ModuleOp>();
    step.graph.name = (module && module.getName() ? *module.getName() : entry.getName());
    addArguments();
    for (NodeId id = 0; id < static_cast<NodeId>(program.nodes.size()); ++id)
      if (!folding.isFolded(id) && failed(addOp(id)))
        return failure();
    for (Value output : program.terminator->getOperands())
      graph().outputs.push_back(valueOf.lookup(output));
    FailureOr<std::vector<std::optional<int32_t>>> donors = donorsOf(entry);
    if (failed(donors))
      return failure();
    graph().donated = std::move(*donors);
    if (failed(findPhases()))
      return failure();
    if (planning::Status status = graph().check(); !status)
      return entry.emitError(status.error().message);
    return std::move(step);
  }

private:
  Graph &graph() { return step.graph; }

  ValueId addValue(Value value, OpId producer, int64_t bytes, std::string name) {
    ValueId id = static_cast<ValueId>(graph().values.size());
    graph().values.push_back({producer, Bytes(bytes), std::move(name)});
    step.value.push_back(value);
    if (value)
      valueOf[value] = id;
    return id;
  }

  void addArguments() {
    for (BlockArgument argument : entry.getArguments()) {
      unsigned number = argument.getArgNumber();
      graph().arguments.push_back(addValue(argument, kNoOp, program.argumentBytes[number],
                                           "%arg" + std::to_string(number)));
    }
  }

  LogicalResult addOp(NodeId id) {
    const Node &node = program.nodes[id];
    Footprint footprint = folding.footprint(id);
    planning::Op op;
    op.id = node.position;
    op.name = node.op->getName().getStringRef().str();
    op.kind = node.model.kind;
    op.recomputable = node.model.recomputable;
    op.scope = scopeOf(node.op->getLoc());
    op.location = sourceLineOf(node.op->getLoc());
    for (Value value : footprint.buffers)
      op.inputs.push_back(valueOf.lookup(value));
    addResults(id, op);
    if (failed(measure(node, footprint, op)))
      return failure();
    addWorkspace(node, op);
    step.root.push_back(node.op);
    auto &cone = step.cone.emplace_back();
    for (NodeId member : footprint.cone)
      cone.push_back(program.nodes[member].op);
    graph().ops.push_back(std::move(op));
    return success();
  }

  void addResults(NodeId id, planning::Op &op) {
    const Node &node = program.nodes[id];
    OpId producer = static_cast<OpId>(graph().ops.size());
    unsigned count = node.op->getNumResults();
    std::string name = "%" + std::to_string(resultNumber(node.op));
    for (OpResult result : node.op->getResults()) {
      unsigned index = result.getResultNumber();
      std::optional<Value> shared = folding.sharedBuffer(id, index);
      // The buffer is held under this name too, so it stays the first instance.
      if (shared && !result.use_empty())
        if (OpId maker = graph().values[valueOf.lookup(*shared)].producer; maker != kNoOp)
          graph().ops[maker].recomputable = false;
      op.results.push_back(addValue(result, producer, shared ? 0 : node.bytes[index],
                                    count == 1 ? name : name + "#" + std::to_string(index)));
    }
    if (count == 0)
      op.results.push_back(
          addValue({}, producer, 0, "the effect of op " + std::to_string(node.position)));
  }

  /// A result that nothing reads dies with the op's execution.
  void addWorkspace(const Node &node, planning::Op &op) {
    int64_t bytes = options.memoryModel == MemoryModel::Xla ? workspaceInXlaModel(node) : 0;
    if (bytes > 0)
      op.results.push_back(addValue({}, graph().values[op.results.front()].producer, bytes,
                                    "the workspace of op " + std::to_string(node.position)));
  }

  /// Returns the number that MLIR prints for the results of `op` in generic form.
  int64_t resultNumber(Operation *op) {
    for (; nextOp && nextOp != op; nextOp = nextOp->getNextNode())
      resultsSeen += nextOp->getNumResults() > 0;
    return resultsSeen;
  }

  LogicalResult measure(const Node &node, const Footprint &footprint, planning::Op &op) {
    int64_t flops = node.flops, read = 0, written = 0;
    for (NodeId member : footprint.cone)
      flops = flops::add(flops, program.nodes[member].flops);
    for (ValueId value : op.inputs)
      read = flops::add(read, graph().values[value].bytes.count);
    for (ValueId value : op.results)
      written = flops::add(written, graph().values[value].bytes.count);
    if (node.model.kind == OpKind::Barrier)
      read = written = 0; // orders its operands, touches no memory
    if (std::max({flops, read, written}) >= flops::kLimit)
      return node.op->emitError() << "one execution of '" << node.op->getName()
                                  << "' takes 2^62 flops or bytes or more; such work cannot be "
                                     "planned";
    op.work = {Flops(flops), Bytes(read), Bytes(written), elementBitsOf(node.op)};
    return success();
  }

  /// Returns the op that makes output `index`, or kNoOp for an argument.
  OpId makerOf(size_t index) { return graph().values[graph().outputs[index]].producer; }

  /// Returns the op that ends the forward of the loss that `op` makes. Inside a
  /// shard_map the loss is summed over the devices last, and a mean over steps may
  /// be taken there too: the forward then ends at the scalar that these start from.
  OpId lossFor(OpId op) {
    OpId found = op;
    for (OpId at = op; at != kNoOp;) {
      bool isCollective = step.root[at]->getName().getStringRef() == "stablehlo.all_reduce";
      OpId before = kNoOp;
      for (ValueId input : graph().ops[at].inputs)
        if (isScalarFloat(step.value[input].getType()))
          before = std::max(before, graph().values[input].producer);
      if (before != kNoOp && (isCollective || !hasBackward(graph(), found)))
        found = before;
      at = before;
    }
    return hasBackward(graph(), found) ? found : op;
  }

  /// Returns the op at which the forward of result `index` ends: the one that makes
  /// it or, if the backward has begun before, the last that it depends on from before
  /// the backward. So it is where losses of micro-batches are summed up as they come,
  /// and where a loss is averaged or scaled back after the gradients.
  OpId forwardEnd(size_t index) {
    OpId loss = makerOf(index);
    OpId backward = 0;
    while (backward < loss && !isTransposed(step.root[backward]->getLoc()))
      ++backward;
    std::vector<bool> isNeeded(loss + 1);
    isNeeded[loss] = true;
    for (OpId op = loss; backward < loss && op >= 0; --op) {
      if (isNeeded[op] && op < backward)
        return op;
      for (ValueId value : graph().ops[op].inputs)
        if (OpId maker = graph().values[value].producer; isNeeded[op] && maker != kNoOp)
          isNeeded[maker] = true;
    }
    return lossFor(loss);
  }

  LogicalResult findPhases() {
    if (options.lossResult) {
      int64_t loss = *options.lossResult;
      if (loss < 0 || loss >= static_cast<int64_t>(graph().outputs.size()))
        return entry.emitError() << "there is no result " << loss << " to take as the loss: @"
                                 << entry.getName() << " returns " << graph().outputs.size()
                                 << " results, numbered from 0";
      if (makerOf(loss) == kNoOp)
        return entry.emitError() << "result " << loss
                                 << " cannot be the loss: it is an argument, not computed";
      if (!isScalarFloat(outputType(loss)))
        return refuseLoss(loss);
      return splitAtLoss(forwardEnd(loss));
    }
    OpId candidate = kNoOp;
    for (size_t i = 0; i < graph().outputs.size(); ++i) {
      if (graph().donated[i] || makerOf(i) == kNoOp || !isScalarFloat(outputType(i)))
        continue;
      if (OpId end = forwardEnd(i); candidate == kNoOp || hasBackward(graph(), end))
        candidate = end;
      if (hasBackward(graph(), candidate))
        break;
    }
    return candidate != kNoOp ? splitAtLoss(candidate) : splitWithoutLoss();
  }

  Type outputType(size_t index) { return program.terminator->getOperand(index).getType(); }

  LogicalResult refuseLoss(int64_t loss) {
    InFlightDiagnostic error = entry.emitError()
                               << "result " << loss << " of @" << entry.getName() << " is "
                               << outputType(loss) << ", but a loss is a scalar float; ";
    std::string scalars;
    for (size_t i = 0; i < graph().outputs.size(); ++i)
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
    for (size_t i = 0; i < graph().outputs.size(); ++i) {
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
      if (!graph().outputs.empty() && makerOf(0) != kNoOp)
        error << "; result 0 is " << outputType(0) << " of " << graph().describe(makerOf(0));
      return error << "; give a training step, which returns the loss and the gradients";
    }
    OpId end = plainPeak(graph());
    if (hasBackward(graph(), end))
      step.warning = "no result of @" + entry.getName().str() +
                     " is a scalar float that could be the loss; the forward is taken to end at " +
                     graph().describe(end) +
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
                     graph().describe(loss) +
                     ", makes a result that has the shape of an argument, as a gradient has; give "
                     "a training step, or the result that is the loss with the option 'loss'";
    return success();
  }

  LogicalResult splitAt(OpId end) {
    if (!hasBackward(graph(), end)) {
      InFlightDiagnostic error = entry.emitError()
                                 << "there is no backward to plan for: no op after "
                                 << graph().describe(end) << ", where the forward of @"
                                 << entry.getName() << " ends, reads a value from before it; ";
      for (OpId op = 0; op <= end; ++op)
        if (graph().ops[op].kind == OpKind::Loop)
          return error << "a loop is one op here, such as " << graph().describe(op)
                       << ": if forward and backward are inside it, plan the loss alone, with "
                          "remat.jax.checkpoint";
      return error << "give a training step, or the result that is the loss with the option 'loss'";
    }
    setPhases(graph(), end);
    return success();
  }

  const Program &program;
  func::FuncOp entry;
  const AnalysisOptions &options;
  Folding folding;
  StepGraph step;
  llvm::DenseMap<Value, ValueId> valueOf;
  Operation *nextOp;
  int64_t resultsSeen = 0;
};

} // namespace

FailureOr<StepGraph> buildStepGraph(func::FuncOp entry, const AnalysisOptions &options) {
  FailureOr<Program> program =
      readProgram(entry, options.models ? *options.models : OpModelTable::global());
  if (failed(program))
    return failure();
  return GraphBuilder(*program, options).run();
}

} // namespace remat
