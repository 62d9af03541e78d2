//===- PaperIO.cpp - files of paper graphs --------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/PaperIO.h"

#include "Json.h"

#include <algorithm>
#include <array>

namespace remat::planning {

namespace {

class PaperReader {
public:
  PaperReader(std::string_view text, const std::string &source) : reader(text, source) {}

  Result<PaperGraph> run(const std::string &name) {
    if (!reader.failed())
      readDocument(name);
    if (reader.failed())
      return reader.error();
    return std::move(graph);
  }

private:
  void readDocument(const std::string &name) {
    const JsonAt &root = reader.root();
    reader.expectObject(root);
    if (!reader.has(root, "graphs")) {
      readGraph(root);
      if (!name.empty() && name != graph.name)
        reader.fail(
            root,
            "there is no graph \"" + name + "\"; the file holds one graph" +
                (graph.name.empty() ? std::string(" without a name") : ", \"" + graph.name + "\""),
            ErrorCode::InvalidOption);
      return;
    }
    JsonAt graphs = reader.find(root, "graphs");
    reader.expectObject(graphs);
    std::vector<std::string> names = reader.keys(graphs);
    std::string list;
    for (const std::string &one : names)
      list += (list.empty() ? "" : ", ") + one;
    if (names.empty())
      return reader.fail(graphs, "the file holds no graph");
    if (name.empty() && names.size() != 1)
      return reader.fail(graphs, "the file holds several graphs; choose one with --graph: " + list,
                         ErrorCode::InvalidOption);
    const std::string &chosen = name.empty() ? names.front() : name;
    if (!reader.has(graphs, chosen))
      return reader.fail(graphs, "there is no graph \"" + chosen + "\"; the file holds: " + list,
                         ErrorCode::InvalidOption);
    graph.name = chosen;
    readGraph(reader.find(graphs, chosen));
  }

  void readGraph(const JsonAt &at) {
    reader.expectObject(at);
    if (graph.name.empty())
      graph.name = reader.stringOr(at, "name", "");
    graph.n = static_cast<int32_t>(
        reader.integer(reader.require(at, "n"), 1, std::numeric_limits<int32_t>::max() / 2));
    graph.T = readCounts(reader.require(at, "T"));
    graph.M = readCounts(reader.require(at, "M"));
    JsonAt edges = reader.require(at, "edges");
    for (size_t i = 0, size = reader.size(edges); i < size && !reader.failed(); ++i)
      readEdge(reader.element(edges, i));
    if (reader.has(at, "backward"))
      readBackward(reader.find(at, "backward"));
    if (reader.failed())
      return;
    std::sort(graph.edges.begin(), graph.edges.end());
    graph.edges.erase(std::unique(graph.edges.begin(), graph.edges.end()), graph.edges.end());
    if (Status status = graph.check(); !status)
      reader.fail(at, status.error().message, status.error().code);
  }

  std::vector<int64_t> readCounts(const JsonAt &list) {
    std::vector<int64_t> counts;
    size_t size = reader.size(list);
    if (!reader.failed() && size != static_cast<size_t>(graph.n))
      reader.fail(list, "expected n = " + std::to_string(graph.n) + " entries, found " +
                            std::to_string(size));
    for (size_t i = 0; i < size && !reader.failed(); ++i)
      counts.push_back(reader.integer(reader.element(list, i)));
    return counts;
  }

  void readEdge(const JsonAt &at) {
    if (size_t size = reader.size(at); size != 2 && !reader.failed())
      reader.fail(at, "expected [from, to], found " + std::to_string(size) + " entries");
    if (reader.failed())
      return;
    int32_t from = readNode(reader.element(at, 0));
    int32_t to = readNode(reader.element(at, 1));
    graph.edges.emplace_back(from, to);
  }

  /// One entry per node: {"need": [3], "needs_out": true, "targets": [3]}.
  void readBackward(const JsonAt &list) {
    for (size_t i = 0, size = reader.size(list); i < size && !reader.failed(); ++i) {
      JsonAt entry = reader.element(list, i);
      reader.expectObject(entry);
      OpBackward backward{readNodes(reader.require(entry, "need")),
                          readNodes(reader.require(entry, "targets"))};
      auto self = static_cast<int32_t>(i);
      if (reader.booleanOr(entry, "needs_out", false) &&
          !std::count(backward.reads.begin(), backward.reads.end(), self))
        backward.reads.push_back(self);
      graph.backward.push_back(std::move(backward));
    }
  }

  std::vector<int32_t> readNodes(const JsonAt &list) {
    std::vector<int32_t> nodes;
    for (size_t i = 0, size = reader.size(list); i < size && !reader.failed(); ++i)
      nodes.push_back(readNode(reader.element(list, i)));
    return nodes;
  }

  int32_t readNode(const JsonAt &at) {
    int64_t node = reader.integer(at);
    if (node >= graph.n)
      reader.fail(at, "node " + std::to_string(node) + " does not exist, the graph has " +
                          std::to_string(graph.n) + " nodes");
    return static_cast<int32_t>(node);
  }

  JsonReader reader;
  PaperGraph graph;
};

} // namespace

Result<PaperGraph> readPaperGraph(std::string_view text, const std::string &source,
                                  const std::string &name) {
  return PaperReader(text, source).run(name);
}

std::string writePaperGraph(const PaperGraph &graph) {
  std::vector<std::string> edges, backward;
  for (auto [from, to] : graph.edges)
    edges.push_back(jsonIntegers(std::array{from, to}));
  for (const OpBackward &gradient : graph.backward) {
    JsonObject entry;
    entry.addRaw("need", jsonIntegers(gradient.reads));
    entry.addRaw("targets", jsonIntegers(gradient.differentiates));
    backward.push_back(entry.line());
  }
  JsonObject object;
  object.add("name", graph.name);
  object.add("n", graph.n);
  object.addRaw("T", jsonIntegers(graph.T));
  object.addRaw("M", jsonIntegers(graph.M));
  object.addRaw("edges", jsonLines(edges));
  if (!backward.empty())
    object.addRaw("backward", jsonLines(backward));
  return object.page();
}

} // namespace remat::planning
