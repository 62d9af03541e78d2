//===- ProblemIO.cpp - problem.json ---------------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/ProblemIO.h"

#include "Json.h"

namespace remat::planning {

namespace {

std::string kindNames() {
  std::string names;
  for (int kind = 0; kind <= static_cast<int>(OpKind::Other); ++kind)
    names += (kind > 0 ? ", " : "") + std::string(toString(static_cast<OpKind>(kind)));
  return names;
}

class ProblemReader {
public:
  ProblemReader(std::string_view text, const std::string &source) : reader(text, source) {}

  Result<Problem> run() {
    return readChecked(reader, problem, [this] { readDocument(); });
  }

private:
  void readDocument() {
    const JsonAt &root = reader.root();
    reader.expectObject(root);
    if (!reader.has(root, "schema_version")) {
      bool isCheckmate = reader.has(root, "links");
      bool isNeutral = reader.has(root, "nodes");
      bool isPaper = reader.has(root, "graphs") || reader.has(root, "edges");
      if (isCheckmate || isNeutral || isPaper)
        return reader.fail(root, std::string("key \"schema_version\" is missing; a ") +
                                     (isCheckmate ? "Checkmate graph needs --format=checkmate"
                                      : isNeutral ? "neutral graph needs --format=neutral"
                                                  : "paper graph needs --format=paper"));
    }
    reader.expectSchemaVersion(root, kProblemSchemaVersion);
    reader.expectObject(root, {"schema_version", "name", "scope", "donation", "memory_model",
                               "cost_table", "cost_unit", "values", "arguments", "outputs",
                               "donated", "ops"});
    Graph &graph = problem.graph;
    graph.name = reader.stringOr(root, "name", "");
    problem.donation = reader.booleanOr(root, "donation", true);
    problem.memoryModel = reader.stringOr(root, "memory_model", "program");
    problem.costTable = reader.stringOr(root, "cost_table", "");
    if (reader.has(root, "scope"))
      problem.scope =
          reader.choice(reader.find(root, "scope"), parseBudgetScope, budgetScopeNames());
    problem.costUnit =
        reader.choice(reader.require(root, "cost_unit"), parseCostUnit, costUnitNames());
    readValues(reader.require(root, "values"));
    readOps(reader.require(root, "ops"));
    graph.arguments = readValueIds(reader.require(root, "arguments"));
    graph.outputs = readValueIds(reader.require(root, "outputs"));
    graph.donated.assign(graph.outputs.size(), std::nullopt);
    if (reader.has(root, "donated"))
      readDonated(reader.find(root, "donated"));
  }

  void readValues(const JsonAt &list) {
    for (size_t i = 0, size = reader.size(list); i < size && !reader.failed(); ++i) {
      JsonAt at = reader.element(list, i);
      reader.expectObject(at, {"bytes", "name"});
      Value value;
      value.bytes = Bytes(reader.integer(reader.require(at, "bytes")));
      value.name = reader.stringOr(at, "name", "");
      problem.graph.values.push_back(std::move(value));
    }
  }

  std::vector<ValueId> readValueIds(const JsonAt &list) {
    std::vector<ValueId> ids;
    int64_t count = static_cast<int64_t>(problem.graph.values.size());
    for (size_t i = 0, size = reader.size(list); i < size && !reader.failed(); ++i) {
      JsonAt at = reader.element(list, i);
      int64_t id = reader.integer(at);
      if (id >= count && !reader.failed())
        reader.fail(at, "value " + std::to_string(id) + " does not exist, the problem has " +
                            std::to_string(count) + " values");
      if (!reader.failed())
        ids.push_back(static_cast<ValueId>(id));
    }
    return ids;
  }

  void readOps(const JsonAt &list) {
    for (size_t i = 0, size = reader.size(list); i < size && !reader.failed(); ++i)
      readOp(reader.element(list, i), static_cast<OpId>(i));
  }

  void readOp(const JsonAt &at, OpId id) {
    reader.expectObject(at, {"id", "name", "kind", "phase", "recomputable", "cost", "flops",
                             "bytes_read", "bytes_written", "element_bits", "inputs", "results",
                             "folded_products", "scope", "location"});
    Op op;
    op.id = reader.integer(reader.require(at, "id"));
    op.name = reader.stringOr(at, "name", "");
    if (reader.has(at, "kind"))
      op.kind = reader.choice(reader.find(at, "kind"), parseOpKind, kindNames());
    op.phase = reader.choice(reader.require(at, "phase"), parsePhase, "forward, backward, update");
    op.recomputable = reader.booleanOr(at, "recomputable", true);
    op.work.flops = Flops(reader.integerOr(at, "flops", 0));
    op.work.bytesRead = Bytes(reader.integerOr(at, "bytes_read", 0));
    op.work.bytesWritten = Bytes(reader.integerOr(at, "bytes_written", 0));
    op.work.elementBits = static_cast<int>(
        reader.has(at, "element_bits") ? reader.integer(reader.find(at, "element_bits"), 0, 1024)
                                       : 32);
    op.inputs = readValueIds(reader.require(at, "inputs"));
    readResults(reader.require(at, "results"), op, id);
    op.foldedProducts = reader.integerOr(at, "folded_products", 0);
    op.scope = reader.stringOr(at, "scope", "");
    op.location = reader.stringOr(at, "location", "");
    problem.cost.push_back(Cost(reader.integer(reader.require(at, "cost"))));
    problem.graph.ops.push_back(std::move(op));
  }

  void readResults(const JsonAt &list, Op &op, OpId id) {
    op.results = readValueIds(list);
    for (size_t i = 0; i < op.results.size() && !reader.failed(); ++i) {
      Value &value = problem.graph.values[op.results[i]];
      if (value.producer != kNoOp)
        reader.fail(reader.element(list, i), "value " + std::to_string(op.results[i]) +
                                                 " is already a result of ops[" +
                                                 std::to_string(value.producer) + "]");
      value.producer = id;
    }
  }

  void readDonated(const JsonAt &list) {
    size_t size = reader.size(list);
    if (size != problem.graph.outputs.size())
      reader.fail(list, "expected one entry per output, " +
                            std::to_string(problem.graph.outputs.size()) + ", found " +
                            std::to_string(size));
    int64_t arguments = static_cast<int64_t>(problem.graph.arguments.size());
    for (size_t i = 0; i < size && !reader.failed(); ++i) {
      JsonAt at = reader.element(list, i);
      if (reader.isNull(at))
        continue;
      int64_t argument = reader.integer(at);
      if (argument >= arguments && !reader.failed())
        reader.fail(at, "argument " + std::to_string(argument) +
                            " does not exist, the problem has " + std::to_string(arguments) +
                            " arguments");
      problem.graph.donated[i] = static_cast<int32_t>(argument);
    }
  }

  JsonReader reader;
  Problem problem;
};

std::string writeOp(const Op &op, Cost cost) {
  JsonObject object;
  object.add("id", op.id);
  object.add("name", op.name);
  object.add("kind", toString(op.kind));
  object.add("phase", toString(op.phase));
  object.add("recomputable", op.recomputable);
  object.add("cost", cost.count);
  object.add("flops", op.work.flops.count);
  object.add("bytes_read", op.work.bytesRead.count);
  object.add("bytes_written", op.work.bytesWritten.count);
  object.add("element_bits", op.work.elementBits);
  object.addRaw("inputs", jsonIntegers(op.inputs));
  object.addRaw("results", jsonIntegers(op.results));
  if (op.foldedProducts > 0)
    object.add("folded_products", op.foldedProducts);
  if (!op.scope.empty())
    object.add("scope", op.scope);
  if (!op.location.empty())
    object.add("location", op.location);
  return object.line();
}

} // namespace

Result<Problem> readProblem(std::string_view text, const std::string &source) {
  return ProblemReader(text, source).run();
}

std::string writeProblem(const Problem &problem) {
  const Graph &graph = problem.graph;
  JsonObject page;
  page.add("schema_version", kProblemSchemaVersion);
  page.add("name", graph.name);
  page.add("scope", toString(problem.scope));
  page.add("donation", problem.donation);
  page.add("memory_model", problem.memoryModel);
  page.add("cost_table", problem.costTable);
  page.add("cost_unit", toString(problem.costUnit));
  std::vector<std::string> values, ops;
  for (const Value &value : graph.values) {
    JsonObject object;
    object.add("bytes", value.bytes.count);
    if (!value.name.empty())
      object.add("name", value.name);
    values.push_back(object.line());
  }
  for (size_t op = 0; op < graph.ops.size(); ++op)
    ops.push_back(writeOp(graph.ops[op], problem.cost[op]));
  page.addRaw("values", jsonLines(values));
  page.addRaw("arguments", jsonIntegers(graph.arguments));
  page.addRaw("outputs", jsonIntegers(graph.outputs));
  std::string donated;
  for (const std::optional<int32_t> &argument : graph.donated)
    donated += (donated.empty() ? "" : ",") + (argument ? std::to_string(*argument) : "null");
  page.addRaw("donated", "[" + donated + "]");
  page.addRaw("ops", jsonLines(ops));
  return page.page();
}

} // namespace remat::planning
