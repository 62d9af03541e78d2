//===- StepGraphTest.cpp - from an entry function to a planning graph -----===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ParsedModule.h"
#include "Steps.h"
#include "mlir/IR/AsmState.h"
#include "remat/Analysis/Flops.h"

namespace remat::test {
namespace {

using planning::OpKind;

AnalysisOptions unfolded() {
  AnalysisOptions options;
  options.foldFree = false;
  return options;
}

TEST(StepGraphTest, EveryLiveOpInBlockOrder) {
  Step step(oneLayer, unfolded());
  EXPECT_EQ(step.graph().name, "jit_step");
  EXPECT_EQ(step.ids(), (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
  EXPECT_EQ(step.names(step.graph().arguments), "%arg0 %arg1");
  EXPECT_EQ(step.names(step.graph().outputs), "%4 %12");
  EXPECT_EQ(step.graph().donated,
            (std::vector<std::optional<int32_t>>{std::nullopt, std::optional<int32_t>(0)}));
  EXPECT_EQ(step.reads(1), "%arg1 %arg0");
  EXPECT_EQ(step.reads(7), "%2"); // read twice, listed once
}

TEST(StepGraphTest, WorkOfAnOp) {
  Step step(oneLayer, unfolded());
  const planning::Op &dot = step.op(1);
  EXPECT_EQ(dot.name, "stablehlo.dot_general");
  EXPECT_EQ(dot.kind, OpKind::Dot);
  EXPECT_EQ(dot.work.flops.count, 2 * 8 * 4);
  EXPECT_EQ(dot.work.bytesRead.count, 32 + 64);
  EXPECT_EQ(dot.work.bytesWritten.count, 32);
  EXPECT_EQ(dot.work.elementBits, 32);
  EXPECT_TRUE(dot.recomputable);
}

TEST(StepGraphTest, FoldedProducersGoWithTheirReaders) {
  Step step(oneLayer);
  EXPECT_EQ(step.ids(), (std::vector<int64_t>{1, 2, 4, 7, 8, 9, 11, 12}));
  EXPECT_EQ(step.cone(8), "stablehlo.constant stablehlo.broadcast_in_dim");
  EXPECT_EQ(step.reads(8), "%7");
  EXPECT_EQ(step.cone(1), "");
  EXPECT_EQ(step.op(11).work.bytesRead.count, 64);
}

TEST(StepGraphTest, TheTableBackToTheIR) {
  Step step(oneLayer);
  const StepGraph &built = *step.built;
  ASSERT_EQ(built.root.size(), built.graph.ops.size());
  ASSERT_EQ(built.cone.size(), built.graph.ops.size());
  ASSERT_EQ(built.value.size(), built.graph.values.size());
  for (size_t op = 0; op < built.root.size(); ++op) {
    EXPECT_EQ(built.root[op]->getName().getStringRef(), built.graph.ops[op].name);
    for (unsigned i = 0; i < built.graph.ops[op].results.size(); ++i)
      EXPECT_EQ(built.value[built.graph.ops[op].results[i]], built.root[op]->getResult(i));
  }
}

TEST(StepGraphTest, ValuesAreNamedAsMlirPrintsThem) {
  Step step(R"(
    func.func @main(%x: tensor<2x4xf32>) -> (tensor<f32>, tensor<2x4xf32>) {
      %c:2 = "foo.two"(%x) {remat.pure} : (tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<i32>)
      "foo.effect"(%x) ({
        %inner = "foo.in"() : () -> tensor<f32>
      }) : (tensor<2x4xf32>) -> ()
      %c1 = arith.constant 1.0 : f32
      %loss = "foo.loss"(%c#0, %c1) {remat.pure} : (tensor<2x4xf32>, f32) -> tensor<f32>
      %g = "foo.grad"(%loss, %c#0) {remat.pure} : (tensor<f32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      return %loss, %g : tensor<f32>, tensor<2x4xf32>
    })",
            unfolded());
  mlir::OpPrintingFlags flags;
  flags.printGenericOpForm();
  mlir::AsmState state(*step.module, flags);
  ASSERT_EQ(step.graph().values.size(), 7u);
  for (size_t value = 0; value < step.graph().values.size(); ++value) {
    mlir::Value ir = step.built->value[value];
    if (!ir)
      continue;
    std::string printed;
    llvm::raw_string_ostream stream(printed);
    ir.printAsOperand(stream, state);
    EXPECT_EQ(step.graph().values[value].name, printed);
  }
}

TEST(StepGraphTest, DeadOpsAreLeftOutAndEffectsKept) {
  Step step(stepAround(op("%dead", "stablehlo.tanh", "%x") + R"(
    "foo.store"(%x) : (tensor<2x4xf32>) -> ()
    %unused = "foo.draw"() : () -> tensor<f32>)" +
                       dot("%y", "%x")));
  EXPECT_EQ(step.ids(), (std::vector<int64_t>{1, 2, 3, 4, 5}));
  const planning::Op &store = step.op(1);
  EXPECT_FALSE(store.recomputable);
  EXPECT_EQ(step.names(store.results), "the effect of op 1");
  EXPECT_EQ(store.work.bytesWritten.count, 0);
  EXPECT_FALSE(step.built->value[store.results.front()]);
  EXPECT_EQ(step.reads(1), "%arg0");
}

TEST(StepGraphTest, RegionsReadWhatTheyCapture) {
  Step step(stepAround(dot("%h", "%x") + R"(
    %c = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
    %y = "stablehlo.case"(%c) ({
      %t = "stablehlo.add"(%h, %x) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      "stablehlo.return"(%t) : (tensor<2x4xf32>) -> ()
    }) : (tensor<i32>) -> tensor<2x4xf32>)"));
  EXPECT_EQ(step.reads(2), "%0 %arg0");
  EXPECT_EQ(step.cone(2), "stablehlo.constant");
}

TEST(StepGraphTest, WhoMayRunTwice) {
  Step step(stepAround(dot("%a", "%x") + R"(
    %k = "stablehlo.tanh"(%a) {remat.keep} : (tensor<2x4xf32>) -> tensor<2x4xf32>
    %r = "stablehlo.rng"(%s, %s) <{rng_distribution = #stablehlo<rng_distribution UNIFORM>}> : (tensor<f32>, tensor<f32>) -> tensor<2x4xf32>)" +
                       op("%y", "stablehlo.add", "%k, %r")));
  EXPECT_TRUE(step.op(0).recomputable);
  EXPECT_FALSE(step.op(1).recomputable);
  EXPECT_FALSE(step.op(2).recomputable);
  EXPECT_TRUE(step.op(3).recomputable);
}

constexpr char checkpointed[] = R"(
    %v = "stablehlo.reshape"(%h) : (tensor<2x4xf32>) -> tensor<2x4xf32>
    %c = "stablehlo.constant"() <{value = dense<1.0> : tensor<2x4xf32>}> : () -> tensor<2x4xf32>
    %b:3 = "stablehlo.optimization_barrier"(%v, %x, %c) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>)
    %t = "stablehlo.add"(%b#0, %b#1) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    %y = "stablehlo.add"(%t, %b#2) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>)";

TEST(StepGraphTest, BarrierResultsShareTheirOperands) {
  Step step(stepAround(dot("%h", "%x") + checkpointed));
  // %h is held by the barrier under a second name: never made again.
  EXPECT_FALSE(step.op(0).recomputable);
  const planning::Op &barrier = step.op(3);
  EXPECT_FALSE(barrier.recomputable);
  EXPECT_EQ(step.reads(3), "%0 %arg0 %2");
  EXPECT_EQ(step.cone(3), "stablehlo.reshape");
  EXPECT_EQ(barrier.work.bytesRead.count, 0);
  for (planning::ValueId result : barrier.results)
    EXPECT_EQ(step.graph().values[result].bytes.count, 0);
  // Readers keep the buffer behind the name alive.
  EXPECT_EQ(step.reads(4), "%3#0 %0 %3#1 %arg0");
  EXPECT_EQ(step.reads(5), "%4 %3#2 %2");
}

TEST(StepGraphTest, AReturnedBarrierResultOwnsItsMemory) {
  Step step(R"(
    func.func @main(%x: tensor<2x4xf32>) -> (tensor<f32>, tensor<2x4xf32>, tensor<2x4xf32>) {
      %h = "stablehlo.tanh"(%x) : (tensor<2x4xf32>) -> tensor<2x4xf32>
      %b = "stablehlo.optimization_barrier"(%h) : (tensor<2x4xf32>) -> tensor<2x4xf32>
      %loss = "foo.loss"(%b) : (tensor<2x4xf32>) -> tensor<f32>
      %g = "foo.grad"(%loss, %h) : (tensor<f32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      return %loss, %b, %g : tensor<f32>, tensor<2x4xf32>, tensor<2x4xf32>
    })");
  EXPECT_EQ(step.graph().values[step.op(1).results.front()].bytes.count, 32);
  EXPECT_EQ(step.reads(2), "%1");
}

constexpr char loop[] = R"(
    %zero = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
    %one = "stablehlo.constant"() <{value = dense<1> : tensor<i32>}> : () -> tensor<i32>
    %five = "stablehlo.constant"() <{value = dense<5> : tensor<i32>}> : () -> tensor<i32>
    %fill = "stablehlo.broadcast_in_dim"(%s) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2x4xf32>
    %r:4 = "stablehlo.while"(%zero, %x, %h, %fill) ({
    ^bb0(%i: tensor<i32>, %c: tensor<2x4xf32>, %k: tensor<2x4xf32>, %f: tensor<2x4xf32>):
      %p = "stablehlo.compare"(%i, %five) <{comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<i32>, tensor<i32>) -> tensor<i1>
      "stablehlo.return"(%p) : (tensor<i1>) -> ()
    }, {
    ^bb0(%i: tensor<i32>, %c: tensor<2x4xf32>, %k: tensor<2x4xf32>, %f: tensor<2x4xf32>):
      %j = "stablehlo.add"(%i, %one) : (tensor<i32>, tensor<i32>) -> tensor<i32>
      %n = "stablehlo.add"(%c, %k) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      "stablehlo.return"(%j, %n, %k, %f) : (tensor<i32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> ()
    }) : (tensor<i32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> (tensor<i32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>)
    %y = "stablehlo.add"(%r#1, %r#2) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>)";

TEST(StepGraphTest, ALoopIsOneOp) {
  Step step(stepAround(dot("%h", "%x") + loop));
  const planning::Op &op = step.op(5);
  EXPECT_EQ(op.kind, OpKind::Loop);
  EXPECT_TRUE(op.recomputable);
  EXPECT_EQ(op.work.flops.count, 5 * (1 + 8));
  EXPECT_EQ(step.reads(5), "%arg0 %0 %arg2");
  EXPECT_EQ(step.cone(5), "stablehlo.constant stablehlo.constant stablehlo.constant "
                          "stablehlo.broadcast_in_dim");
}

TEST(StepGraphTest, UnchangedCarriesShareTheirStartValue) {
  Step step(stepAround(dot("%h", "%x") + loop));
  std::vector<int64_t> bytes;
  for (planning::ValueId result : step.op(5).results)
    bytes.push_back(step.graph().values[result].bytes.count);
  // Carry 2 is %h passed through. Carry 3 starts from a broadcast that is
  // computed into the loop's buffer.
  EXPECT_EQ(bytes, (std::vector<int64_t>{4, 32, 0, 32}));
  EXPECT_EQ(step.reads(6), "%5#1 %5#2 %0");
  EXPECT_FALSE(step.op(0).recomputable); // read as %5#2 too
}

TEST(StepGraphTest, ALoopThatYieldsTooLittleSharesNothing) {
  std::string text = stepAround(dot("%h", "%x") + loop);
  size_t at = text.find("\"stablehlo.return\"(%j, %n, %k, %f)");
  size_t end = text.find("-> ()", at);
  text.replace(at, end - at, "\"stablehlo.return\"(%j) : (tensor<i32>) ");
  Step step(text);
  for (planning::ValueId result : step.op(5).results)
    EXPECT_GT(step.graph().values[result].bytes.count, 0);
}

TEST(StepGraphTest, CarriesOfScfFor) {
  Step step(stepAround(dot("%h", "%x") + R"(
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c3 = arith.constant 3 : index
    %r:2 = scf.for %i = %c0 to %c3 step %c1 iter_args(%c = %x, %k = %h) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
      %n = arith.addf %c, %k : tensor<2x4xf32>
      scf.yield %n, %k : tensor<2x4xf32>, tensor<2x4xf32>
    })" + op("%y", "stablehlo.add", "%r#0, %r#1")));
  EXPECT_EQ(step.op(4).work.flops.count, 24);
  EXPECT_EQ(step.reads(5), "%4#0 %4#1 %0");
}

TEST(StepGraphTest, DonorsWithoutAnOutputGetTheFirstOfTheirType) {
  Step step(R"(
    func.func @main(%x: tensor<2x4xf32> {jax.buffer_donor = true},
                    %w: tensor<4x4xf32> {jax.buffer_donor = true},
                    %v: tensor<2x4xf32> {jax.buffer_donor = true},
                    %u: tensor<2x4xf32> {jax.buffer_donor = false})
        -> (tensor<f32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
      %h = "stablehlo.tanh"(%x) : (tensor<2x4xf32>) -> tensor<2x4xf32>
      %loss = "foo.loss"(%h) : (tensor<2x4xf32>) -> tensor<f32>
      %g = "foo.grad"(%loss, %h) : (tensor<f32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      return %loss, %u, %h, %g : tensor<f32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
    })");
  EXPECT_EQ(step.graph().donated,
            (std::vector<std::optional<int32_t>>{
                std::nullopt, std::nullopt, std::optional<int32_t>(0), std::optional<int32_t>(2)}));
  EXPECT_EQ(step.names(step.graph().outputs), "%1 %arg3 %0 %2");
}

TEST(StepGraphTest, ScopesAndSourceLines) {
  Step step(R"(
    func.func @main(%x: tensor<2x4xf32>) -> (tensor<f32>, tensor<2x4xf32>) {
      %h = "stablehlo.tanh"(%x) : (tensor<2x4xf32>) -> tensor<2x4xf32>
          loc("jit(step)/jvp(Model)/Block_0/tanh"("model.py":12:3))
      %loss = "foo.loss"(%h) : (tensor<2x4xf32>) -> tensor<f32> loc("train.py":7:1)
      %g = "foo.grad"(%loss, %h) : (tensor<f32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      return %loss, %g : tensor<f32>, tensor<2x4xf32>
    })");
  EXPECT_EQ(step.op(0).scope, "Model/Block_0/tanh");
  EXPECT_EQ(step.op(0).location, "model.py:12");
  EXPECT_EQ(step.op(1).scope, "");
  EXPECT_EQ(step.op(1).location, "train.py:7");
}

TEST(StepGraphTest, AForeignDialectThroughItsOwnRows) {
  OpModelTable table;
  table.add("foo.gelu", {.kind = OpKind::Elementwise,
                         .pure = true,
                         .recomputable = true,
                         .fusion = Fusion::Loop,
                         .flops = flops::perResultElement});
  AnalysisOptions options;
  options.models = &table;
  std::string text = stepAround(dot("%h", "%x") + op("%y", "foo.gelu", "%h"));
  Step known(text, options), unknown(text);
  EXPECT_TRUE(known.op(1).recomputable);
  EXPECT_EQ(known.op(1).work.flops.count, 8);
  EXPECT_FALSE(unknown.op(1).recomputable);
  EXPECT_EQ(unknown.op(1).kind, OpKind::Other);
}

TEST(StepGraphTest, ElementBitsClassTheWidestFloatOperand) {
  auto bitsOf = [](const std::string &from, const std::string &to) {
    return Step("func.func @main(%x: tensor<2x" + from + ">) -> (tensor<f32>, tensor<2x" + to +
                ">) { %y = \"foo.op\"(%x) : (tensor<2x" + from + ">) -> tensor<2x" + to +
                "> %loss = \"foo.loss\"(%y) : (tensor<2x" + to +
                ">) -> tensor<f32> %g = \"foo.grad\"(%loss, %y) : (tensor<f32>, tensor<2x" + to +
                ">) -> tensor<2x" + to + "> return %loss, %g : tensor<f32>, tensor<2x" + to + "> }")
        .op(0)
        .work.elementBits;
  };
  EXPECT_EQ(bitsOf("bf16", "f32"), 16);
  EXPECT_EQ(bitsOf("f8E5M2", "f32"), 16);
  EXPECT_EQ(bitsOf("f64", "f32"), 64);
  EXPECT_EQ(bitsOf("i32", "f32"), 32);
  EXPECT_EQ(bitsOf("i32", "i1"), 0);
}

} // namespace
} // namespace remat::test
