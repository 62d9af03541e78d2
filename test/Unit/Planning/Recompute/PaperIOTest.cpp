//===- PaperIOTest.cpp - files of paper graphs ----------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/PaperIO.h"

#include "TextMutations.h"

#include <gtest/gtest.h>

using namespace remat::planning;

namespace {

const std::string one = R"({"name": "chain", "batch": 2.5, "n": 3, "T": [1, 10, 0],
 "M": [4, 2, 1], "edges": [[1, 2], [0, 1], [1, 2]]})";
const std::string several = R"({"about": "two", "graphs": {
 "pair": {"n": 2, "T": [1, 1], "M": [1, 1], "edges": [[0, 1]]},
 "dot": {"n": 1, "T": [1], "M": [7], "edges": []}}})";

std::string messageFor(const std::string &text, const std::string &name = "") {
  Result<PaperGraph> graph = readPaperGraph(text, "g.json", name);
  return graph ? "valid" : graph.error().message;
}

TEST(PaperIO, ReadsAGraphWithEachEdgeOnce) {
  Result<PaperGraph> graph = readPaperGraph(one, "g.json", "");
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(graph->name, "chain");
  EXPECT_EQ(graph->n, 3);
  EXPECT_EQ(graph->T, (std::vector<int64_t>{1, 10, 0}));
  EXPECT_EQ(graph->M, (std::vector<int64_t>{4, 2, 1}));
  EXPECT_EQ(graph->edges, (std::vector<std::pair<int32_t, int32_t>>{{0, 1}, {1, 2}}));
}

TEST(PaperIO, WritesWhatItReads) {
  const std::string withBackward = R"({"name": "pair", "n": 2, "T": [1, 1], "M": [3, 4],
    "edges": [[0, 1]], "backward": [{"need": [], "targets": []},
                                    {"need": [0], "needs_out": true, "targets": [0]}]})";
  for (const std::string &text : {one, withBackward}) {
    Result<PaperGraph> graph = readPaperGraph(text, "g.json", "");
    ASSERT_TRUE(graph) << graph.error().message;
    Result<PaperGraph> again = readPaperGraph(writePaperGraph(*graph), "again.json", graph->name);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->T, graph->T);
    EXPECT_EQ(again->M, graph->M);
    EXPECT_EQ(again->edges, graph->edges);
    ASSERT_EQ(again->backward.size(), graph->backward.size());
    for (size_t v = 0; v < graph->backward.size(); ++v) {
      EXPECT_EQ(again->backward[v].reads, graph->backward[v].reads);
      EXPECT_EQ(again->backward[v].differentiates, graph->backward[v].differentiates);
    }
  }
}

TEST(PaperIO, ChoosesOneGraphOfSeveral) {
  Result<PaperGraph> graph = readPaperGraph(several, "g.json", "dot");
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(graph->name, "dot");
  EXPECT_EQ(graph->M, (std::vector<int64_t>{7}));
  EXPECT_EQ(messageFor(one, "chain"), "valid");
}

TEST(PaperIO, ListsTheGraphsWhenTheNameIsMissingOrWrong) {
  EXPECT_EQ(messageFor(several),
            "g.json: graphs: the file holds several graphs; choose one with --graph: dot, pair");
  EXPECT_EQ(messageFor(several, "triple"),
            "g.json: graphs: there is no graph \"triple\"; the file holds: dot, pair");
  EXPECT_EQ(messageFor(one, "pair"),
            "g.json: there is no graph \"pair\"; the file holds one graph, \"chain\"");
  EXPECT_EQ(messageFor(replaced(one, "\"name\": \"chain\", ", ""), "pair"),
            "g.json: there is no graph \"pair\"; the file holds one graph without a name");
  EXPECT_EQ(messageFor(R"({"graphs": {}})"), "g.json: graphs: the file holds no graph");
  EXPECT_EQ(readPaperGraph(several, "", "triple").error().code, ErrorCode::InvalidOption);
}

TEST(PaperIO, NamesTheKeyOfWrongContent) {
  EXPECT_EQ(messageFor(replaced(one, "\"n\": 3, ", "")), "g.json: key \"n\" is missing");
  EXPECT_EQ(messageFor(replaced(one, "\"n\": 3", "\"n\": 4")),
            "g.json: T: expected n = 4 entries, found 3");
  EXPECT_EQ(messageFor(replaced(one, "\"n\": 3", "\"n\": 0")),
            "g.json: n: expected 1 or more, found 0");
  EXPECT_EQ(messageFor(replaced(one, "10", "10.0")),
            "g.json: T[1]: expected an integer, found 10.0");
  EXPECT_EQ(messageFor(replaced(one, "[4, 2, 1]", "[4, -2, 1]")),
            "g.json: M[1]: expected 0 or more, found -2");
  EXPECT_EQ(messageFor(replaced(one, "[4, 2, 1]", "[4, 1152921504606846976, 1]")),
            "g.json: M sums to 2^60 or more at node 1 with 1152921504606846976");
  EXPECT_EQ(messageFor(replaced(one, "[0, 1]", "[0, 3]")),
            "g.json: edges[1][1]: node 3 does not exist, the graph has 3 nodes");
  EXPECT_EQ(messageFor(replaced(one, "[0, 1]", "[0]")),
            "g.json: edges[1]: expected [from, to], found 1 entries");
  EXPECT_EQ(messageFor(replaced(several, "\"M\": [7]", "\"M\": 7"), "dot"),
            "g.json: graphs.dot.M: expected a list, found 7");
}

TEST(PaperIO, NamesACycle) {
  EXPECT_EQ(messageFor(replaced(one, "[0, 1]", "[2, 0], [0, 1]")),
            "g.json: the edges form a cycle: 0 -> 1 -> 2 -> 0");
  EXPECT_EQ(messageFor(replaced(one, "[0, 1]", "[1, 1]")),
            "g.json: the edges form a cycle: 1 -> 1");
}

TEST(PaperIO, RefusesEveryTruncationAndSurvivesDamage) {
  EXPECT_EQ(acceptedAfterDamage(
                one, [](const std::string &text) { return readPaperGraph(text, "", ""); }),
            0);
  EXPECT_EQ(acceptedAfterDamage(
                several, [](const std::string &text) { return readPaperGraph(text, "", "dot"); }),
            0);
}

PaperGraph chain() { return {"chain", 3, {1, 1, 1}, {1, 1, 1}, {{0, 1}, {1, 2}}, {}}; }

TEST(PaperGraphCheck, RefusesBrokenGraphs) {
  EXPECT_TRUE(chain().check());
  auto messageAfter = [](auto breakIt) {
    PaperGraph graph = chain();
    breakIt(graph);
    return graph.check().error().message;
  };
  EXPECT_EQ(messageAfter([](PaperGraph &graph) { graph.n = 0; }),
            "the graph has 0 nodes; expected at least one");
  EXPECT_EQ(messageAfter([](PaperGraph &graph) { graph.M.pop_back(); }),
            "M has 2 entries for 3 nodes");
  EXPECT_EQ(messageAfter([](PaperGraph &graph) { graph.T[2] = -1; }),
            "T[2] is -1; expected 0 or more");
  EXPECT_EQ(messageAfter([](PaperGraph &graph) { graph.edges[0] = {0, -1}; }),
            "edge 0 -> -1 names a node that does not exist; the graph has 3 nodes");
  EXPECT_EQ(messageAfter([](PaperGraph &graph) { graph.edges[1] = {0, 1}; }),
            "edge 0 -> 1 is listed twice");
}

TEST(PaperGraphCheck, AcceptsSequencesOfGrowingLowerSetsOnly) {
  auto verdict = [](const LowerSetSequence &sequence) {
    Status status = checkSequence(chain(), sequence);
    return status ? "valid" : status.error().message;
  };
  EXPECT_EQ(verdict({{0, 1, 2}}), "valid");
  EXPECT_EQ(verdict({{0}, {0, 1}, {0, 1, 2}}), "valid");
  EXPECT_EQ(verdict({}), "expected the last set to hold all 3 nodes, found 0");
  EXPECT_EQ(verdict({{0, 1}}), "expected the last set to hold all 3 nodes, found 2");
  EXPECT_EQ(verdict({{}, {0, 1, 2}}), "[0]: expected more nodes than the 0 of the set before");
  EXPECT_EQ(verdict({{1}, {0, 1, 2}}),
            "[0]: not a lower set: node 1 reads node 0, which is missing");
  EXPECT_EQ(verdict({{0}, {0}, {0, 1, 2}}),
            "[1]: expected more nodes than the 1 of the set before");
  EXPECT_EQ(verdict({{0, 3}}), "[0]: expected ascending node ids below 3, found 3");
  EXPECT_EQ(verdict({{1, 0, 2}}), "[0]: expected ascending node ids below 3, found 0");
  PaperGraph two = {"", 2, {1, 1}, {1, 1}, {}, {}};
  EXPECT_EQ(checkSequence(two, {{0}, {1}, {0, 1}}).error().message,
            "[1]: node 0 of the set before is missing");
}

} // namespace
