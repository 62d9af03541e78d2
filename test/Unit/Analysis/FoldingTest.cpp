//===- FoldingTest.cpp - which values are buffers -------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The rules are labelled in docs/concepts/memory-model.md: P1... for the model
// `program`, X1... for `xla`, T1... for `xla-tpu`, F1... for all.
//
//===----------------------------------------------------------------------===//

#include "ParsedModule.h"
#include "Steps.h"

namespace remat::test {
namespace {

AnalysisOptions xla() {
  AnalysisOptions options;
  options.memoryModel = MemoryModel::Xla;
  return options;
}

AnalysisOptions xlaTpu() {
  AnalysisOptions options;
  options.memoryModel = MemoryModel::XlaTpu;
  return options;
}

std::string constant(const std::string &result) {
  return "\n" + result +
         R"( = "stablehlo.constant"() <{value = dense<2.0> : tensor<f32>}> : () -> tensor<f32>)";
}

std::string broadcast(const std::string &result, const std::string &operand) {
  return "\n" + result + R"( = "stablehlo.broadcast_in_dim"()" + operand +
         R"() <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2x4xf32>)";
}

TEST(FoldingTest, F1_OutputsAreBuffers) {
  // A broadcast and a view that are returned.
  for (const AnalysisOptions &options : {AnalysisOptions(), xla()}) {
    Step step(R"(
      func.func @main(%x: tensor<2x4xf32>, %s: tensor<f32>)
          -> (tensor<f32>, tensor<2x4xf32>, tensor<8xf32>) {
        %b = "stablehlo.broadcast_in_dim"(%s) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2x4xf32>
        %h = "stablehlo.add"(%x, %b) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
        %loss = "foo.loss"(%h) : (tensor<2x4xf32>) -> tensor<f32>
        %v = "stablehlo.reshape"(%h) : (tensor<2x4xf32>) -> tensor<8xf32>
        return %loss, %b, %v : tensor<f32>, tensor<2x4xf32>, tensor<8xf32>
      })",
              options);
    EXPECT_EQ(step.ids(), (std::vector<int64_t>{0, 1, 2, 3}));
  }
}

TEST(FoldingTest, F2_WhatMayNotRunTwiceIsABuffer) {
  std::string text = stepAround(R"(
    %v = "stablehlo.reshape"(%x) {remat.keep} : (tensor<2x4xf32>) -> tensor<2x4xf32>)" +
                                op("%y", "stablehlo.tanh", "%v"));
  EXPECT_EQ(Step(text).ids(), (std::vector<int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(Step(text, xla()).ids(), (std::vector<int64_t>{0, 1, 2, 3}));
}

TEST(FoldingTest, F3_OpsWhoseRegionsCaptureAreBuffers) {
  auto padded = [](const std::string &value) {
    return stepAround(R"(
      %c = arith.constant 1.0 : f32
      %t = tensor.extract_slice %x[0, 0] [2, 3] [1, 1] : tensor<2x4xf32> to tensor<2x3xf32>
      %p = tensor.pad %t low[0, 0] high[0, 1] {
      ^bb0(%i: index, %j: index):)" +
                      value + R"(
      } : tensor<2x3xf32> to tensor<2x4xf32>)" +
                      op("%y", "stablehlo.tanh", "%p"));
  };
  EXPECT_EQ(Step(padded("tensor.yield %c : f32"), xla()).ids(), (std::vector<int64_t>{2, 3, 4, 5}));
  EXPECT_EQ(Step(padded("%d = arith.constant 1.0 : f32\n tensor.yield %d : f32"), xla()).ids(),
            (std::vector<int64_t>{3, 4, 5}));
}

TEST(FoldingTest, F4_SmallValuesOfConstantsAreFolded) {
  auto scalar = [](const std::string &operand) {
    return stepAround(constant("%c") + R"(
      %d = "stablehlo.add"(%c, )" +
                      operand + R"() : (tensor<f32>, tensor<f32>) -> tensor<f32>
      %e = "stablehlo.sqrt"(%d) : (tensor<f32>) -> tensor<f32>)" +
                      broadcast("%b", "%e") + dot("%y", "%b"));
  };
  EXPECT_EQ(Step(scalar("%c")).ids(), (std::vector<int64_t>{4, 5, 6}));
  EXPECT_EQ(Step(scalar("%c"), xla()).ids(), (std::vector<int64_t>{3, 4, 5, 6}));
  // An argument makes it a value of the step.
  EXPECT_EQ(Step(scalar("%s")).ids(), (std::vector<int64_t>{1, 2, 4, 5, 6}));
}

TEST(FoldingTest, F4_UpToSixtyFourBytes) {
  auto step = [](const std::string &type) {
    return "func.func @main(%x: " + type + ") -> (tensor<f32>, " + type + R"() {
      %c = "stablehlo.constant"() <{value = dense<2.0> : )" +
           type + "}> : () -> " + type + R"(
      %d = "stablehlo.sqrt"(%c) : ()" +
           type + ") -> " + type + R"(
      %h = "foo.op"(%x, %d) : ()" +
           type + ", " + type + ") -> " + type + R"(
      %loss = "foo.loss"(%h) : ()" +
           type + R"() -> tensor<f32>
      %g = "foo.grad"(%loss, %h) : (tensor<f32>, )" +
           type + ") -> " + type + " return %loss, %g : tensor<f32>, " + type + " }";
  };
  EXPECT_EQ(Step(step("tensor<16xf32>")).ids(), (std::vector<int64_t>{2, 3, 4}));
  EXPECT_EQ(Step(step("tensor<17xf32>")).ids(), (std::vector<int64_t>{1, 2, 3, 4}));
}

TEST(FoldingTest, F5_AConeHoldsUpTo64OpsPerOperand) {
  std::string views;
  std::string last = "%x";
  for (int i = 0; i < 100; ++i) {
    std::string next = "%v" + std::to_string(i);
    views += op(next, "stablehlo.reshape", last);
    last = next;
  }
  for (const AnalysisOptions &options : {AnalysisOptions(), xla()}) {
    Step step(stepAround(views + dot("%y", last)), options);
    // Op 64 has 64 folded ops behind it and becomes a buffer.
    EXPECT_EQ(step.ids(), (std::vector<int64_t>{64, 100, 101, 102}));
    EXPECT_EQ(step.reads(100), "%64 %arg1");
    EXPECT_EQ(step.built->cone[1].size(), 35u);
  }
}

TEST(FoldingTest, P1_ConstantsBroadcastsAndViewsAreFolded) {
  std::string text =
      stepAround(dot("%h", "%x") + R"(
    %i = "stablehlo.iota"() <{iota_dimension = 0 : i64}> : () -> tensor<2x4xf32>)" +
                 op("%v", "stablehlo.reshape", "%h") + broadcast("%b", "%s") +
                 op("%t", "stablehlo.add", "%v, %b") + op("%y", "stablehlo.add", "%t, %i"));
  Step step(text);
  EXPECT_EQ(step.ids(), (std::vector<int64_t>{0, 4, 5, 6, 7}));
  // A view's reader reads what the view shows.
  EXPECT_EQ(step.reads(4), "%0 %arg2");
  EXPECT_EQ(step.cone(4), "stablehlo.reshape stablehlo.broadcast_in_dim");
  EXPECT_EQ(step.op(5).work.flops.count, 8 + 8); // its own, and the iota's
}

TEST(FoldingTest, P1_OtherOpsAreBuffers) {
  std::string text = stepAround(op("%h", "stablehlo.tanh", "%x") +
                                op("%t", "stablehlo.negate", "%h") + dot("%y", "%t"));
  EXPECT_EQ(Step(text).ids(), (std::vector<int64_t>{0, 1, 2, 3, 4}));
}

TEST(FoldingTest, P2_WhatABarrierHoldsIsABuffer) {
  std::string text = stepAround(broadcast("%b", "%s") + op("%v", "stablehlo.reshape", "%b") +
                                op("%k", "stablehlo.optimization_barrier", "%b") +
                                op("%y", "stablehlo.add", "%k, %v"));
  Step step(text);
  EXPECT_EQ(step.ids(), (std::vector<int64_t>{0, 2, 3, 4, 5}));
  EXPECT_EQ(step.reads(3), "%2 %0");
}

TEST(FoldingTest, X1_LoopOpsGoIntoLoopOpsAndReductions) {
  std::string text = stepAround(dot("%h", "%x") + op("%t", "stablehlo.tanh", "%h") +
                                op("%u", "stablehlo.negate", "%t") + R"(
    %r = "stablehlo.reduce"(%t, %s) <{dimensions = array<i64: 0>}> ({
    ^bb0(%l: tensor<f32>, %q: tensor<f32>):
      %m = "stablehlo.add"(%l, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%m) : (tensor<f32>) -> ()
    }) : (tensor<2x4xf32>, tensor<f32>) -> tensor<4xf32>
    %w4 = "stablehlo.broadcast_in_dim"(%r) <{broadcast_dimensions = array<i64: 1>}> : (tensor<4xf32>) -> tensor<2x4xf32>)" +
                                op("%z", "stablehlo.add", "%u, %w4") + dot("%y", "%z"));
  Step step(text, xla());
  // The tanh is in two clusters, the negate and the broadcast in the last add's.
  EXPECT_EQ(step.ids(), (std::vector<int64_t>{0, 3, 5, 6, 7, 8}));
  EXPECT_EQ(step.cone(3), "stablehlo.tanh");
  EXPECT_EQ(step.cone(5), "stablehlo.tanh stablehlo.negate stablehlo.broadcast_in_dim");
  EXPECT_EQ(step.reads(5), "%0 %3");
  EXPECT_EQ(step.op(5).work.flops.count, 3 * 8);
  EXPECT_EQ(step.op(5).work.bytesRead.count, 32 + 16);
}

TEST(FoldingTest, X1_OneOtherReaderMakesABuffer) {
  std::string text = stepAround(dot("%h", "%x") + op("%t", "stablehlo.tanh", "%h") +
                                op("%u", "stablehlo.negate", "%t") + dot("%d", "%t") +
                                op("%y", "stablehlo.add", "%u, %d"));
  EXPECT_EQ(Step(text, xla()).ids(), (std::vector<int64_t>{0, 1, 3, 4, 5, 6}));
}

TEST(FoldingTest, X1_WhereReadersThenReadNoMoreBytes) {
  std::string dots, sums;
  for (std::string i : {"0", "1", "2", "3", "4"})
    dots += dot("%d" + i, "%x");
  std::string last = "%d0";
  for (std::string i : {"1", "2", "3"}) {
    sums += op("%s" + i, "stablehlo.maximum", last + ", %d" + i) +
            op("%t" + i, "stablehlo.tanh", "%s" + i) + dot("%u" + i, "%t" + i);
    last = "%s" + i;
  }
  Step step(stepAround(dots + sums + op("%s4", "stablehlo.maximum", "%s3, %d4") +
                       op("%y1", "stablehlo.maximum", "%u1, %u2") +
                       op("%y2", "stablehlo.maximum", "%y1, %u3") +
                       op("%y", "stablehlo.maximum", "%y2, %s4")),
            xla());
  // Two readers of a maximum of four terms would read eight buffers; written once, it
  // costs seven. Those of two and of three terms (ops 5 and 8) are folded.
  EXPECT_EQ(step.ids(), (std::vector<int64_t>{0, 1, 2, 3, 4, 6, 7, 9, 10, 11, 12, 13, 17, 18, 19}));
  EXPECT_EQ(step.reads(12), "%11");
  EXPECT_EQ(step.reads(17), "%7 %10 %13 %11 %4");
}

TEST(FoldingTest, X1_ASliceReadsAsMuchAsItMakes) {
  std::string text =
      stepAround(dot("%h", "%x") + R"(
    %two = "stablehlo.concatenate"(%h, %h) <{dimension = 0 : i64}> : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<4x4xf32>
    %all = "foo.pure"(%two) {remat.pure} : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %v = "stablehlo.slice"(%all) <{start_indices = array<i64: 0, 0>, limit_indices = array<i64: 2, 4>, strides = array<i64: 1, 1>}> : (tensor<4x4xf32>) -> tensor<2x4xf32>)" +
                 op("%a", "stablehlo.add", "%v, %x") + op("%b", "stablehlo.add", "%v, %a") +
                 op("%y", "stablehlo.add", "%a, %b"));
  EXPECT_EQ(Step(text, xla()).ids(), (std::vector<int64_t>{0, 1, 2, 6, 7, 8}));
}

TEST(FoldingTest, X1_ThroughViews) {
  auto text = [](const std::string &reader) {
    return stepAround(dot("%h", "%x") + op("%t", "stablehlo.tanh", "%h") +
                      op("%v", "stablehlo.reshape", "%t") +
                      op("%u", "stablehlo.bitcast_convert", "%v") + reader);
  };
  EXPECT_EQ(Step(text(op("%y", "stablehlo.negate", "%u")), xla()).ids(),
            (std::vector<int64_t>{0, 4, 5, 6}));
  Step dotted(text(dot("%y", "%u")), xla());
  EXPECT_EQ(dotted.ids(), (std::vector<int64_t>{0, 1, 4, 5, 6}));
  EXPECT_EQ(dotted.reads(4), "%1 %arg1");
}

TEST(FoldingTest, X2_ConstantsAreNeverBuffers) {
  std::string text = stepAround(R"(
    %c = "stablehlo.constant"() <{value = dense<2.0> : tensor<2x4xf32>}> : () -> tensor<2x4xf32>)" +
                                dot("%y", "%c"));
  EXPECT_EQ(Step(text, xla()).ids(), (std::vector<int64_t>{1, 2, 3}));
}

TEST(FoldingTest, X3_TransposesThatOnlyDotsRead) {
  auto transposed = [](const std::string &reader) {
    return stepAround(dot("%h", "%x") + R"(
      %t = "stablehlo.transpose"(%h) <{permutation = array<i64: 0, 1>}> : (tensor<2x4xf32>) -> tensor<2x4xf32>)" +
                      reader);
  };
  EXPECT_EQ(Step(transposed(dot("%y", "%t")), xla()).ids(), (std::vector<int64_t>{0, 2, 3, 4}));
  EXPECT_EQ(Step(transposed(dot("%u", "%t") + op("%y", "foo.read", "%t, %u")), xla()).ids(),
            (std::vector<int64_t>{0, 1, 2, 3, 4, 5}));
}

TEST(FoldingTest, X4_BarriersHoldBuffers) {
  std::string text =
      stepAround(dot("%h", "%x") + op("%t", "stablehlo.tanh", "%h") +
                 op("%k", "stablehlo.optimization_barrier", "%t") +
                 op("%u", "stablehlo.negate", "%t") + op("%y", "stablehlo.add", "%k, %u"));
  Step step(text, xla());
  EXPECT_EQ(step.ids(), (std::vector<int64_t>{0, 1, 2, 4, 5, 6}));
  EXPECT_EQ(step.reads(4), "%2 %1");
}

TEST(FoldingTest, X5_LoopsStartFromFilledBuffers) {
  auto looped = [](const std::string &start) {
    return stepAround(start + R"(
    %y = "stablehlo.while"(%b) ({
    ^bb0(%c: tensor<2x4xf32>):
      %p = "foo.more"(%c) {remat.pure} : (tensor<2x4xf32>) -> tensor<i1>
      "stablehlo.return"(%p) : (tensor<i1>) -> ()
    }, {
    ^bb0(%c: tensor<2x4xf32>):
      %n = "stablehlo.tanh"(%c) : (tensor<2x4xf32>) -> tensor<2x4xf32>
      "stablehlo.return"(%n) : (tensor<2x4xf32>) -> ()
    }) : (tensor<2x4xf32>) -> tensor<2x4xf32>)");
  };
  EXPECT_EQ(Step(looped(constant("%two") + broadcast("%b", "%two")), xla()).ids(),
            (std::vector<int64_t>{2, 3, 4}));
  EXPECT_EQ(Step(looped(broadcast("%b", "%s")), xla()).ids(), (std::vector<int64_t>{0, 1, 2, 3}));
}

/// The largest of %t along `reduced`, negated, and made 2x4 again as %b; `left`
/// is the other dimension, of `size`.
std::string largestOf(int reduced, int left, int size) {
  std::string small = "tensor<" + std::to_string(size) + "xf32>";
  return R"(
    %m = "stablehlo.reduce"(%t, %s) <{dimensions = array<i64: )" +
         std::to_string(reduced) + R"(>}> ({
    ^bb0(%p: tensor<f32>, %q: tensor<f32>):
      %r = "stablehlo.maximum"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%r) : (tensor<f32>) -> ()
    }) : (tensor<2x4xf32>, tensor<f32>) -> )" +
         small + R"(
    %n = "stablehlo.negate"(%m) : ()" +
         small + ") -> " + small + R"(
    %b = "stablehlo.broadcast_in_dim"(%n) <{broadcast_dimensions = array<i64: )" +
         std::to_string(left) + ">}> : (" + small + ") -> tensor<2x4xf32>";
}

TEST(FoldingTest, X6_NormalisationsAreOneKernel) {
  auto text = [](const std::string &largest, const std::string &readers) {
    return stepAround(dot("%h", "%x") + op("%t", "stablehlo.tanh", "%h") + largest + readers);
  };
  std::string rows = largestOf(1, 0, 2), columns = largestOf(0, 1, 4);
  std::string closing = op("%y", "stablehlo.add", "%t, %b");
  Step normalised(text(rows, closing), xla());
  EXPECT_EQ(normalised.ids(), (std::vector<int64_t>{0, 5, 6, 7}));
  EXPECT_EQ(normalised.cone(5),
            "stablehlo.tanh stablehlo.reduce stablehlo.negate stablehlo.broadcast_in_dim");
  EXPECT_EQ(Step(text(columns, closing), xla()).ids(), (std::vector<int64_t>{0, 2, 5, 6, 7}));
  // The closing op reads other rows.
  EXPECT_EQ(Step(text(rows, op("%y", "stablehlo.add", "%x, %b")), xla()).ids(),
            (std::vector<int64_t>{0, 2, 5, 6, 7}));
  // A second reader.
  std::string twice =
      op("%u", "stablehlo.add", "%t, %b") + op("%y", "stablehlo.multiply", "%u, %b");
  EXPECT_EQ(Step(text(rows, twice), xla()).ids(), (std::vector<int64_t>{0, 2, 6, 7, 8}));
}

TEST(FoldingTest, X7_ReductionsOfOneElementAreLoops) {
  Step step(stepAround(dot("%h", "%x") + R"(
    %c = "stablehlo.reshape"(%h) : (tensor<2x4xf32>) -> tensor<2x1x4xf32>
    %t = "stablehlo.reduce"(%c, %s) <{dimensions = array<i64: 1>}> ({
    ^bb0(%p: tensor<f32>, %q: tensor<f32>):
      %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%r) : (tensor<f32>) -> ()
    }) : (tensor<2x1x4xf32>, tensor<f32>) -> tensor<2x4xf32>)" +
                       op("%y", "stablehlo.tanh", "%t")),
            xla());
  EXPECT_EQ(step.ids(), (std::vector<int64_t>{0, 3, 4, 5}));
}

TEST(FoldingTest, X8_PoolGradientsTakeAWorkspace) {
  std::string text = stepAround(R"(
    %d = "stablehlo.slice"(%x) <{start_indices = array<i64: 0, 0>, limit_indices = array<i64: 2, 2>, strides = array<i64: 1, 1>}> : (tensor<2x4xf32>) -> tensor<2x2xf32>
    %y = "stablehlo.select_and_scatter"(%x, %d, %s) <{window_dimensions = array<i64: 1, 2>, window_strides = array<i64: 1, 2>}> ({
    ^bb0(%p: tensor<f32>, %q: tensor<f32>):
      %g = "stablehlo.compare"(%p, %q) <{comparison_direction = #stablehlo<comparison_direction GE>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
      "stablehlo.return"(%g) : (tensor<i1>) -> ()
    }, {
    ^bb0(%p: tensor<f32>, %q: tensor<f32>):
      %a = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%a) : (tensor<f32>) -> ()
    }) : (tensor<2x4xf32>, tensor<2x2xf32>, tensor<f32>) -> tensor<2x4xf32>)");
  Step program(text), step(text, xla());
  EXPECT_EQ(program.names(program.op(1).results), "%1");
  ASSERT_EQ(step.names(step.op(1).results), "%1 the workspace of op 1");
  // Four windows, two coordinates each.
  const planning::Graph &graph = step.graph();
  EXPECT_EQ(graph.values[step.op(1).results[1]].bytes.count, 4 * 2 * 4);
  EXPECT_EQ(step.op(1).work.bytesWritten.count, 32);
}

TEST(FoldingTest, T1_ProductsComputeWhatTheyRead) {
  std::string text = stepAround(dot("%h", "%x") + op("%t", "stablehlo.tanh", "%h") +
                                op("%v", "stablehlo.reshape", "%t") + dot("%y", "%v"));
  EXPECT_EQ(Step(text, xla()).ids(), (std::vector<int64_t>{0, 1, 3, 4, 5}));
  Step step(text, xlaTpu());
  EXPECT_EQ(step.ids(), (std::vector<int64_t>{0, 3, 4, 5}));
  EXPECT_EQ(step.cone(3), "stablehlo.tanh stablehlo.reshape");
  EXPECT_EQ(step.op(3).work.flops.count, 64 + 8);
}

TEST(FoldingTest, X9_AProductFoldedIntoASumIsCountedThere) {
  std::string text =
      stepAround(dot("%h", "%x") + dot("%u", "%x") + dot("%v", "%x") +
                 op("%a", "stablehlo.add", "%h, %u") + op("%y", "stablehlo.add", "%a, %v"));
  Step step(text, xla());
  EXPECT_EQ(step.ids(), (std::vector<int64_t>{0, 3, 4, 5, 6}));
  EXPECT_EQ(step.op(0).foldedProducts, 0);
  EXPECT_EQ(step.op(3).foldedProducts, 1);
  EXPECT_EQ(step.op(4).foldedProducts, 1);
}

TEST(FoldingTest, T2_WhatOnlyProductsReadIsStoredIn16Bits) {
  auto written = [](const std::string &text, const AnalysisOptions &options) {
    return Step(text, options).op(0).work.bytesWritten.count;
  };
  auto read = [](const std::string &readers) { return stepAround(dot("%h", "%x") + readers); };
  std::string moved = read(R"(
    %t = "stablehlo.transpose"(%h) <{permutation = array<i64: 0, 1>}> : (tensor<2x4xf32>) -> tensor<2x4xf32>)" +
                           dot("%u", "%t") + dot("%v", "%h") + op("%y", "foo.read", "%u, %v"));
  EXPECT_EQ(written(moved, xla()), 32);
  EXPECT_EQ(written(moved, xlaTpu()), 16);
  // A value that is computed from it is rounded in its stead.
  EXPECT_EQ(written(read(op("%t", "stablehlo.tanh", "%h") + dot("%y", "%t")), xlaTpu()), 32);
  // Another reader, and a product that asks for all bits.
  EXPECT_EQ(written(read(dot("%u", "%h") + op("%y", "foo.read", "%u, %h")), xlaTpu()), 32);
  std::string precise = read(R"(
    %y = "stablehlo.dot_general"(%h, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision DEFAULT>]}> : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>)");
  EXPECT_EQ(written(precise, xlaTpu()), 32);
  std::string byDefault = precise;
  byDefault.replace(byDefault.find("HIGHEST"), 7, "DEFAULT");
  EXPECT_EQ(written(byDefault, xlaTpu()), 16);
  // As JAX lowers DotAlgorithmPreset.F32_F32_F32.
  byDefault.replace(
      byDefault.find("precision_config"), 0,
      "algorithm = #stablehlo.dot_algorithm<lhs_precision_type = f32, rhs_precision_type = f32, "
      "accumulation_type = f32, lhs_component_count = 1, rhs_component_count = 1, "
      "num_primitive_operations = 1, allow_imprecise_accumulation = false>, ");
  EXPECT_EQ(written(byDefault, xlaTpu()), 32);
}

} // namespace
} // namespace remat::test
