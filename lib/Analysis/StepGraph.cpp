//===- StepGraph.cpp - from an entry function to a planning graph ---------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Analysis/StepGraph.h"

#include "Folding.h"
#include "Loss.h"
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

static constexpr std::pair<MemoryModel, const char *> modelNames[] = {
    {MemoryModel::Program, "program"},
    {MemoryModel::Arena, "arena"},
    {MemoryModel::Xla, "xla"},
    {MemoryModel::XlaTpu, "xla-tpu"}};

StringRef spell(MemoryModel model) {
  return llvm::find_if(modelNames, [&](auto &each) { return each.first == model; })->second;
}

std::optional<MemoryModel> findMemoryModel(StringRef name) {
  for (auto [model, spelling] : modelNames)
    if (name == spelling)
      return model;
  return std::nullopt;
}

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
    if (failed(findPhases(entry, options, step)))
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
    for (NodeId member : footprint.cone) {
      cone.push_back(program.nodes[member].op);
      op.foldedProducts += program.nodes[member].model.kind == OpKind::Dot;
    }
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
      op.results.push_back(addValue(result, producer, shared ? 0 : folding.storedBytes(id, index),
                                    count == 1 ? name : name + "#" + std::to_string(index)));
    }
    if (count == 0)
      op.results.push_back(
          addValue({}, producer, 0, "the effect of op " + std::to_string(node.position)));
  }

  /// A result that nothing reads dies with the op's execution.
  void addWorkspace(const Node &node, planning::Op &op) {
    int64_t bytes = isXla(options.memoryModel) ? workspaceInXlaModel(node) : 0;
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
