//===- PlanRemarks.cpp - what users ask about a plan --------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanRemarks.h"

#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace remat;
using planning::OpId;

static remark::RemarkOpts named(func::FuncOp entry, StringRef name) {
  return remark::RemarkOpts::name(name).category("remat").function(entry.getSymName());
}

static StringRef str(std::string_view text) { return {text.data(), text.size()}; }

/// Says why `op` may not run twice.
static StringRef reasonOf(const planning::Op &op, Operation *root) {
  if (root->hasAttr("remat.keep"))
    return "marked remat.keep";
  if (op.kind == planning::OpKind::Random)
    return "random";
  const OpModelTable &table = OpModelTable::global();
  if (!table.find(root->getName().getStringRef()) && !root->isRegistered())
    return "unknown op";
  if (table.lookup(root).recomputable)
    return "shares its buffer with a value that may not be recomputed";
  return op.kind == planning::OpKind::Custom ? "custom call without remat.pure" : "side effects";
}

static void emitMissed(func::FuncOp entry, const StepGraph &step) {
  const planning::Graph &graph = step.graph;
  std::vector<std::vector<OpId>> users = graph.users();
  for (auto [index, value] : llvm::enumerate(graph.values)) {
    if (value.producer == planning::kNoOp || value.bytes.count == 0)
      continue;
    const planning::Op &op = graph.ops[value.producer];
    bool readLater = llvm::any_of(
        users[index], [&](OpId user) { return graph.ops[user].phase != planning::Phase::Forward; });
    if (op.recomputable || op.phase != planning::Phase::Forward || !readLater)
      continue;
    Operation *root = step.root[value.producer];
    remark::missed(root->getLoc(), named(entry, "kept"))
        << "cannot be recomputed" << remark::metric("value", value.name)
        << remark::metric("bytes", value.bytes.count) << remark::metric("op", op.name)
        << remark::metric("reason", reasonOf(op, root)) << remark::metric("source", op.location);
  }
}

static void emitRecomputed(func::FuncOp entry, const StepGraph &step,
                           const planning::Problem &problem, const planning::Plan &plan) {
  std::vector<int64_t> runs(step.graph.ops.size());
  for (OpId op : plan.schedule)
    ++runs[op];
  for (auto [index, op] : llvm::enumerate(step.graph.ops)) {
    if (runs[index] == 1)
      continue;
    for (planning::ValueId value : op.results)
      if (step.value[value]) // no workspace
        remark::passed(step.root[index]->getLoc(), named(entry, "recomputed"))
            << "recomputed" << remark::metric("value", step.graph.values[value].name)
            << remark::metric("bytes", step.graph.values[value].bytes.count)
            << remark::metric("cost", problem.cost[index].count)
            << remark::metric("cost_unit", str(planning::toString(problem.costUnit)))
            << remark::metric("times", runs[index] - 1) << remark::metric("op", op.name)
            << remark::metric("source", op.location);
  }
}

void remat::emitPlanRemarks(func::FuncOp entry, const StepGraph &step,
                            const planning::Problem &problem, const planning::PlanResult &result) {
  if (!entry->getContext()->getRemarkEngine())
    return;
  remark::analysis(entry.getLoc(), named(entry, "planned"))
      << remark::metric("strategy", result.strategy)
      << remark::metric("scope", str(planning::toString(problem.scope)))
      << remark::metric("plain_peak", result.plainPeak.count)
      << remark::metric("peak", result.plan->peak.count)
      << remark::metric("base_cost", problem.baseCost().count)
      << remark::metric("cost", result.plan->cost.count)
      << remark::metric("bound", result.bound.count)
      << remark::metric("status", str(planning::toString(result.status)));
  emitRecomputed(entry, step, problem, *result.plan);
  emitMissed(entry, step);
}
