//===- CheckmateIOTest.cpp - graphs of the Checkmate paper ----------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/CheckmateIO.h"

#include "TextMutations.h"
#include "remat/Planning/Recompute/Simulator.h"

#include <gtest/gtest.h>

using namespace remat::planning;

namespace {

const std::string step = R"({"directed": true, "multigraph": false, "graph": {"name": "step"},
"nodes": [
{"name": "a", "backward": false, "cost_cpu": 3, "cost_ram": 40, "id": 0},
{"name": "b", "backward": null, "cost_cpu": 5, "cost_ram": 30, "id": 1},
{"name": "loss", "backward": true, "cost_cpu": 1, "cost_ram": 2, "id": 2},
{"name": "b_backward", "backward": true, "cost_cpu": 6, "cost_ram": 31, "id": 3},
{"name": "a_backward", "backward": true, "cost_cpu": 4, "cost_ram": 41, "id": 4}
], "links": [
{"source": 0, "target": 1}, {"source": 0, "target": 4}, {"source": 1, "target": 2},
{"source": 1, "target": 3}, {"source": 2, "target": 3}, {"source": 3, "target": 4}
]})";

const std::string random = R"({"directed": true, "graph": {"name": "random", "order": [0, 3, 2, 1]},
"nodes": [
{"out_cost": 10, "param_cost": 0, "duration": 0, "name": 0},
{"out_cost": 5, "param_cost": 0, "duration": 7, "name": 1},
{"out_cost": 7, "param_cost": 0, "duration": 8, "name": 2},
{"out_cost": 20, "param_cost": 0, "duration": 9, "name": 3}
], "links": [{"0": 0, "1": 2}, {"0": 0, "1": 3}, {"0": 2, "1": 1}, {"0": 3, "1": 1}]})";

std::string messageFor(const std::string &text) {
  Result<Problem> problem = readCheckmateProblem(text, "step.json");
  return problem ? "valid" : problem.error().message;
}

std::vector<int64_t> idsOf(const Problem &problem) {
  std::vector<int64_t> ids;
  for (const Op &op : problem.graph.ops)
    ids.push_back(op.id);
  return ids;
}

TEST(CheckmateIO, ReadsCheckmatesSpelling) {
  Result<Problem> read = readCheckmateProblem(step, "step.json");
  ASSERT_TRUE(read) << read.error().message;
  const Graph &graph = read->graph;
  EXPECT_EQ(graph.name, "step");
  EXPECT_EQ(idsOf(*read), (std::vector<int64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(graph.ops[3].name, "b_backward");
  EXPECT_EQ(graph.ops[3].inputs, (std::vector<ValueId>{1, 2}));
  EXPECT_EQ(graph.values[3].bytes, Bytes(31));
  EXPECT_EQ(read->cost[3], Cost(6));
  EXPECT_EQ(read->costUnit, CostUnit::Units);
  EXPECT_TRUE(graph.arguments.empty());
  EXPECT_TRUE(graph.outputs.empty());
  std::vector<Phase> phases;
  for (const Op &op : graph.ops) {
    phases.push_back(op.phase);
    EXPECT_TRUE(op.recomputable);
  }
  EXPECT_EQ(phases, (std::vector<Phase>{Phase::Forward, Phase::Forward, Phase::Backward,
                                        Phase::Backward, Phase::Backward}));
}

TEST(CheckmateIO, ReadsTheSpellingOfLayeredGraphs) {
  Result<Problem> read = readCheckmateProblem(random, "random.json");
  ASSERT_TRUE(read) << read.error().message;
  const Graph &graph = read->graph;
  EXPECT_EQ(graph.name, "random");
  EXPECT_EQ(idsOf(*read), (std::vector<int64_t>{0, 3, 2, 1})); // graph.order
  EXPECT_EQ(graph.ops[3].inputs, (std::vector<ValueId>{2, 1}));
  EXPECT_EQ(graph.values[1].bytes, Bytes(20));
  EXPECT_EQ(graph.values[1].name, "%3");
  EXPECT_EQ(read->cost[1], Cost(9));
  EXPECT_EQ(graph.ops[3].phase, Phase::Forward);
}

/// Bytes at each step as the Moccasin program counts them: a node's own result
/// and what a later node of the schedule, or this one, still reads.
TEST(CheckmateIO, MemoryIsThatOfThePapersPrograms) {
  Problem problem = *readCheckmateProblem(step, "");
  std::vector<Bytes> plain = simulate(problem, {0, 1, 2, 3, 4}, true).liveAtStep;
  EXPECT_EQ(plain, (std::vector<Bytes>{Bytes(40), Bytes(70), Bytes(72), Bytes(103), Bytes(112)}));
  Simulation again = simulate(problem, {0, 1, 2, 3, 0, 4}, true);
  EXPECT_EQ(again.liveAtStep, (std::vector<Bytes>{Bytes(40), Bytes(70), Bytes(32), Bytes(63),
                                                  Bytes(71), Bytes(112)}));
  EXPECT_EQ(again.cost, problem.baseCost() + Cost(3));
  // The last node counts during its own step only, like any that nobody reads.
  EXPECT_EQ(simulate(problem, {0, 1, 2, 3, 4, 0}, true).liveAtStep.back(), Bytes(40));
}

TEST(CheckmateIO, WithoutAnOrderTheListsIsTaken) {
  std::string text = R"({"nodes": [
{"id": 0, "cost_ram": 1, "cost_cpu": 1}, {"id": 1, "cost_ram": 1, "cost_cpu": 1},
{"id": 2, "cost_ram": 1, "cost_cpu": 1}], "links": [
{"source": 2, "target": 1}, {"source": 0, "target": 2}, {"source": 2, "target": 1}]})";
  Result<Problem> read = readCheckmateProblem(text, "");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(idsOf(*read), (std::vector<int64_t>{0, 2, 1}));
  EXPECT_EQ(read->graph.ops[2].inputs, (std::vector<ValueId>{1})); // the link counts once
  EXPECT_EQ(read->graph.describe(0), "op %0");
}

TEST(CheckmateIO, NamesTheKeyOfWrongContent) {
  EXPECT_EQ(messageFor("[]"), "step.json: expected an object, found a list");
  EXPECT_EQ(messageFor("{}"), "step.json: key \"nodes\" is missing");
  EXPECT_EQ(messageFor(R"({"nodes":[]})"), "step.json: key \"links\" is missing");
  EXPECT_EQ(messageFor(R"({"nodes":[],"links":[]})"), "step.json: the graph has no ops");
  EXPECT_EQ(messageFor(R"({"nodes":[3],"links":[]})"),
            "step.json: nodes[0]: expected an object, found 3");
  EXPECT_EQ(messageFor(replaced(step, R"("directed": true)", R"("directed": false)")),
            "step.json: directed: expected true; links have a direction");
  EXPECT_EQ(messageFor(replaced(step, R"("id": 3)", R"("id": 30)")),
            "step.json: nodes[3].id: expected 3, the node's list position, found 30");
  EXPECT_EQ(messageFor(replaced(random, R"("name": 3)", R"("name": 30)")),
            "step.json: nodes[3].name: expected 3, the node's list position, found 30");
  EXPECT_EQ(messageFor(replaced(step, R"("cost_ram": 31, )", "")),
            "step.json: nodes[3]: key \"cost_ram\" is missing");
  EXPECT_EQ(messageFor(replaced(random, R"("duration": 9, )", "")),
            "step.json: nodes[3]: key \"duration\" is missing");
  EXPECT_EQ(messageFor(replaced(step, R"("cost_cpu": 6)", R"("cost_cpu": 6.5)")),
            "step.json: nodes[3].cost_cpu: expected an integer, found 6.5");
  EXPECT_EQ(messageFor(replaced(step, R"("cost_ram": 31)", R"("cost_ram": -1)")),
            "step.json: nodes[3].cost_ram: expected 0 or more, found -1");
  EXPECT_EQ(messageFor(replaced(step, R"("backward": null)", R"("backward": 1)")),
            "step.json: nodes[1].backward: expected true or false, found 1");
  EXPECT_EQ(messageFor(replaced(step, R"("target": 2)", R"("target": 5)")),
            "step.json: links[2].target: node 5 does not exist, the graph has 5 nodes");
  EXPECT_EQ(messageFor(replaced(random, R"({"0": 2, "1": 1})", R"({"source": 2, "target": 1})")),
            "step.json: links[2]: key \"0\" is missing");
  EXPECT_EQ(messageFor(replaced(step, R"({"name": "step"})", "7")),
            "step.json: graph: expected an object, found 7");
  EXPECT_EQ(messageFor(replaced(step, R"("cost_ram": 31)", R"("cost_ram": 4611686018427387904)")),
            "step.json: the sizes of the values sum to 2^62 bytes or more at value 3 (%3) with "
            "4611686018427387904 bytes");
}

TEST(CheckmateIO, NamesACycle) {
  EXPECT_EQ(
      messageFor(replaced(step, R"({"source": 2, "target": 3})", R"({"source": 4, "target": 3})")),
      "step.json: nodes[3]: the nodes form a cycle: 3 -> 4 -> 3");
}

TEST(CheckmateIO, NamesWhatIsWrongWithAnOrder) {
  auto withOrder = [](const std::string &order) {
    return messageFor(replaced(random, "[0, 3, 2, 1]", order));
  };
  EXPECT_EQ(withOrder("[0, 3, 2]"), "step.json: graph.order: expected all 4 nodes, found 3");
  EXPECT_EQ(withOrder("[0, 3, 3, 1]"),
            "step.json: graph.order[2]: node 3 stands here for the second time");
  EXPECT_EQ(withOrder("[0, 3, 1, 2]"),
            "step.json: graph.order[2]: node 1 stands before node 2, which it reads");
  EXPECT_EQ(withOrder("[0, 3, 4, 1]"),
            "step.json: graph.order[2]: node 4 does not exist, the graph has 4 nodes");
  EXPECT_EQ(withOrder("7"), "step.json: graph.order: expected a list, found 7");
}

TEST(CheckmateIO, DamagedFilesAreRefusedOrRead) {
  auto read = [](const std::string &text) { return readCheckmateProblem(text, "x"); };
  EXPECT_EQ(acceptedAfterDamage(step, read), 0);
  EXPECT_EQ(acceptedAfterDamage(random, read), 0);
}

} // namespace
