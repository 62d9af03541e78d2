//===- PlanOptions.cpp - how a function is to be planned ----------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/PlanOptions.h"

using namespace remat;
using namespace remat::planning;

static std::optional<Granularity> granularityOf(GranularityChoice choice) {
  switch (choice) {
  case GranularityChoice::Auto:
    return std::nullopt;
  case GranularityChoice::Op:
    return Granularity::Op;
  case GranularityChoice::Cluster:
    return Granularity::Cluster;
  case GranularityChoice::Layer:
    return Granularity::Layer;
  }
  return std::nullopt;
}

static Error invalid(std::string message) {
  return Error{ErrorCode::InvalidOption, std::move(message)};
}

Result<AnalysisOptions> remat::makeAnalysisOptions(MemoryModel memoryModel, bool foldFree,
                                                   int64_t loss) {
  if (loss < -1)
    return invalid("loss=" + std::to_string(loss) +
                   " is no result; results are numbered from 0, and -1 looks for the loss");
  if (memoryModel != MemoryModel::Program && !foldFree)
    return invalid(
        "fold-free=false and memory-model=" + spell(memoryModel).str() +
        " do not go together: only the model program can do without folding; drop one of them");
  AnalysisOptions options;
  options.memoryModel = memoryModel;
  options.foldFree = foldFree;
  if (loss >= 0)
    options.lossResult = loss;
  return options;
}

Result<PlanRequest> remat::makePlanRequest(const PlanArguments &arguments) {
  PlanRequest request;
  Result<AnalysisOptions> analysis =
      makeAnalysisOptions(arguments.memoryModel, arguments.foldFree, arguments.loss);
  if (!analysis)
    return analysis.error();
  request.analysis = *analysis;
  request.scope = arguments.scope;
  request.table = findDeviceTable(arguments.cost);
  if (!request.table)
    return invalid("unknown cost table '" + arguments.cost + "'; known are " + deviceTableNames());
  request.strategy.kind = arguments.strategy;
  request.strategy.effort = arguments.effort;
  request.strategy.order = arguments.order;
  request.strategy.family = arguments.family;
  request.strategy.objective = arguments.objective;
  request.strategy.lastSegment = arguments.lastSegment;
  request.strategy.granularity = granularityOf(arguments.granularity);
  request.problemFile = arguments.problemFile;
  request.planFile = arguments.planFile;
  request.planOutput = arguments.planOutput;
  if (!arguments.planFile.empty() && !arguments.strategyOption.empty())
    return invalid("plan-file='" + arguments.planFile + "' and the option '" +
                   arguments.strategyOption +
                   "' do not go together: a plan that is read is not made; drop one of them");
  if (!arguments.budget.empty()) {
    Result<Budget> budget = parseBudget(arguments.budget);
    if (!budget)
      return budget.error();
    if (!arguments.planFile.empty() && budget->kind == Budget::Kind::Minimum)
      return invalid("plan-file='" + arguments.planFile +
                     "' and budget=min do not go together: a plan that is read has its peak; give "
                     "bytes or a percentage to hold it to");
    request.strategy.budget = *budget;
  } else if (arguments.strategy != StrategyKind::None && arguments.planFile.empty()) {
    return invalid("no budget is given; use budget=8GiB, budget=50% or budget=min");
  }
  return request;
}
