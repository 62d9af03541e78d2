//===- ProblemIOTest.cpp - problem.json in and out ------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/ProblemIO.h"

#include "TextMutations.h"

#include <gtest/gtest.h>

using namespace remat::planning;

namespace {

const std::string text = R"({
"schema_version": 1,
"cost_unit": "units",
"values": [{"bytes": 100}, {"bytes": 10, "name": "%a"}, {"bytes": 20}],
"arguments": [0],
"outputs": [2],
"ops": [
{"id": 7, "phase": "forward", "cost": 3, "inputs": [0], "results": [1]},
{"id": 9, "phase": "backward", "cost": 4, "inputs": [1], "results": [2], "name": "dot"}
]
})";

std::string messageFor(const std::string &file) {
  Result<Problem> problem = readProblem(file, "p.json");
  return problem ? "valid" : problem.error().message;
}

TEST(ProblemIO, ReadsAShortProblemWithDefaults) {
  Result<Problem> problem = readProblem(text, "p.json");
  ASSERT_TRUE(problem) << problem.error().message;
  EXPECT_EQ(problem->scope, BudgetScope::Total);
  EXPECT_TRUE(problem->donation);
  EXPECT_EQ(problem->memoryModel, "program");
  EXPECT_EQ(problem->costUnit, CostUnit::Units);
  EXPECT_EQ(problem->cost, (std::vector<Cost>{Cost(3), Cost(4)}));
  EXPECT_EQ(problem->graph.ops[1].id, 9);
  EXPECT_EQ(problem->graph.ops[1].phase, Phase::Backward);
  EXPECT_TRUE(problem->graph.ops[1].recomputable);
  EXPECT_EQ(problem->graph.values[1].producer, 0);
  EXPECT_EQ(problem->graph.values[0].producer, kNoOp);
}

/// Fields that differ between two problems, through what is written of them.
void expectRoundTrip(const Problem &problem) {
  std::string written = writeProblem(problem);
  Result<Problem> again = readProblem(written, "p.json");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(writeProblem(*again), written);
  ASSERT_EQ(again->graph.ops.size(), problem.graph.ops.size());
  for (size_t i = 0; i < problem.graph.ops.size(); ++i) {
    const Op &found = again->graph.ops[i], &wanted = problem.graph.ops[i];
    EXPECT_EQ(found.id, wanted.id);
    EXPECT_EQ(found.name, wanted.name);
    EXPECT_EQ(found.kind, wanted.kind);
    EXPECT_EQ(found.phase, wanted.phase);
    EXPECT_EQ(found.recomputable, wanted.recomputable);
    EXPECT_EQ(found.work.flops, wanted.work.flops);
    EXPECT_EQ(found.work.bytesRead, wanted.work.bytesRead);
    EXPECT_EQ(found.work.bytesWritten, wanted.work.bytesWritten);
    EXPECT_EQ(found.work.elementBits, wanted.work.elementBits);
    EXPECT_EQ(found.inputs, wanted.inputs);
    EXPECT_EQ(found.results, wanted.results);
    EXPECT_EQ(found.scope, wanted.scope);
    EXPECT_EQ(found.location, wanted.location);
    EXPECT_EQ(found.foldedProducts, wanted.foldedProducts);
  }
  for (size_t i = 0; i < problem.graph.values.size(); ++i) {
    EXPECT_EQ(again->graph.values[i].bytes, problem.graph.values[i].bytes);
    EXPECT_EQ(again->graph.values[i].producer, problem.graph.values[i].producer);
    EXPECT_EQ(again->graph.values[i].name, problem.graph.values[i].name);
  }
  EXPECT_EQ(again->graph.name, problem.graph.name);
  EXPECT_EQ(again->graph.arguments, problem.graph.arguments);
  EXPECT_EQ(again->graph.outputs, problem.graph.outputs);
  EXPECT_EQ(again->graph.donated, problem.graph.donated);
  EXPECT_EQ(again->cost, problem.cost);
  EXPECT_EQ(again->costUnit, problem.costUnit);
  EXPECT_EQ(again->costTable, problem.costTable);
  EXPECT_EQ(again->scope, problem.scope);
  EXPECT_EQ(again->donation, problem.donation);
  EXPECT_EQ(again->memoryModel, problem.memoryModel);
}

TEST(ProblemIO, RoundTripsRandomProblems) {
  TestRandom random(6);
  for (int round = 0; round < 300; ++round) {
    Problem problem = randomProblem(random, 12);
    problem.graph.name = round % 2 ? "" : "net \"one\"\n";
    problem.costTable = "h100";
    problem.memoryModel = "xla";
    for (Op &op : problem.graph.ops) {
      op.id = op.id * 3 + 1;
      op.kind = static_cast<OpKind>(random.below(static_cast<int>(OpKind::Other) + 1));
      op.phase = static_cast<Phase>(random.below(3));
      op.work.bytesRead = Bytes(random.below(100));
      op.work.bytesWritten = Bytes(random.below(100));
      op.work.elementBits = 16;
      if (random.oneIn(2)) {
        op.scope = "Net/Dense_0";
        op.location = "net.py:3";
        op.foldedProducts = op.id % 3;
      }
    }
    expectRoundTrip(problem);
  }
}

TEST(ProblemIO, WritesNamesThatAreNoUtf8) {
  Problem problem = smallProblem();
  problem.graph.ops[0].location = "caf\xe9.py:1";
  Result<Problem> again = readProblem(writeProblem(problem), "");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->graph.ops[0].location, "caf\xef\xbf\xbd.py:1");
}

TEST(ProblemIO, RefusesOtherVersionsAndKeys) {
  Result<Problem> newer = readProblem(replaced(text, "version\": 1", "version\": 2"), "p.json");
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, ErrorCode::UnsupportedSchema);
  EXPECT_EQ(newer.error().message, "p.json: schema_version: this build reads version 1, found 2");
  EXPECT_EQ(messageFor(replaced(text, "\"schema_version\": 1,", "")),
            "p.json: key \"schema_version\" is missing");
  EXPECT_EQ(messageFor(replaced(text, "\"cost_unit\"", "\"cost-unit\"")).substr(0, 76),
            "p.json: unknown key \"cost-unit\"; known keys: schema_version, name, scope, do");
  EXPECT_EQ(messageFor(replaced(text, "\"name\": \"dot\"", "\"flop\": 3")),
            "p.json: ops[1]: unknown key \"flop\"; known keys: id, name, kind, phase, "
            "recomputable, cost, flops, bytes_read, bytes_written, element_bits, inputs, results, "
            "folded_products, scope, location");
  EXPECT_EQ(messageFor(replaced(text, "{\"bytes\": 100}", "{\"bytes\": 100, \"size\": 1}")),
            "p.json: values[0]: unknown key \"size\"; known keys: bytes, name");
}

TEST(ProblemIO, NamesTheKeyOfWrongContent) {
  EXPECT_EQ(messageFor(replaced(text, "\"inputs\": [0]", "\"inputs\": [99]")),
            "p.json: ops[0].inputs[0]: value 99 does not exist, the problem has 3 values");
  EXPECT_EQ(messageFor(replaced(text, "\"results\": [2]", "\"results\": [1]")),
            "p.json: ops[1].results[0]: value 1 is already a result of ops[0]");
  EXPECT_EQ(messageFor(replaced(text, "{\"bytes\": 100}", "{\"bytes\": -100}")),
            "p.json: values[0].bytes: expected 0 or more, found -100");
  EXPECT_EQ(messageFor(replaced(text, "{\"bytes\": 100}", "{\"bytes\": 1e2}")),
            "p.json: values[0].bytes: expected an integer, found 100.0");
  EXPECT_EQ(messageFor(replaced(text, "{\"bytes\": 100}", "{\"bytes\": 18446744073709551616}")),
            "p.json: values[0].bytes: 1.8446744073709552e+19 is out of range; the largest integer "
            "here is 9223372036854775807");
  EXPECT_EQ(messageFor(replaced(text, "{\"bytes\": 100}", "{\"bytes\": 4611686018427387904}")),
            "p.json: the sizes of the values sum to 2^62 bytes or more at value 0 with "
            "4611686018427387904 bytes");
  EXPECT_EQ(messageFor(replaced(text, "\"cost\": 3, ", "")),
            "p.json: ops[0]: key \"cost\" is missing");
  EXPECT_EQ(messageFor(replaced(text, "\"units\"", "\"euros\"")),
            "p.json: cost_unit: unknown value \"euros\"; known values: femtoseconds, units");
  EXPECT_EQ(messageFor(replaced(text, "\"backward\"", "\"bwd\"")),
            "p.json: ops[1].phase: unknown value \"bwd\"; known values: forward, backward, "
            "update");
  EXPECT_EQ(messageFor(replaced(text, "\"name\": \"dot\"", "\"kind\": \"mul\"")),
            "p.json: ops[1].kind: unknown value \"mul\"; known values: constant, elementwise, "
            "broadcast, view, transpose, reduce, dot, convolution, gather, scatter, window, "
            "concat, slice, update, pad, sort, loop, branch, random, custom, barrier, other");
  EXPECT_EQ(messageFor(replaced(text, "\"name\": \"dot\"", "\"element_bits\": 4096")),
            "p.json: ops[1].element_bits: 4096 is out of range; the largest integer here is 1024");
  EXPECT_EQ(messageFor(replaced(text, "\"outputs\": [2]", "\"outputs\": [2], \"scope\": \"all\"")),
            "p.json: scope: unknown value \"all\"; known values: total, non-arguments, "
            "temporaries");
  EXPECT_EQ(messageFor(replaced(text, "\"arguments\": [0]", "\"arguments\": []")),
            "p.json: value 0 has no producer and is not an argument");
  EXPECT_EQ(messageFor(replaced(text, "\"inputs\": [0]", "\"inputs\": [2]")),
            "p.json: op 7 reads value 2, which op 9 (dot) produces only later; ops must stand in "
            "an order in which producers come first");
  EXPECT_EQ(messageFor(replaced(text, "\"id\": 9", "\"id\": 7")),
            "p.json: the ops at positions 0 and 1 both have id 7; ids must differ");
}

TEST(ProblemIO, NamesTheKeyOfAWrongDonation) {
  auto withDonation = [](const std::string &list) {
    return replaced(text, "\"outputs\": [2]", "\"outputs\": [2], \"donated\": " + list);
  };
  EXPECT_EQ(messageFor(withDonation("[0]")), "valid");
  EXPECT_EQ(messageFor(withDonation("[null]")), "valid");
  EXPECT_EQ(messageFor(withDonation("[]")),
            "p.json: donated: expected one entry per output, 1, found 0");
  EXPECT_EQ(messageFor(withDonation("[1]")),
            "p.json: donated[0]: argument 1 does not exist, the problem has 1 arguments");
}

TEST(ProblemIO, RefusesEveryTruncationAndSurvivesDamage) {
  std::string written = writeProblem(smallProblem());
  EXPECT_EQ(
      acceptedAfterDamage(written, [](const std::string &file) { return readProblem(file, ""); }),
      0);
}

} // namespace
