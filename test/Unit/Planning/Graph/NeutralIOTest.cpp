//===- NeutralIOTest.cpp - neutral graphs in and out ----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Graph/NeutralIO.h"

#include "TextMutations.h"

#include <gtest/gtest.h>

using namespace remat::planning;

namespace {

// x (8 bytes) -> 1 -> 2; the loss 3 reads 2; 4 is a residual computed after it;
// 5 is backward; 6 updates the donated argument.
const std::string step = R"({"name":"step","source":"by hand","meta":{"seed":1.5},
"loss":3,"grads":[5],"donate":{"1":0},"outputs":[3,6],"nodes":[
{"id":0,"op":"arg","inputs":[],"bytes":8,"flops":0,"phase":"arg","can_recompute":false,"kind":"arg","types":["2xf32"]},
{"id":1,"op":"stablehlo.convolution","inputs":[0],"bytes":4,"flops":7,"phase":"fwd","can_recompute":true,"kind":"conv","types":["2xbf16"],"scope":"Net/Conv_0"},
{"id":2,"op":"stablehlo.rng","inputs":[1],"bytes":4,"flops":0,"phase":"opt","can_recompute":false,"kind":"rng","types":["2xf16"]},
{"id":3,"op":"stablehlo.reduce","inputs":[2,1],"bytes":2,"flops":3,"phase":"fwd","can_recompute":true,"kind":"reduce","types":["f64"]},
{"id":4,"op":"stablehlo.magic","inputs":[3],"bytes":2,"flops":0,"phase":"bwd","can_recompute":true,"kind":"unheard-of","types":["i32"]},
{"id":5,"op":"stablehlo.optimization_barrier","inputs":[4],"bytes":2,"flops":0,"phase":"bwd","can_recompute":true,"kind":"view","types":["i32"]},
{"id":6,"op":"stablehlo.add","inputs":[5,0],"bytes":8,"flops":2,"phase":"opt","can_recompute":true,"kind":"elementwise","types":["2xf32"]}
]})";

std::string messageFor(const std::string &text) {
  Result<Graph> graph = readNeutralGraph(text, "step.json");
  return graph ? "valid" : graph.error().message;
}

TEST(NeutralIO, ReadsEveryPartOfAGraph) {
  Result<Graph> read = readNeutralGraph(step, "step.json");
  ASSERT_TRUE(read) << read.error().message;
  const Graph &graph = *read;
  EXPECT_EQ(graph.name, "step");
  ASSERT_EQ(graph.ops.size(), 6u);
  EXPECT_EQ(graph.arguments, (std::vector<ValueId>{0}));
  EXPECT_EQ(graph.outputs, (std::vector<ValueId>{3, 6}));
  EXPECT_EQ(graph.donated, (std::vector<std::optional<int32_t>>{std::nullopt, 0}));
  EXPECT_EQ(graph.values[1].name, "%1");
  const Op &conv = graph.ops[0];
  EXPECT_EQ(conv.id, 1);
  EXPECT_EQ(conv.name, "stablehlo.convolution");
  EXPECT_EQ(conv.kind, OpKind::Convolution);
  EXPECT_EQ(conv.scope, "Net/Conv_0");
  EXPECT_EQ(conv.work.flops, Flops(7));
  EXPECT_EQ(conv.work.bytesRead, Bytes(8));
  EXPECT_EQ(conv.work.bytesWritten, Bytes(4));
  EXPECT_TRUE(conv.recomputable);
  EXPECT_FALSE(graph.ops[1].recomputable);
  EXPECT_EQ(graph.ops[2].inputs, (std::vector<ValueId>{2, 1}));
  EXPECT_EQ(graph.ops[2].work.bytesRead, Bytes(8));
}

TEST(NeutralIO, ForwardEndsAtTheLastNodeTaggedForward) {
  Graph graph = *readNeutralGraph(step, "");
  std::vector<Phase> phases;
  for (const Op &op : graph.ops)
    phases.push_back(op.phase);
  EXPECT_EQ(phases, (std::vector<Phase>{Phase::Forward, Phase::Forward, Phase::Forward,
                                        Phase::Backward, Phase::Backward, Phase::Update}));
}

TEST(NeutralIO, UnknownKindsAreOtherAndBarriersAreNoViews) {
  Graph graph = *readNeutralGraph(step, "");
  EXPECT_EQ(graph.ops[3].kind, OpKind::Other);
  EXPECT_EQ(graph.ops[4].kind, OpKind::Barrier);
}

TEST(NeutralIO, ElementBitsAreThoseOfTheWidestFloatRead) {
  Graph graph = *readNeutralGraph(step, "");
  std::vector<int> bits;
  for (const Op &op : graph.ops)
    bits.push_back(op.work.elementBits);
  EXPECT_EQ(bits, (std::vector<int>{32, 16, 16, 64, 0, 32}));
  auto bitsOf = [](const std::string &type) {
    return readNeutralGraph(replaced(step, "[\"2xbf16\"]", "[\"" + type + "\"]"), "")
        ->ops[1]
        .work.elementBits;
  };
  EXPECT_EQ(bitsOf("16x32xfloat32"), 32);
  EXPECT_EQ(bitsOf("8xbfloat16"), 16);
  EXPECT_EQ(bitsOf("3xcomplex<f64>"), 64);
  EXPECT_EQ(bitsOf("4xf8E4M3FN"), 8);
  EXPECT_EQ(bitsOf("16xint64"), 0);
  EXPECT_EQ(bitsOf("f99999999999"), 0);
  EXPECT_EQ(bitsOf("2x"), 0);
}

TEST(NeutralIO, AnInputListedTwiceIsReadTwiceAndHeldOnce) {
  Graph graph = *readNeutralGraph(replaced(step, "[2,1]", "[2,2]"), "");
  EXPECT_EQ(graph.ops[2].inputs, (std::vector<ValueId>{2}));
  EXPECT_EQ(graph.ops[2].work.bytesRead, Bytes(8));
}

TEST(NeutralIO, ANodeThatStandsTooEarlyIsMoved) {
  std::string text = R"({"outputs":[1],"nodes":[
{"id":0,"inputs":[],"bytes":1,"flops":0,"phase":"fwd"},
{"id":1,"inputs":[3],"bytes":1,"flops":0,"phase":"bwd"},
{"id":2,"inputs":[0],"bytes":1,"flops":0,"phase":"fwd"},
{"id":3,"inputs":[2,0],"bytes":1,"flops":0,"phase":"bwd"}]})";
  Result<Graph> graph = readNeutralGraph(text, "");
  ASSERT_TRUE(graph) << graph.error().message;
  std::vector<int64_t> ids;
  for (const Op &op : graph->ops)
    ids.push_back(op.id);
  EXPECT_EQ(ids, (std::vector<int64_t>{0, 2, 3, 1}));
}

TEST(NeutralIO, NamesACycle) {
  EXPECT_EQ(messageFor(replaced(step, R"("inputs":[1])", R"("inputs":[4,1])")),
            "step.json: nodes[2]: the nodes form a cycle: 2 -> 3 -> 4 -> 2");
  EXPECT_EQ(messageFor(replaced(step, R"("inputs":[4])", R"("inputs":[5])")),
            "step.json: nodes[5]: the nodes form a cycle: 5 -> 5");
  std::string ring = R"({"outputs":[],"nodes":[)";
  for (int i = 0; i < 12; ++i)
    ring += (i ? ",{\"id\":" : "{\"id\":") + std::to_string(i) + ",\"inputs\":[" +
            std::to_string((i + 11) % 12) + R"(],"bytes":1,"flops":0,"phase":"fwd"})";
  EXPECT_EQ(messageFor(ring + "]}"), "step.json: nodes[0]: the nodes form a cycle: 0 -> 1 -> 2 -> "
                                     "3 -> 4 -> 5 -> 6 -> 7 -> ... -> 11 -> 0");
}

TEST(NeutralIO, NamesTheKeyOfWrongContent) {
  EXPECT_EQ(messageFor("[]"), "step.json: expected an object, found a list");
  EXPECT_EQ(messageFor("{}"), "step.json: key \"nodes\" is missing");
  EXPECT_EQ(messageFor(R"({"nodes":7})"), "step.json: nodes: expected a list, found 7");
  EXPECT_EQ(messageFor(R"({"nodes":[],"outputs":[]})"), "step.json: the graph has no ops");
  EXPECT_EQ(messageFor(R"({"nodes":[3],"outputs":[]})"),
            "step.json: nodes[0]: expected an object, found 3");
  EXPECT_EQ(messageFor(replaced(step, R"("id":3)", R"("id":30)")),
            "step.json: nodes[3].id: expected 3, the node's list position, found 30");
  EXPECT_EQ(messageFor(replaced(step, "[2,1]", "[2,99]")),
            "step.json: nodes[3].inputs[1]: node 99 does not exist, the graph has 7 nodes");
  EXPECT_EQ(messageFor(replaced(step, "[2,1]", "[2,-1]")),
            "step.json: nodes[3].inputs[1]: expected 0 or more, found -1");
  EXPECT_EQ(messageFor(replaced(step, R"("flops":7)", R"("flops":7.0)")),
            "step.json: nodes[1].flops: expected an integer, found 7.0");
  EXPECT_EQ(messageFor(replaced(step, R"(,"flops":7)", "")),
            "step.json: nodes[1]: key \"flops\" is missing");
  EXPECT_EQ(messageFor(replaced(step, R"("bytes":4,"flops":7)", R"("bytes":-4,"flops":7)")),
            "step.json: nodes[1].bytes: expected 0 or more, found -4");
  EXPECT_EQ(messageFor(replaced(step, R"("flops":7)", R"("flops":9223372036854775808)")),
            "step.json: nodes[1].flops: 9223372036854775808 is out of range; the largest integer "
            "here is 9223372036854775807");
  EXPECT_EQ(messageFor(replaced(step, R"("flops":7)", R"("flops":1e30)")),
            "step.json: nodes[1].flops: 1e+30 is out of range; the largest integer here is "
            "9223372036854775807");
  EXPECT_EQ(messageFor(replaced(step, R"("flops":7)", R"("flops":4611686018427387904)")),
            "step.json: the flops of the ops sum to 2^62 or more at op 1 "
            "(stablehlo.convolution) with 4611686018427387904 flops");
  EXPECT_EQ(messageFor(replaced(step, R"("phase":"arg")", R"("phase":"loss")")),
            "step.json: nodes[0].phase: unknown value \"loss\"; known values: arg, fwd, bwd, opt");
  EXPECT_EQ(messageFor(replaced(step, R"("op":"arg","inputs":[])", R"("op":"arg","inputs":[1])")),
            "step.json: nodes[0].inputs: a node of phase arg has no inputs, found 1");
  EXPECT_EQ(messageFor(replaced(step, R"([3,6])", R"([3,"6"])")),
            "step.json: outputs[1]: expected an integer, found \"6\"");
  EXPECT_EQ(messageFor(replaced(step, R"("can_recompute":false,"kind":"rng")",
                                R"("can_recompute":0,"kind":"rng")")),
            "step.json: nodes[2].can_recompute: expected true or false, found 0");
}

TEST(NeutralIO, NamesTheKeyOfAWrongDonation) {
  EXPECT_EQ(messageFor(replaced(step, R"({"1":0})", R"({"2":0})")),
            "step.json: donate.2: expected an output index as key, the graph has 2 outputs");
  EXPECT_EQ(messageFor(replaced(step, R"({"1":0})", R"({"one":0})")),
            "step.json: donate.one: expected an output index as key, the graph has 2 outputs");
  EXPECT_EQ(messageFor(replaced(step, R"({"1":0})", R"({"1":1})")),
            "step.json: donate.1: argument 1 does not exist, the graph has 1 arguments");
  EXPECT_EQ(messageFor(replaced(step, R"({"1":0})", R"({"0":0,"1":0})")),
            "step.json: output 1 takes over argument 0, which an earlier output already takes "
            "over");
}

TEST(NeutralIO, NamesTheLineOfASyntaxError) {
  EXPECT_EQ(messageFor(""), "step.json: the file is empty");
  EXPECT_EQ(messageFor(" \n\t"), "step.json: the file is empty");
  EXPECT_EQ(messageFor("{\n\"nodes\": [1,\n 2 3]}").substr(0, 30),
            "step.json:3:4: not valid JSON:");
  EXPECT_EQ(messageFor(step.substr(0, 200)).substr(0, 32), "step.json:3:82: not valid JSON: ");
  EXPECT_EQ(messageFor("{\"a\": 1e999}"),
            "step.json: not valid JSON: number overflow parsing '1e999'");
}

TEST(NeutralIO, RefusesEveryTruncationAndSurvivesDamage) {
  EXPECT_EQ(
      acceptedAfterDamage(step, [](const std::string &text) { return readNeutralGraph(text, ""); }),
      0);
}

TEST(NeutralIO, WritesAGraphThatReadsBackTheSame) {
  Graph graph = *readNeutralGraph(step, "");
  Result<std::string> text = writeNeutralGraph(graph);
  ASSERT_TRUE(text) << text.error().message;
  Result<Graph> again = readNeutralGraph(*text, "");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*writeNeutralGraph(*again), *text);
  ASSERT_EQ(again->ops.size(), graph.ops.size());
  for (size_t op = 0; op < graph.ops.size(); ++op) {
    const Op &found = again->ops[op], &wanted = graph.ops[op];
    EXPECT_EQ(found.id, wanted.id);
    EXPECT_EQ(found.name, wanted.name);
    EXPECT_EQ(found.phase, wanted.phase);
    EXPECT_EQ(found.recomputable, wanted.recomputable);
    EXPECT_EQ(found.inputs, wanted.inputs);
    EXPECT_EQ(found.scope, wanted.scope);
    EXPECT_EQ(found.work.flops, wanted.work.flops);
    EXPECT_EQ(found.work.bytesRead, wanted.work.bytesRead);
    EXPECT_EQ(found.work.bytesWritten, wanted.work.bytesWritten);
    EXPECT_EQ(found.work.elementBits, wanted.work.elementBits);
    EXPECT_EQ(found.kind, wanted.kind);
  }
  EXPECT_EQ(again->outputs, graph.outputs);
  EXPECT_EQ(again->donated, graph.donated);
}

TEST(NeutralIO, RefusesToWriteWhatANeutralGraphCannotHold) {
  Problem problem = smallProblem();
  addOp(problem, {}, {1, 2});
  EXPECT_EQ(writeNeutralGraph(problem.graph).error().message,
            "test.op %5 has 2 results; a node of a neutral graph has one");
  problem = smallProblem();
  problem.graph.ops[3].id = 5;
  EXPECT_EQ(writeNeutralGraph(problem.graph).error().message,
            "test.op %4 has id 5; in a neutral graph ids are the list positions 0 to 4");
}

} // namespace
