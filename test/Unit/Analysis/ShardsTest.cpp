//===- ShardsTest.cpp - what one of several devices holds -----------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Analysis/Shards.h"
#include "ParsedModule.h"
#include "Steps.h"

namespace remat::test {
namespace {

/// A step whose op on %x, 2x4xf32 in one row per device, has the marks `marks`.
std::string marked(const std::string &marks) {
  return stepAround("%y = \"stablehlo.tanh\"(%x) {" + marks +
                    "} : (tensor<2x4xf32>) -> tensor<2x4xf32>");
}

std::string errorOf(const std::string &text) {
  Step step(text);
  EXPECT_TRUE(failed(step.built)) << text;
  return step.context.errors;
}

TEST(ShardsTest, BytesAndFlopsAreOfOneDevice) {
  Step step(marked("remat.local = [tensor<1x4xf32>], remat.ways = 2 : i64"));
  EXPECT_EQ(step.op(0).work.bytesWritten.count, 16);
  EXPECT_EQ(step.op(0).work.flops.count, 4);
  Step whole(marked(""));
  EXPECT_EQ(whole.op(0).work.bytesWritten.count, 32);
  EXPECT_EQ(whole.op(0).work.flops.count, 2 * step.op(0).work.flops.count);
}

TEST(ShardsTest, UnevenWorkIsRoundedUp) {
  int64_t all = Step(marked("")).op(0).work.flops.count;
  EXPECT_EQ(Step(marked("remat.ways = 3 : i64")).op(0).work.flops.count, (all + 2) / 3);
}

/// A loss and a gradient of an argument that two devices share, with `mark` on
/// the gradient, whose buffer the argument gives.
std::string donating(const std::string &how, const std::string &mark) {
  return R"(
  func.func @main(%x: tensor<2x4xf32> {remat.local = tensor<1x4xf32>, )" +
         how + R"(}) -> (tensor<f32>, tensor<2x4xf32>) {
    %loss = "foo.loss"(%x) {remat.pure} : (tensor<2x4xf32>) -> tensor<f32>
    %grad = "foo.grad"(%loss, %x) {remat.pure)" +
         mark + R"(} : (tensor<f32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    return %loss, %grad : tensor<f32>, tensor<2x4xf32>
  })";
}

TEST(ShardsTest, DonationNeedsEqualParts) {
  for (const char *how : {"tf.aliasing_output = 1 : i32", "jax.buffer_donor = true"}) {
    Step equal(donating(how, ", remat.local = [tensor<1x4xf32>]"));
    EXPECT_EQ(equal.graph().donated[1], std::optional<int32_t>(0)) << how;
    EXPECT_EQ(equal.graph().values[equal.graph().arguments[0]].bytes.count, 16);
    Step other(donating(how, ""));
    EXPECT_EQ(other.graph().donated[1], std::nullopt) << how;
  }
}

TEST(ShardsTest, LoopsCarryWhatTheyReturn) {
  Step step(stepAround(R"(
    %y = "stablehlo.while"(%x) ({
    ^bb0(%c: tensor<2x4xf32>):
      %t = "stablehlo.constant"() <{value = dense<true> : tensor<i1>}> : () -> tensor<i1>
      "stablehlo.return"(%t) : (tensor<i1>) -> ()
    }, {
    ^bb0(%c: tensor<2x4xf32>):
      %n = "stablehlo.tanh"(%c) {remat.ways = 2 : i64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
      "stablehlo.return"(%n) : (tensor<2x4xf32>) -> ()
    }) {remat.local = [tensor<1x4xf32>]} : (tensor<2x4xf32>) -> tensor<2x4xf32>)"));
  mlir::Operation *loop = step.built->root[0];
  mlir::Value carried = loop->getRegion(1).getArgument(0);
  EXPECT_EQ(localType(carried), localType(loop->getResult(0)));
  EXPECT_NE(localType(carried), carried.getType());
  EXPECT_EQ(step.op(0).work.flops.count,
            Step(marked("remat.ways = 2 : i64")).op(0).work.flops.count);
}

std::string constrained(const std::string &local) {
  return stepAround(op("%h", "foo.head", "%x") + R"(
    %y = "sdy.sharding_constraint"(%h) {remat.local = [)" +
                    local + "]} : (tensor<2x4xf32>) -> tensor<2x4xf32>");
}

TEST(ShardsTest, AConstraintThatMovesElementsIsNoView) {
  EXPECT_EQ(Step(constrained("tensor<2x4xf32>")).ids(), (std::vector<int64_t>{0, 2, 3}));
  Step moving(constrained("tensor<1x4xf32>"));
  EXPECT_EQ(moving.ids(), (std::vector<int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(moving.op(1).work.bytesWritten.count, 16);
  EXPECT_TRUE(moving.op(1).recomputable);
}

/// A step that sums its loss over the devices last, as shard_map leaves it.
TEST(ShardsTest, TheForwardEndsBeforeTheLossIsSummedOverDevices) {
  Step step(R"(
  func.func @main(%x: tensor<2x4xf32>) -> (tensor<f32>, tensor<2x4xf32>) {
    %h = "stablehlo.tanh"(%x) : (tensor<2x4xf32>) -> tensor<2x4xf32>
    %own = "foo.loss"(%h) {remat.pure} : (tensor<2x4xf32>) -> tensor<f32>
    %g = "foo.grad"(%h) {remat.pure} : (tensor<2x4xf32>) -> tensor<2x4xf32>
    %sum = "stablehlo.all_reduce"(%own) ({
    ^bb0(%l: tensor<f32>, %r: tensor<f32>):
      %m = "stablehlo.add"(%l, %r) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%m) : (tensor<f32>) -> ()
    }) : (tensor<f32>) -> tensor<f32>
    %loss = "stablehlo.negate"(%sum) : (tensor<f32>) -> tensor<f32>
    %new = "stablehlo.add"(%x, %g) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    return %loss, %new : tensor<f32>, tensor<2x4xf32>
  })");
  EXPECT_EQ(step.op(1).phase, planning::Phase::Forward);
  EXPECT_EQ(step.op(2).phase, planning::Phase::Backward);
}

TEST(ShardsTest, Errors) {
  EXPECT_EQ(errorOf(marked("remat.local = tensor<1x4xf32>")),
            "'stablehlo.tanh' has the mark 'remat.local = tensor<1x4xf32>', but the mark lists one "
            "type for each of its 1 results");
  EXPECT_EQ(errorOf(marked("remat.local = []")),
            "'stablehlo.tanh' has the mark 'remat.local = []', but the mark lists one type for "
            "each of its 1 results");
  for (const char *type :
       {"tensor<4xf32>", "tensor<1x4xbf16>", "tensor<1x5xf32>", "tensor<?x4xf32>"})
    EXPECT_EQ(errorOf(marked(std::string("remat.local = [") + type + "]")),
              std::string("result 0 of 'stablehlo.tanh' has the mark 'remat.local' of ") + type +
                  ", but a device holds a part of 'tensor<2x4xf32>': a type of the same rank and "
                  "element type, with no larger sizes");
  for (const char *ways : {"0 : i64", "4 : i32", "\"4\""})
    EXPECT_EQ(
        errorOf(marked(std::string("remat.ways = ") + ways)),
        std::string("'stablehlo.tanh' has the mark 'remat.ways = ") + ways +
            "', but the work of an op is divided by a number of devices, an i64 of at least 1");
  EXPECT_EQ(errorOf(R"(
  func.func @main(%x: tensor<4xf32> {remat.local = tensor<8xf32>}) -> tensor<4xf32> {
    %y = "foo.op"(%x) : (tensor<4xf32>) -> tensor<4xf32>
    return %y : tensor<4xf32>
  })"),
            "argument 0 has the mark 'remat.local' of tensor<8xf32>, but a device holds a part of "
            "'tensor<4xf32>': a type of the same rank and element type, with no larger sizes");
}

} // namespace
} // namespace remat::test
