//===- PlanAttribute.cpp - plans between structs and attributes ---------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/PlanAttribute.h"

#include <unordered_map>

using namespace mlir;
using namespace remat;

PlanAttr remat::toAttribute(func::FuncOp entry, const AnalysisOptions &analysis,
                            const planning::Problem &problem, const planning::PlanResult &result) {
  const std::vector<planning::Op> &ops = problem.graph.ops;
  SmallVector<InsertionAttr> insertions;
  SmallVector<int64_t> pending;
  auto insertBefore = [&](int64_t position) {
    if (!pending.empty())
      insertions.push_back(InsertionAttr::get(entry.getContext(), position, pending));
    pending.clear();
  };
  planning::OpId next = 0; // the next op that has not run yet
  for (planning::OpId op : result.plan->schedule) {
    if (op == next) {
      insertBefore(ops[op].id);
      ++next;
    } else {
      pending.push_back(ops[op].id);
    }
  }
  Block &body = entry.getBody().front();
  insertBefore(static_cast<int64_t>(body.getOperations().size()) - 1);

  std::optional<int64_t> loss, budget;
  if (analysis.lossResult)
    loss = *analysis.lossResult;
  if (result.budget)
    budget = result.budget->count;
  return PlanAttr::get(entry.getContext(),
                       analysis.memoryModel == MemoryModel::Xla ? "xla" : "program",
                       analysis.foldFree, loss, problem.scope, budget, result.plan->peak.count,
                       result.plainPeak.count, result.plan->cost.count, problem.baseCost().count,
                       problem.costUnit, problem.costTable, insertions);
}

AnalysisOptions remat::analysisOptionsOf(PlanAttr plan) {
  AnalysisOptions options;
  options.memoryModel = plan.getMemoryModel() == "xla" ? MemoryModel::Xla : MemoryModel::Program;
  options.foldFree = plan.getFoldFree();
  if (plan.getLoss())
    options.lossResult = *plan.getLoss();
  return options;
}

FailureOr<planning::Schedule> remat::scheduleOf(func::FuncOp entry, PlanAttr plan,
                                                const planning::Graph &graph) {
  std::unordered_map<int64_t, planning::OpId> opWithId;
  for (auto [index, op] : llvm::enumerate(graph.ops))
    opWithId[op.id] = static_cast<planning::OpId>(index);
  planning::Schedule schedule;
  planning::OpId next = 0;
  auto runUpTo = [&](int64_t position) {
    while (next < static_cast<planning::OpId>(graph.ops.size()) && graph.ops[next].id < position)
      schedule.push_back(next++);
  };
  for (InsertionAttr insertion : plan.getInsertions()) {
    runUpTo(insertion.getBefore());
    for (int64_t id : insertion.getOps()) {
      auto found = opWithId.find(id);
      if (found == opWithId.end())
        return emitError(entry.getLoc())
               << '@' << entry.getSymName() << " has a plan that runs op " << id
               << " again, which is no op of the planning graph: it is folded "
                  "into its readers, or nothing reads it";
      if (!graph.ops[found->second].recomputable)
        return emitError(entry.getLoc())
               << '@' << entry.getSymName() << " has a plan that runs op " << id << " again, but "
               << graph.describe(found->second) << " may not run twice";
      schedule.push_back(found->second);
    }
  }
  runUpTo(std::numeric_limits<int64_t>::max());
  return schedule;
}
