//===- CheckmateIO.cpp - graphs of the Checkmate paper --------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/CheckmateIO.h"

#include "Cycle.h"
#include "Json.h"

#include <algorithm>

namespace remat::planning {

namespace {

/// The keys of one spelling.
struct Spellings {
  const char *node, *bytes, *cost, *from, *to;
};
constexpr Spellings checkmate = {"id", "cost_ram", "cost_cpu", "source", "target"};
constexpr Spellings layered = {"name", "out_cost", "duration", "0", "1"};

struct Node {
  std::string name;
  Bytes bytes;
  Cost cost;
  bool backward = false;
  std::vector<int32_t> inputs;
};

class CheckmateReader {
public:
  CheckmateReader(std::string_view text, const std::string &source) : reader(text, source) {}

  Result<Problem> run() {
    return readChecked(reader, problem, [this] { readDocument(); });
  }

private:
  void readDocument() {
    const JsonAt &root = reader.root();
    reader.expectObject(root);
    if (!reader.booleanOr(root, "directed", true))
      return reader.fail(reader.find(root, "directed"), "expected true; links have a direction");
    JsonAt list = reader.require(root, "nodes");
    nodes.resize(reader.size(list));
    if (!nodes.empty() && reader.has(reader.element(list, 0), layered.bytes))
      keys = layered;
    for (size_t i = 0; i < nodes.size() && !reader.failed(); ++i)
      readNode(reader.element(list, i), i);
    readLinks(reader.require(root, "links"));
    if (reader.failed())
      return;
    std::vector<int32_t> order = sortNodes(list);
    JsonAt about = reader.find(root, "graph");
    if (reader.has(root, "graph")) {
      reader.expectObject(about);
      problem.graph.name = reader.stringOr(about, "name", "");
      if (reader.has(about, "order") && !reader.failed())
        order = readOrder(reader.find(about, "order"));
    }
    if (!reader.failed())
      buildProblem(order);
  }

  void readNode(const JsonAt &at, size_t index) {
    Node &node = nodes[index];
    reader.expectObject(at);
    int64_t id = reader.integer(reader.require(at, keys.node));
    if (id != static_cast<int64_t>(index))
      reader.fail(reader.find(at, keys.node), "expected " + std::to_string(index) +
                                                  ", the node's list position, found " +
                                                  std::to_string(id));
    node.bytes = Bytes(reader.integer(reader.require(at, keys.bytes)));
    node.cost = Cost(reader.integer(reader.require(at, keys.cost)));
    if (std::string_view(keys.node) != "name")
      node.name = reader.stringOr(at, "name", "");
    // Checkmate writes null where it does not know.
    if (JsonAt backward = reader.find(at, "backward"); !reader.isNull(backward))
      node.backward = reader.boolean(backward);
  }

  int32_t readNodeId(const JsonAt &at) {
    int64_t id = reader.integer(at);
    if (id >= static_cast<int64_t>(nodes.size()) && !reader.failed())
      reader.fail(at, "node " + std::to_string(id) + " does not exist, the graph has " +
                          std::to_string(nodes.size()) + " nodes");
    return reader.failed() ? 0 : static_cast<int32_t>(id);
  }

  void readLinks(const JsonAt &list) {
    for (size_t i = 0, size = reader.size(list); i < size && !reader.failed(); ++i) {
      JsonAt link = reader.element(list, i);
      int32_t from = readNodeId(reader.require(link, keys.from));
      int32_t to = readNodeId(reader.require(link, keys.to));
      if (!reader.failed())
        nodes[to].inputs.push_back(from);
    }
    for (Node &node : nodes) {
      std::sort(node.inputs.begin(), node.inputs.end());
      node.inputs.erase(std::unique(node.inputs.begin(), node.inputs.end()), node.inputs.end());
    }
  }

  /// Nodes in topological order, smallest first. Fails on a cycle.
  std::vector<int32_t> sortNodes(const JsonAt &list) {
    std::vector<std::vector<int32_t>> inputs;
    for (const Node &node : nodes)
      inputs.push_back(node.inputs);
    std::vector<int32_t> order = sortTopologically(inputs);
    if (order.size() < nodes.size()) {
      std::vector<int32_t> cycle = findCycle(inputs);
      reader.fail(reader.element(list, cycle.front()),
                  "the nodes form a cycle: " + describeCycle(cycle));
    }
    return order;
  }

  /// `graph.order`: every node once, after those it reads.
  std::vector<int32_t> readOrder(const JsonAt &list) {
    std::vector<int32_t> order;
    std::vector<bool> seen(nodes.size(), false);
    size_t size = reader.size(list);
    if (size != nodes.size())
      reader.fail(list, "expected all " + std::to_string(nodes.size()) + " nodes, found " +
                            std::to_string(size));
    for (size_t i = 0; i < size && !reader.failed(); ++i) {
      JsonAt at = reader.element(list, i);
      int32_t node = readNodeId(at);
      if (reader.failed())
        break;
      if (seen[node])
        reader.fail(at, "node " + std::to_string(node) + " stands here for the second time");
      for (int32_t input : nodes[node].inputs)
        if (!seen[input])
          reader.fail(at, "node " + std::to_string(node) + " stands before node " +
                              std::to_string(input) + ", which it reads");
      seen[node] = true;
      order.push_back(node);
    }
    return order;
  }

  void buildProblem(const std::vector<int32_t> &order) {
    Graph &graph = problem.graph;
    std::vector<ValueId> valueOf(nodes.size());
    size_t forward = 0;
    for (size_t i = 0; i < order.size(); ++i)
      if (!nodes[order[i]].backward)
        forward = i + 1;
    for (size_t i = 0; i < order.size(); ++i) {
      Node &node = nodes[order[i]];
      auto value = static_cast<ValueId>(i);
      valueOf[order[i]] = value;
      graph.values.push_back({static_cast<OpId>(i), node.bytes, "%" + std::to_string(order[i])});
      Op op;
      op.id = order[i];
      op.name = std::move(node.name);
      op.phase = i < forward ? Phase::Forward : Phase::Backward;
      for (int32_t input : node.inputs)
        op.inputs.push_back(valueOf[input]);
      op.results = {value};
      graph.ops.push_back(std::move(op));
      problem.cost.push_back(node.cost);
    }
    problem.costUnit = CostUnit::Units;
    problem.costTable = "checkmate";
    problem.scope = BudgetScope::NonArguments;
    problem.donation = false;
  }

  JsonReader reader;
  Spellings keys = checkmate;
  std::vector<Node> nodes;
  Problem problem;
};

} // namespace

Result<Problem> readCheckmateProblem(std::string_view text, const std::string &source) {
  return CheckmateReader(text, source).run();
}

} // namespace remat::planning
