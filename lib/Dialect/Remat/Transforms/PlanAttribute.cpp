//===- PlanAttribute.cpp - plans between structs and attributes ---------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/PlanAttribute.h"

#include <numeric>
#include <unordered_map>

using namespace mlir;
using namespace remat;

PlanAttr remat::toAttribute(func::FuncOp entry, const AnalysisOptions &analysis,
                            const planning::Problem &problem, const planning::PlanResult &result) {
  const std::vector<planning::Op> &ops = problem.graph.ops;
  SmallVector<InsertionAttr> insertions;
  SmallVector<int64_t> pending, order;
  auto insertBefore = [&](int64_t position) {
    if (!pending.empty())
      insertions.push_back(InsertionAttr::get(entry.getContext(), position, pending));
    pending.clear();
  };
  std::vector<char> ran(ops.size(), 0);
  for (planning::OpId op : result.plan->schedule) {
    if (ran[op]) {
      pending.push_back(ops[op].id);
      continue;
    }
    ran[op] = 1;
    insertBefore(ops[op].id);
    if (result.plan->order == planning::PlanOrder::Reorder)
      order.push_back(ops[op].id);
  }
  Block &body = entry.getBody().front();
  insertBefore(static_cast<int64_t>(body.getOperations().size()) - 1);

  std::optional<int64_t> loss, budget;
  if (analysis.lossResult)
    loss = *analysis.lossResult;
  if (result.budget)
    budget = result.budget->count;
  return PlanAttr::get(entry.getContext(), spell(analysis.memoryModel), analysis.foldFree, loss,
                       problem.scope, budget, result.plan->peak.count, result.plainPeak.count,
                       result.plan->cost.count, problem.baseCost().count, problem.costUnit,
                       problem.costTable, order, insertions);
}

AnalysisOptions remat::analysisOptionsOf(PlanAttr plan) {
  AnalysisOptions options;
  options.memoryModel = findMemoryModel(plan.getMemoryModel()).value_or(MemoryModel::Program);
  options.foldFree = plan.getFoldFree();
  if (plan.getLoss())
    options.lossResult = *plan.getLoss();
  return options;
}

namespace {
/// Reads the schedule of one plan.
class ScheduleReader {
public:
  ScheduleReader(func::FuncOp entry, PlanAttr plan, const planning::Graph &graph)
      : entry(entry), plan(plan), graph(graph) {
    for (auto [index, op] : llvm::enumerate(graph.ops))
      opWithId[op.id] = static_cast<planning::OpId>(index);
  }

  FailureOr<planning::Schedule> run();

private:
  LogicalResult readOrder();
  LogicalResult runAgain(int64_t id);
  InFlightDiagnostic fail() {
    return emitError(entry.getLoc()) << '@' << entry.getSymName() << " has a plan ";
  }

  func::FuncOp entry;
  PlanAttr plan;
  const planning::Graph &graph;
  std::unordered_map<int64_t, planning::OpId> opWithId;
  std::vector<planning::OpId> order; ///< of first executions
  planning::Schedule schedule;
};
} // namespace

LogicalResult ScheduleReader::readOrder() {
  std::vector<char> runs(graph.ops.size(), 0);
  for (int64_t id : plan.getOrder()) {
    auto found = opWithId.find(id);
    if (found == opWithId.end())
      return fail() << "whose order lists op " << id
                    << ", which is no op of the planning graph: it is folded into its readers, or "
                       "nothing reads it";
    for (planning::ValueId value : graph.ops[found->second].inputs)
      if (planning::OpId maker = graph.values[value].producer;
          maker != planning::kNoOp && !runs[maker])
        return fail() << "whose order runs " << graph.describe(found->second)
                      << " before its input from " << graph.describe(maker);
    runs[found->second] = 1;
    order.push_back(found->second);
  }
  if (plan.getOrder().empty()) {
    order.resize(graph.ops.size());
    std::iota(order.begin(), order.end(), 0);
  }
  if (order.size() == graph.ops.size())
    return success();
  auto missing = static_cast<planning::OpId>(llvm::find(runs, 0) - runs.begin());
  return fail() << "whose order does not list op " << graph.ops[missing].id << ", "
                << graph.describe(missing);
}

LogicalResult ScheduleReader::runAgain(int64_t id) {
  auto found = opWithId.find(id);
  if (found == opWithId.end())
    return fail() << "that runs op " << id
                  << " again, which is no op of the planning graph: it is folded into its "
                     "readers, or nothing reads it";
  if (!graph.ops[found->second].recomputable)
    return fail() << "that runs op " << id << " again, but " << graph.describe(found->second)
                  << " may not run twice";
  schedule.push_back(found->second);
  return success();
}

FailureOr<planning::Schedule> ScheduleReader::run() {
  if (failed(readOrder()))
    return failure();
  ArrayRef<planning::OpId> left(order);
  // In base order a position may be that of a folded op.
  auto stopsBefore = [&](int64_t position) {
    int64_t id = graph.ops[left.front()].id;
    return plan.getOrder().empty() ? id >= position : id == position;
  };
  for (InsertionAttr insertion : plan.getInsertions()) {
    for (; !left.empty() && !stopsBefore(insertion.getBefore()); left = left.drop_front())
      schedule.push_back(left.front());
    for (int64_t id : insertion.getOps())
      if (failed(runAgain(id)))
        return failure();
  }
  schedule.insert(schedule.end(), left.begin(), left.end());
  return std::move(schedule);
}

FailureOr<planning::Schedule> remat::scheduleOf(func::FuncOp entry, PlanAttr plan,
                                                const planning::Graph &graph) {
  return ScheduleReader(entry, plan, graph).run();
}
