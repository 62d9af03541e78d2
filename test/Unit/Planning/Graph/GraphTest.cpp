//===- GraphTest.cpp - the rules of a graph, one broken graph each --------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Graph/Graph.h"

#include "TestProblems.h"

#include <gtest/gtest.h>

#include <set>

using namespace remat::planning;

namespace {

/// The message for the small graph after `breakIt`.
template <typename Change>
std::string messageAfter(Change breakIt) {
  Graph graph = smallProblem().graph;
  EXPECT_TRUE(graph.check());
  breakIt(graph);
  Status status = graph.check();
  if (status)
    return "valid";
  EXPECT_EQ(status.error().code, ErrorCode::InvalidInput);
  return status.error().message;
}

constexpr int64_t quarter = int64_t(1) << 60;

TEST(Graph, RefusesAGraphWithoutOps) {
  EXPECT_EQ(messageAfter([](Graph &graph) { graph = Graph(); }), "the graph has no ops");
}

TEST(Graph, RefusesBrokenValues) {
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.values[2].bytes = Bytes(-1); }),
            "value 2 (%2) has -1 bytes; a size is 0 or more");
  EXPECT_EQ(messageAfter([](Graph &graph) {
              for (Value &value : graph.values)
                value.bytes = Bytes(quarter);
            }),
            "the sizes of the values sum to 2^62 bytes or more at value 3 (%3) with "
            "1152921504606846976 bytes");
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.values[2].producer = 9; }),
            "value 2 (%2) names producer 9, but the graph has 4 ops");
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.values[2].producer = -7; }),
            "value 2 (%2) names producer -7, but the graph has 4 ops");
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.values.push_back({0, Bytes(1), ""}); }),
            "value 5 names op 0 (test.op) as its producer, which does not list it as a result");
}

TEST(Graph, RefusesOpsOfOneId) {
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.ops[3].id = 1; }),
            "the ops at positions 1 and 3 both have id 1; ids must differ");
}

TEST(Graph, RefusesBrokenInputs) {
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.ops[1].inputs = {99}; }),
            "op 1 (test.op) reads value 99, but the graph has 5 values");
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.ops[1].inputs = {-2}; }),
            "op 1 (test.op) reads value -2, but the graph has 5 values");
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.ops[1].inputs = {4}; }),
            "op 1 (test.op) reads value 4 (%4), which op 3 (test.op) produces only later; ops "
            "must stand in an order in which producers come first");
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.ops[1].inputs = {2}; }),
            "op 1 (test.op) reads value 2 (%2), which it produces itself; ops must stand in an "
            "order in which producers come first");
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.ops[1].inputs = {0, 1, 0}; }),
            "op 1 (test.op) lists value 0 (arg0) twice as an input; list each input once");
}

TEST(Graph, RefusesBrokenResults) {
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.ops[1].results.clear(); }),
            "op 1 (test.op) has no result; an op needs at least one");
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.ops[1].results = {77}; }),
            "op 1 (test.op) produces value 77, but the graph has 5 values");
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.ops[1].results = {1}; }),
            "op 1 (test.op) lists value 1 (%1) as a result, which does not name it as its "
            "producer");
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.ops[1].results = {2, 2}; }),
            "op 1 (test.op) lists value 2 (%2) twice as a result");
}

TEST(Graph, RefusesBrokenWork) {
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.ops[2].work.flops = Flops(-3); }),
            "op 2 (test.op) has -3 flops; a count is 0 or more");
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.ops[2].work.bytesRead = Bytes(-3); }),
            "op 2 (test.op) has -3 bytes read; a count is 0 or more");
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.ops[2].work.elementBits = -32; }),
            "op 2 (test.op) has -32 bits per element; a count is 0 or more");
  EXPECT_EQ(messageAfter([](Graph &graph) {
              for (Op &op : graph.ops)
                op.work.flops = Flops(quarter + quarter);
            }),
            "the flops of the ops sum to 2^62 or more at op 1 (test.op) with 2305843009213693952 "
            "flops");
  EXPECT_EQ(messageAfter([](Graph &graph) {
              graph.ops[1].work.bytesRead = Bytes(quarter * 2);
              graph.ops[1].work.bytesWritten = Bytes(quarter * 2);
            }),
            "the bytes read and written by the ops sum to 2^62 or more at op 1 (test.op)");
}

TEST(Graph, RefusesBrokenArguments) {
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.arguments = {0, 5}; }),
            "the arguments list value 5, but the graph has 5 values");
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.arguments = {0, 1}; }),
            "the arguments list value 1 (%1), which op 0 (test.op) produces");
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.arguments = {0, 0}; }),
            "the arguments list value 0 (arg0) twice");
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.arguments.clear(); }),
            "value 0 (arg0) has no producer and is not an argument");
}

TEST(Graph, RefusesBrokenOutputs) {
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.outputs = {5}; }),
            "the outputs list value 5, but the graph has 5 values");
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.donated.clear(); }),
            "the graph has 1 outputs but 0 donation entries");
  EXPECT_EQ(messageAfter([](Graph &graph) { graph.donated = {1}; }),
            "output 0 takes over argument 1, but the graph has 1 arguments");
  EXPECT_EQ(messageAfter([](Graph &graph) {
              graph.outputs = {4, 3};
              graph.donated = {0, 0};
            }),
            "output 1 takes over argument 0, which an earlier output already takes over");
}

TEST(Graph, AcceptsOutputsThatRepeatOrAreArguments) {
  EXPECT_EQ(messageAfter([](Graph &graph) {
              graph.outputs = {4, 0, 4};
              graph.donated = {std::nullopt, 0, std::nullopt};
            }),
            "valid");
}

TEST(Graph, ListsUsersInBaseOrder) {
  std::vector<std::vector<OpId>> users = smallProblem().graph.users();
  EXPECT_EQ(users, (std::vector<std::vector<OpId>>{{0}, {1, 3}, {2}, {3}, {}}));
}

TEST(Graph, DescribesOps) {
  Graph graph = smallProblem().graph;
  EXPECT_EQ(graph.describe(1), "test.op %2");
  graph.ops[1].location = "net.py:12";
  EXPECT_EQ(graph.describe(1), "test.op %2 (net.py:12)");
  graph.values[2].name = "test.op";
  EXPECT_EQ(graph.describe(1), "test.op (net.py:12)");
  graph.values[2].name.clear();
  EXPECT_EQ(graph.describe(1), "test.op 1 (net.py:12)");
  graph.ops[1].name.clear();
  EXPECT_EQ(graph.describe(1), "op 1 (net.py:12)");
}

TEST(Graph, KindsAndPhasesReadBack) {
  std::set<std::string_view> spellings;
  for (int kind = 0; kind <= static_cast<int>(OpKind::Other); ++kind) {
    std::string_view text = toString(static_cast<OpKind>(kind));
    EXPECT_TRUE(spellings.insert(text).second) << text;
    EXPECT_EQ(parseOpKind(text), static_cast<OpKind>(kind)) << text;
  }
  EXPECT_EQ(parseOpKind("Dot"), std::nullopt);
  for (Phase phase : {Phase::Forward, Phase::Backward, Phase::Update})
    EXPECT_EQ(parsePhase(toString(phase)), phase);
  EXPECT_EQ(parsePhase("fwd"), std::nullopt);
}

} // namespace
