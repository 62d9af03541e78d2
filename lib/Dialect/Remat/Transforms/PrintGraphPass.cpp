//===- PrintGraphPass.cpp - remat-print-graph -----------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Analysis/StepGraph.h"
#include "remat/Dialect/Remat/Transforms/Passes.h"
#include "remat/Dialect/Remat/Transforms/PlanOptions.h"
#include "llvm/Support/raw_ostream.h"

namespace remat {
#define GEN_PASS_DEF_PRINTGRAPHPASS
#include "remat/Dialect/Remat/Transforms/Passes.h.inc"
} // namespace remat

using namespace mlir;
using namespace remat;

namespace {

/// Prints a graph as text, one line per op.
class GraphPrinter {
public:
  GraphPrinter(const StepGraph &step, llvm::raw_ostream &os)
      : step(step), graph(step.graph), os(os) {
    int64_t position = 0;
    for (Operation &op : *step.root.front()->getBlock())
      positions[&op] = position++;
  }

  void print() {
    os << "graph " << graph.name << ": " << graph.ops.size() << " ops\n";
    os << "arguments " << sized(graph.arguments) << "\n";
    os << "outputs";
    for (size_t i = 0; i < graph.outputs.size(); ++i) {
      os << (i ? "," : " ") << graph.values[graph.outputs[i]].name;
      if (graph.donated[i])
        os << "<-" << graph.values[graph.arguments[*graph.donated[i]]].name;
    }
    os << "\n";
    for (size_t op = 0; op < graph.ops.size(); ++op)
      printOp(op);
  }

private:
  /// Returns "%1:32,%2:8": names with bytes.
  std::string sized(llvm::ArrayRef<planning::ValueId> values) {
    std::string text;
    for (planning::ValueId value : values)
      text += (text.empty() ? "" : ",") + graph.values[value].name + ":" +
              std::to_string(graph.values[value].bytes.count);
    return text;
  }

  void printOp(size_t index) {
    const planning::Op &op = graph.ops[index];
    os << "op " << op.id << " " << op.name << " " << toString(op.kind) << " " << toString(op.phase)
       << " " << (op.recomputable ? "recomputable" : "once") << " flops=" << op.work.flops.count
       << " read=" << op.work.bytesRead.count << " written=" << op.work.bytesWritten.count
       << " bits=" << op.work.elementBits << " inputs=";
    llvm::interleave(op.inputs, os, [&](planning::ValueId v) { os << graph.values[v].name; }, ",");
    os << " results=" << sized(op.results) << " cone=";
    llvm::interleave(
        step.cone[index], os, [&](Operation *member) { os << positions.lookup(member); }, ",");
    os << " scope=\"" << op.scope << "\" at=\"" << op.location << "\"\n";
  }

  const StepGraph &step;
  const planning::Graph &graph;
  llvm::raw_ostream &os;
  llvm::DenseMap<Operation *, int64_t> positions;
};

struct PrintGraphPass : remat::impl::PrintGraphPassBase<PrintGraphPass> {
  using PrintGraphPassBase::PrintGraphPassBase;

  void runOnOperation() override {
    FailureOr<func::FuncOp> function = findEntry(getOperation(), entry);
    if (failed(function))
      return signalPassFailure();
    planning::Result<AnalysisOptions> options = makeAnalysisOptions(memoryModel, foldFree, loss);
    if (!options) {
      emitError(function->getLoc()) << options.error().message;
      return signalPassFailure();
    }
    FailureOr<StepGraph> step = buildStepGraph(*function, *options);
    if (failed(step))
      return signalPassFailure();
    if (!step->warning.empty())
      emitWarning(function->getLoc()) << step->warning;
    GraphPrinter(*step, llvm::outs()).print();
    markAllAnalysesPreserved();
  }
};

} // namespace
