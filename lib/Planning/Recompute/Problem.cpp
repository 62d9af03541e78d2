//===- Problem.cpp - a graph, costs, and what counts ----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Problem.h"

#include "Spelling.h"

#include <algorithm>

namespace remat::planning {

namespace {

constexpr Spelling<BudgetScope> scopes[] = {
    {BudgetScope::Total, "total"},
    {BudgetScope::NonArguments, "non-arguments"},
    {BudgetScope::Temporaries, "temporaries"},
};

Error invalid(std::string message) { return {ErrorCode::InvalidInput, std::move(message)}; }

} // namespace

std::string_view toString(BudgetScope scope) { return spell(scopes, scope); }

std::optional<BudgetScope> parseBudgetScope(std::string_view text) {
  return findSpelled(scopes, text);
}

std::string budgetScopeNames() { return spellings(scopes); }

Status Problem::check() const {
  if (Status status = graph.check(); !status)
    return status;
  if (cost.size() != graph.ops.size())
    return invalid("the problem has " + std::to_string(cost.size()) + " costs for " +
                   std::to_string(graph.ops.size()) + " ops");
  int64_t sum = 0;
  for (size_t op = 0; op < cost.size(); ++op) {
    if (cost[op].count < 0)
      return invalid(graph.describe(static_cast<OpId>(op)) + " costs " +
                     std::to_string(cost[op].count) + " " + std::string(toString(costUnit)) +
                     "; a cost is 0 or more");
    if (cost[op].count >= kSumLimit - sum)
      return invalid("the costs of the ops sum to 2^62 " + std::string(toString(costUnit)) +
                     " or more at " + graph.describe(static_cast<OpId>(op)) + " with " +
                     std::to_string(cost[op].count));
    sum += cost[op].count;
  }
  return {};
}

std::vector<Bytes> Problem::charges() const {
  std::vector<Bytes> charge(graph.values.size());
  for (size_t value = 0; value < charge.size(); ++value)
    if (graph.values[value].producer != kNoOp)
      charge[value] = graph.values[value].bytes;
  for (size_t output = 0; output < graph.outputs.size(); ++output)
    if (scope == BudgetScope::Temporaries || (donation && graph.donated[output]))
      charge[graph.outputs[output]] = Bytes(0);
  return charge;
}

std::vector<Takeover> Problem::takeovers() const {
  std::vector<Takeover> found;
  for (size_t output = 0; donation && output < graph.outputs.size(); ++output)
    if (OpId taker = graph.values[graph.outputs[output]].producer;
        graph.donated[output] && taker != kNoOp)
      found.push_back({graph.arguments[*graph.donated[output]], taker});
  return found;
}

Bytes Problem::fixedBytes() const {
  Bytes sum;
  if (scope == BudgetScope::Total)
    for (ValueId value : graph.arguments)
      sum += graph.values[value].bytes;
  return sum;
}

Cost Problem::baseCost() const {
  Cost sum;
  for (Cost one : cost)
    sum += one;
  return sum;
}

Problem makeProblem(Graph graph, const DeviceTable &table, BudgetScope scope, bool donation) {
  Problem problem;
  for (const Op &op : graph.ops)
    problem.cost.push_back(costOf(op, table));
  problem.graph = std::move(graph);
  problem.costUnit = table.unit;
  problem.costTable = table.name;
  problem.scope = scope;
  problem.donation = donation;
  return problem;
}

Floor floorOf(const Problem &problem) {
  const Graph &graph = problem.graph;
  std::vector<Bytes> charge = problem.charges();
  Floor floor;
  for (size_t op = 0; op < graph.ops.size(); ++op) {
    Bytes workingSet;
    for (ValueId value : graph.ops[op].inputs)
      workingSet += charge[value];
    for (ValueId value : graph.ops[op].results)
      workingSet += charge[value];
    if (floor.op == kNoOp || workingSet > floor.bytes)
      floor = {workingSet, static_cast<OpId>(op)};
  }
  Bytes results;
  std::vector<ValueId> outputs = graph.outputs;
  std::sort(outputs.begin(), outputs.end());
  outputs.erase(std::unique(outputs.begin(), outputs.end()), outputs.end());
  for (ValueId value : outputs)
    results += charge[value];
  if (results > floor.bytes)
    floor = {results, kNoOp};
  floor.bytes += problem.fixedBytes();
  return floor;
}

} // namespace remat::planning
