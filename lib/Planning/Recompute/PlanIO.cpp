//===- PlanIO.cpp - plan.json ---------------------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/PlanIO.h"

#include "Json.h"

#include <algorithm>

namespace remat::planning {

namespace {

std::string writeWitness(const Graph &graph, const Witness &witness) {
  JsonObject object;
  object.add("floor", witness.floor.count);
  if (witness.op != kNoOp) {
    object.add("op", graph.ops[witness.op].id);
    object.add("op_name", graph.ops[witness.op].name);
    object.add("location", graph.ops[witness.op].location);
  }
  std::vector<std::string> largest;
  for (const Witness::LiveValue &live : witness.largest) {
    JsonObject entry;
    entry.add("value", live.value);
    entry.add("name", graph.values[live.value].name);
    entry.add("bytes", live.bytes.count);
    if (OpId producer = graph.values[live.value].producer; producer != kNoOp)
      entry.add("location", graph.ops[producer].location);
    largest.push_back(entry.line());
  }
  object.addRaw("largest", jsonLines(largest));
  return object.line();
}

std::string writeFormula(const FormulaAnswer &answer) {
  std::vector<std::string> sets;
  for (const std::vector<int32_t> &set : answer.sequence)
    sets.push_back(jsonIntegers(set));
  JsonObject object;
  object.add("overhead", answer.overhead.count);
  object.add("peak", answer.peak.count);
  object.addRaw("sequence", jsonLines(sets));
  return object.line();
}

/// What the plan promises, and what follows from it, the problem and the bound.
void addPlan(JsonObject &page, const Problem &problem, const Plan &plan, Cost bound) {
  if (plan.order != PlanOrder::Base)
    page.add("order", toString(plan.order));
  page.add("peak", plan.peak.count);
  page.add("cost", plan.cost.count);
  page.addRaw("overhead", jsonNumber(overheadOf(plan.cost, problem.baseCost())));
  // A file's bound may be less than what every schedule costs.
  page.addRaw("gap", jsonNumber(overheadOf(plan.cost, std::max(bound, problem.baseCost()))));
  int64_t flops = 0;
  for (OpId op : plan.schedule)
    flops = checkedAdd(flops, problem.graph.ops[op].work.flops.count)
                .value_or(std::numeric_limits<int64_t>::max());
  page.add("total_flops", flops);
  if (problem.costUnit == CostUnit::Femtoseconds)
    page.addRaw("time_us", jsonNumber(inMicroseconds(static_cast<double>(plan.cost.count))));
}

/// Every key of plan.json, in the order in which they are written.
const std::initializer_list<std::string_view> planKeys = {
    "schema_version", "status",     "strategy",      "stop_reason", "scope",
    "budget",         "plain_peak", "smallest_peak", "order",       "peak",
    "cost",           "overhead",   "gap",           "total_flops", "time_us",
    "cost_unit",      "cost_table", "base_cost",     "bound",       "statistics",
    "paper",          "witness",    "schedule"};

class PlanReader {
public:
  PlanReader(const Problem &problem, std::string_view text, const std::string &source)
      : problem(problem), reader(text, source) {
    for (size_t op = 0; op < problem.graph.ops.size(); ++op)
      opOfId.emplace_back(problem.graph.ops[op].id, static_cast<OpId>(op));
    std::sort(opOfId.begin(), opOfId.end());
  }

  Result<PlanResult> run() {
    if (!reader.failed())
      readDocument();
    if (reader.failed())
      return reader.error();
    return std::move(result);
  }

private:
  void readDocument() {
    const JsonAt &root = reader.root();
    reader.expectObject(root);
    reader.expectSchemaVersion(root, kPlanSchemaVersion);
    reader.expectObject(root, planKeys);
    result.status = reader.choice(reader.require(root, "status"), parsePlanStatus,
                                  "optimal, feasible, infeasible, no-plan-found, invalid-problem");
    result.strategy = reader.stringOr(root, "strategy", "");
    result.stopReason = reader.stringOr(root, "stop_reason", "");
    expectSame(reader.require(root, "scope"), toString(problem.scope));
    expectSame(reader.require(root, "cost_unit"), toString(problem.costUnit));
    expectSame(reader.require(root, "cost_table"), problem.costTable);
    JsonAt base = reader.require(root, "base_cost");
    if (int64_t found = reader.integer(base); !reader.failed() && found != problem.baseCost().count)
      reader.fail(base, "the plan was made for a base cost of " + std::to_string(found) +
                            ", but this problem's is " + std::to_string(problem.baseCost().count));
    result.plainPeak = Bytes(reader.integer(reader.require(root, "plain_peak")));
    result.smallestPeak = Bytes(reader.integer(reader.require(root, "smallest_peak")));
    result.bound = Cost(reader.integer(reader.require(root, "bound")));
    if (reader.has(root, "budget"))
      result.budget = Bytes(reader.integer(reader.find(root, "budget")));
    readStatistics(root);
    if (reader.has(root, "paper"))
      readFormula(reader.find(root, "paper"));
    if (reader.has(root, "witness"))
      readWitness(reader.find(root, "witness"));
    if (reader.has(root, "schedule"))
      readSchedule(root);
  }

  void expectSame(const JsonAt &at, std::string_view wanted) {
    std::string found = reader.string(at);
    if (!reader.failed() && found != wanted)
      reader.fail(at, "the plan was made for " + jsonString(found) + ", but this problem has " +
                          jsonString(wanted));
  }

  OpId readOp(const JsonAt &at) {
    int64_t id = reader.integer(at);
    auto entry = std::lower_bound(opOfId.begin(), opOfId.end(), std::pair(id, OpId(0)));
    if (entry != opOfId.end() && entry->first == id)
      return entry->second;
    reader.fail(at, "op id " + std::to_string(id) + " does not exist in the problem");
    return kNoOp;
  }

  void readSchedule(const JsonAt &root) {
    Plan plan;
    if (reader.has(root, "order"))
      plan.order = reader.choice(reader.find(root, "order"), parsePlanOrder, "base, reorder");
    plan.peak = Bytes(reader.integer(reader.require(root, "peak")));
    plan.cost = Cost(reader.integer(reader.require(root, "cost")));
    JsonAt list = reader.find(root, "schedule");
    for (size_t i = 0, size = reader.size(list); i < size && !reader.failed(); ++i)
      plan.schedule.push_back(readOp(reader.element(list, i)));
    result.plan = std::move(plan);
  }

  void readStatistics(const JsonAt &root) {
    JsonAt statistics = reader.find(root, "statistics");
    if (!reader.has(root, "statistics"))
      return;
    reader.expectObject(statistics);
    for (const std::string &name : reader.keys(statistics))
      result.statistics.emplace_back(
          name, reader.integer(reader.find(statistics, name), std::numeric_limits<int64_t>::min()));
  }

  void readFormula(const JsonAt &at) {
    reader.expectObject(at, {"overhead", "peak", "sequence"});
    FormulaAnswer answer;
    answer.overhead = Cost(reader.integer(reader.require(at, "overhead")));
    answer.peak = Bytes(reader.integer(reader.require(at, "peak")));
    JsonAt sets = reader.require(at, "sequence");
    for (size_t i = 0, size = reader.size(sets); i < size && !reader.failed(); ++i) {
      JsonAt set = reader.element(sets, i);
      answer.sequence.emplace_back();
      for (size_t j = 0, members = reader.size(set); j < members && !reader.failed(); ++j)
        answer.sequence.back().push_back(static_cast<int32_t>(
            reader.integer(reader.element(set, j), 0, std::numeric_limits<int32_t>::max())));
    }
    result.formula = std::move(answer);
  }

  void readWitness(const JsonAt &at) {
    reader.expectObject(at, {"floor", "op", "op_name", "location", "largest"});
    Witness witness;
    witness.floor = Bytes(reader.integer(reader.require(at, "floor")));
    if (reader.has(at, "op"))
      witness.op = readOp(reader.find(at, "op"));
    JsonAt largest = reader.require(at, "largest");
    int64_t values = static_cast<int64_t>(problem.graph.values.size());
    for (size_t i = 0, size = reader.size(largest); i < size && !reader.failed(); ++i) {
      JsonAt entry = reader.element(largest, i);
      reader.expectObject(entry, {"value", "name", "bytes", "location"});
      int64_t value = reader.integer(reader.require(entry, "value"), 0, values - 1);
      witness.largest.push_back(
          {static_cast<ValueId>(value), Bytes(reader.integer(reader.require(entry, "bytes")))});
    }
    result.witness = std::move(witness);
  }

  const Problem &problem;
  JsonReader reader;
  std::vector<std::pair<int64_t, OpId>> opOfId; ///< sorted
  PlanResult result;
};

} // namespace

std::string writePlan(const Problem &problem, const PlanResult &result) {
  JsonObject page;
  page.add("schema_version", kPlanSchemaVersion);
  page.add("status", toString(result.status));
  page.add("strategy", result.strategy);
  page.add("stop_reason", result.stopReason);
  page.add("scope", toString(problem.scope));
  if (result.budget)
    page.add("budget", result.budget->count);
  page.add("plain_peak", result.plainPeak.count);
  page.add("smallest_peak", result.smallestPeak.count);
  if (result.plan)
    addPlan(page, problem, *result.plan, result.bound);
  page.add("cost_unit", toString(problem.costUnit));
  page.add("cost_table", problem.costTable);
  page.add("base_cost", problem.baseCost().count);
  page.add("bound", result.bound.count);
  // By name, because that is the order in which an object reads back.
  std::vector<std::pair<std::string, int64_t>> statistics = result.statistics;
  std::sort(statistics.begin(), statistics.end());
  JsonObject counters;
  for (const auto &[name, count] : statistics)
    counters.add(name, count);
  page.addRaw("statistics", counters.line());
  if (result.formula)
    page.addRaw("paper", writeFormula(*result.formula));
  if (result.witness)
    page.addRaw("witness", writeWitness(problem.graph, *result.witness));
  if (result.plan) {
    std::vector<int64_t> ids;
    for (OpId op : result.plan->schedule)
      ids.push_back(problem.graph.ops[op].id);
    page.addRaw("schedule", jsonIntegers(ids));
  }
  return page.page();
}

Result<PlanFigures> readPlanFigures(std::string_view text, const std::string &source) {
  JsonReader reader(text, source);
  PlanFigures figures;
  if (!reader.failed()) {
    const JsonAt &root = reader.root();
    auto read = [&](const char *key) -> std::optional<double> {
      return reader.has(root, key) ? std::optional(reader.number(reader.find(root, key)))
                                   : std::nullopt;
    };
    figures.overhead = read("overhead");
    figures.gap = read("gap");
    figures.timeMicroseconds = read("time_us");
    if (reader.has(root, "total_flops"))
      figures.totalFlops = reader.integer(reader.find(root, "total_flops"));
  }
  if (reader.failed())
    return reader.error();
  return figures;
}

Result<PlanResult> readPlan(const Problem &problem, std::string_view text,
                            const std::string &source) {
  return PlanReader(problem, text, source).run();
}

} // namespace remat::planning
