//===- Program.cpp - the live ops of the entry function -------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Program.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "remat/Analysis/Flops.h"
#include "remat/Analysis/Shards.h"
#include "remat/Analysis/ValueBytes.h"

using namespace mlir;

namespace remat {

namespace {

class ProgramReader {
public:
  ProgramReader(func::FuncOp entry, const OpModelTable &models) : models(models) {
    program.entry = entry;
  }

  FailureOr<Program> run() {
    if (failed(checkBody()))
      return failure();
    findLiveOps();
    if (program.nodes.empty())
      return program.entry.emitError()
             << "entry function @" << program.entry.getName() << " has no ops to plan";
    linkUsers();
    if (failed(measure()))
      return failure();
    return std::move(program);
  }

private:
  LogicalResult checkBody() {
    Region &body = program.entry.getBody();
    if (!body.hasOneBlock())
      return program.entry.emitError()
             << "entry function @" << program.entry.getName() << " has " << body.getBlocks().size()
             << " blocks; only one block of straight-line code can be planned";
    program.terminator = body.front().getTerminator();
    WalkResult walk = body.walk([&](Operation *op) {
      return failed(checkNoCall(op)) ? WalkResult::interrupt() : WalkResult::advance();
    });
    return failure(walk.wasInterrupted() || failed(checkOps(program.entry)));
  }

  /// Checks properties and marks of the ops in `function` and in the functions
  /// whose bodies composites run there.
  LogicalResult checkOps(Operation *function) {
    if (failed(checkProperties(function, models)))
      return failure();
    running.insert(function);
    WalkResult walk = function->walk([&](Operation *op) {
      if (op != function && failed(checkMarks(op)))
        return WalkResult::interrupt();
      for (Region *region : executedRegions(op)) {
        Operation *callee = region->getParentOp();
        if (callee == op || checked.contains(callee))
          continue;
        if (running.contains(callee)) {
          op->emitError() << "'" << op->getName() << "' runs itself, by its decomposition "
                          << op->getAttr("decomposition") << "; recursion cannot be planned";
          return WalkResult::interrupt();
        }
        if (failed(checkOps(callee)))
          return WalkResult::interrupt();
      }
      return WalkResult::advance();
    });
    running.erase(function);
    checked.insert(function);
    return failure(walk.wasInterrupted());
  }

  static LogicalResult checkNoCall(Operation *op) {
    if (isa<CallOpInterface>(op) || op->getName().getStringRef() == "call") {
      InFlightDiagnostic error = op->emitError("calls must be inlined before planning");
      if (Attribute callee = op->getAttr("callee"))
        error << ", here the call of " << callee;
      return error << "; run the pass 'remat-inline' first";
    }
    return success();
  }

  /// Refuses marks that would be passed over.
  LogicalResult checkMarks(Operation *op) const {
    for (NamedAttribute mark : op->getDiscardableAttrs()) {
      StringRef name = mark.getName();
      if (!name.starts_with("remat.") || isShardMark(name))
        continue;
      if (name != "remat.keep" && name != "remat.pure")
        return op->emitError() << "'" << op->getName() << "' has the mark '" << name
                               << "', which is unknown; marks are 'remat.keep' (never run again) "
                                  "and 'remat.pure' (a custom call or unknown op without effects), "
                                  "and what runs again follows from the budget";
      if (!isa<UnitAttr>(mark.getValue()))
        return op->emitError() << "'" << op->getName() << "' has the mark '" << name << " = "
                               << mark.getValue()
                               << "', but a mark has no value; write it without, or remove it";
      if (name == "remat.pure" && !models.lookupAlone(op).opaque)
        return op->emitError() << "'" << op->getName()
                               << "' has the mark 'remat.pure', which is for custom calls and "
                                  "unknown ops; this op is known, so remove the mark";
    }
    return checkShardMarks(op);
  }

  /// Keeps the ops that an output or an effect needs.
  void findLiveOps() {
    Block &block = program.entry.getBody().front();
    llvm::DenseSet<Operation *> needed;
    auto need = [&](Value value) {
      if (Operation *op = value.getDefiningOp())
        needed.insert(op);
    };
    llvm::for_each(program.terminator->getOperands(), need);
    for (Operation &op : llvm::reverse(block.without_terminator())) {
      OpModel model = models.lookup(&op);
      if (model.pure && !needed.contains(&op))
        continue;
      Node &node = program.nodes.emplace_back();
      node.op = &op;
      node.model = model;
      collectReads(node);
      llvm::for_each(node.reads, need);
    }
    std::reverse(program.nodes.begin(), program.nodes.end());
  }

  void collectReads(Node &node) {
    llvm::SetVector<Value> reads(node.op->operand_begin(), node.op->operand_end());
    if (node.op->getNumRegions() > 0) {
      llvm::SetVector<Value> captured;
      getUsedValuesDefinedAbove(node.op->getRegions(), captured);
      node.captures = !captured.empty();
      reads.insert(captured.begin(), captured.end());
    }
    node.reads.assign(reads.begin(), reads.end());
  }

  void linkUsers() {
    llvm::DenseMap<Operation *, int64_t> positions;
    int64_t position = 0;
    for (Operation &op : program.entry.getBody().front())
      positions[&op] = position++;
    for (NodeId id = 0; id < static_cast<NodeId>(program.nodes.size()); ++id) {
      Node &node = program.nodes[id];
      node.position = positions.lookup(node.op);
      program.idOf[node.op] = id;
      for (Value value : node.reads)
        if (NodeId maker = program.producer(value); maker >= 0) {
          auto &users = program.nodes[maker].users;
          if (users.empty() || users.back() != id)
            users.push_back(id);
        }
    }
    for (Value value : program.terminator->getOperands())
      if (NodeId maker = program.producer(value); maker >= 0)
        program.nodes[maker].returned = true;
  }

  /// Bytes and flops are one device's.
  LogicalResult measure() {
    if (failed(checkShardMarksOfArguments(program.entry)))
      return failure();
    for (BlockArgument argument : program.entry.getArguments()) {
      planning::Result<planning::Bytes> bytes = bytesOf(localType(argument));
      if (!bytes)
        return emitError(argument.getLoc())
               << "argument " << argument.getArgNumber() << " " << bytes.error().message;
      program.argumentBytes.push_back(bytes->count);
    }
    for (Node &node : program.nodes) {
      for (OpResult result : node.op->getResults()) {
        planning::Result<planning::Bytes> bytes = bytesOf(localType(result));
        if (!bytes)
          return node.op->emitError() << "result " << result.getResultNumber() << " of '"
                                      << node.op->getName() << "' " << bytes.error().message;
        node.bytes.push_back(bytes->count);
      }
      if (failed(countFlops(node)))
        return failure();
    }
    return success();
  }

  LogicalResult countFlops(Node &node) {
    flops::Count count = flops::ofOp(node.op, node.model, models);
    if (!count)
      return node.op->emitError()
             << "cannot count the work of '" << node.op->getName()
             << "': an attribute that describes its shape is missing or unreadable";
    if (*count >= flops::kLimit)
      return node.op->emitError() << "one execution of '" << node.op->getName()
                                  << "' takes 2^62 flops or more; such work cannot be planned";
    node.flops = *count;
    return success();
  }

  Program program;
  const OpModelTable &models;
  llvm::DenseSet<Operation *> running, checked; ///< functions, by `checkOps`
};

/// Returns the operands that a loop's body passes to the next iteration.
std::optional<std::pair<Block *, unsigned>> carriesOf(Operation *loop) {
  if (loop->getName().getStringRef() == "stablehlo.while" && loop->getNumRegions() == 2 &&
      loop->getRegion(1).hasOneBlock() && !loop->getRegion(1).front().empty())
    return std::make_pair(&loop->getRegion(1).front(), 0u);
  if (isa<scf::ForOp>(loop)) // the first block argument is the induction variable
    return std::make_pair(&loop->getRegion(0).front(), 1u);
  return std::nullopt;
}

} // namespace

FailureOr<Program> readProgram(func::FuncOp entry, const OpModelTable &models) {
  return ProgramReader(entry, models).run();
}

std::optional<Value> aliasedBy(const Node &node, unsigned index) {
  Operation *op = node.op;
  if (node.model.kind == planning::OpKind::Barrier)
    return index < op->getNumOperands() ? std::optional<Value>(op->getOperand(index))
                                        : std::nullopt;
  auto carries = carriesOf(op);
  if (!carries)
    return std::nullopt;
  auto [body, first] = *carries;
  Operation &yield = body->back();
  // Operands before the start values: the bounds and the step of scf.for.
  unsigned offset = op->getNumOperands() - op->getNumResults();
  if (op->getNumOperands() < op->getNumResults() || index >= yield.getNumOperands() ||
      first + index >= body->getNumArguments() ||
      yield.getOperand(index) != body->getArgument(first + index))
    return std::nullopt;
  return op->getOperand(offset + index);
}

} // namespace remat
