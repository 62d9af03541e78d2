//===- PhasesTest.cpp - forward, backward, update -------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ParsedModule.h"
#include "Steps.h"

namespace remat::test {
namespace {

/// Returns one letter per op of the graph: f, b or u.
std::string phasesOf(const Step &step) {
  std::string letters;
  for (const planning::Op &op : step.graph().ops)
    letters += toString(op.phase).front();
  return letters;
}

std::string phasesOf(const std::string &text, std::optional<int64_t> loss = std::nullopt) {
  AnalysisOptions options;
  options.lossResult = loss;
  return phasesOf(Step(text, options));
}

TEST(PhasesTest, ForwardBackwardUpdate) {
  // dot tanh reduce | multiply subtract dot | multiply subtract
  EXPECT_EQ(phasesOf(std::string(oneLayer)), "fffbbbuu");
}

/// Six ops; the results are made by %a (1), %loss (2), %norm (4) and %new (5).
std::string withResults(const std::string &results, const std::string &types,
                        const std::string &donate = "") {
  return "func.func @main(%x: tensor<2x4xf32>, %rate: tensor<f32> " + donate + ") -> (" + types +
         ") {" +
         dot("%h", "%x")
             .replace(0, 1,
                      "%w = \"foo.w\"() {remat.pure} : () -> "
                      "tensor<4x4xf32>\n") +
         R"(
    %a = "foo.metric"(%h) {remat.pure} : (tensor<2x4xf32>) -> tensor<f32>
    %loss = "foo.loss"(%h) {remat.pure} : (tensor<2x4xf32>) -> tensor<f32>
    %g = "foo.grad"(%loss, %h) {remat.pure} : (tensor<f32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    %norm = "foo.norm"(%g) {remat.pure} : (tensor<2x4xf32>) -> tensor<f32>
    %scaled = "stablehlo.multiply"(%rate, %rate) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %i = "foo.count"() {remat.pure} : () -> tensor<i32>
    return )" +
         results + " : " + types + " }";
}

TEST(PhasesTest, TheLossIsTheFirstScalarFloatResult) {
  EXPECT_EQ(phasesOf(withResults("%g, %i, %loss, %norm",
                                 "tensor<2x4xf32>, tensor<i32>, tensor<f32>, tensor<f32>")),
            "fffbbb");
}

/// Two micro-batches; JAX's name for a backward is in the location of the gradients.
constexpr const char *twoBatches = R"(
  func.func @main(%x: tensor<4xf32>) -> (tensor<f32>, tensor<4xf32>) {
    %h = "foo.net"(%x) {remat.pure} : (tensor<4xf32>) -> tensor<4xf32>
    %one = "foo.loss"(%h) {remat.pure} : (tensor<4xf32>) -> tensor<f32>
    %g = "foo.grad"(%h) {remat.pure} : (tensor<4xf32>) -> tensor<4xf32>
      loc("jit(step)/transpose(jvp())/grad"(unknown))
    %h2 = "foo.other"(%x) {remat.pure} : (tensor<4xf32>) -> tensor<4xf32>
    %two = "foo.loss"(%h2) {remat.pure} : (tensor<4xf32>) -> tensor<f32>
    %g2 = "foo.grad"(%h2) {remat.pure} : (tensor<4xf32>) -> tensor<4xf32>
      loc("jit(step)/transpose(jvp())/grad"(unknown))
    %sum = "foo.sum"(%g, %g2) {remat.pure} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    %loss = "foo.mean"(%one, %two) {remat.pure} : (tensor<f32>, tensor<f32>) -> tensor<f32>
    return %loss, %sum : tensor<f32>, tensor<4xf32>
  })";

TEST(PhasesTest, ALossSummedUpAfterTheGradientsEndsWhereTheFirstBackwardBegins) {
  EXPECT_EQ(phasesOf(twoBatches), "ffbbbbbb");
  EXPECT_EQ(phasesOf(twoBatches, 0), "ffbbbbbb");
}

/// `count` micro-batches whose losses are summed up behind all gradients, each summand
/// scaled, and an update that reads arguments alone.
std::string batchesSummedLast(int count) {
  std::string text, sums;
  for (int i = 0; i < count; ++i) {
    std::string n = std::to_string(i);
    text += op("%h" + n, "foo.net", "%x") + "\n%l" + n + " = \"foo.loss\"(%h" + n +
            ") {remat.pure} : (tensor<2x4xf32>) -> tensor<f32>" +
            op("%g" + n, "foo.grad", i ? "%h" + n + ", %g" + std::to_string(i - 1) : "%h0");
    sums += i ? "\n%s" + n + " = \"foo.sum\"(%s" + std::to_string(i - 1) + ", %l" + n +
                    ") {remat.pure} : (tensor<f32>, tensor<f32>) -> tensor<f32>"
              : "\n%s0 = \"foo.sum\"(%l0) {remat.pure} : (tensor<f32>) -> tensor<f32>";
  }
  std::string last = std::to_string(count - 1);
  for (int i = 0; i < count; ++i)
    sums += op("%u" + std::to_string(i), "foo.next", i ? "%u" + std::to_string(i - 1) : "%x");
  return "func.func @main(%x: tensor<2x4xf32>) -> (tensor<f32>, tensor<2x4xf32>, tensor<2x4xf32>)"
         " {" +
         text + sums + "\nreturn %s" + last + ", %g" + last + ", %u" + last +
         " : tensor<f32>, tensor<2x4xf32>, tensor<2x4xf32> }";
}

TEST(PhasesTest, ALossWithoutAReaderEndsAtTheLastSummandThatHasOne) {
  // Behind the last sum nothing reads the forward, behind the last but one that sum does.
  EXPECT_EQ(phasesOf(batchesSummedLast(2)), "fffffffbbb");
  EXPECT_EQ(phasesOf(batchesSummedLast(3)), "fffffffffffbbbb");
}

TEST(PhasesTest, AGivenLossWins) {
  EXPECT_EQ(phasesOf(withResults("%a, %loss, %g", "tensor<f32>, tensor<f32>, tensor<2x4xf32>"), 0),
            "fffbb");
  EXPECT_EQ(phasesOf(withResults("%a, %loss, %g", "tensor<f32>, tensor<f32>, tensor<2x4xf32>"), 1),
            "ffffb");
}

TEST(PhasesTest, DonatedScalarsAndArgumentsAreNoLoss) {
  EXPECT_EQ(phasesOf(withResults("%scaled, %loss, %g", "tensor<f32>, tensor<f32>, tensor<2x4xf32>",
                                 "{tf.aliasing_output = 0 : i32}")),
            "fffbu");
  EXPECT_EQ(phasesOf(withResults("%rate, %loss, %g", "tensor<f32>, tensor<f32>, tensor<2x4xf32>")),
            "fffb");
}

TEST(PhasesTest, AScalarWithoutABackwardIsPassedOver) {
  // Nothing after the norm reads a value from before it.
  EXPECT_EQ(phasesOf(withResults("%norm, %loss, %g", "tensor<f32>, tensor<f32>, tensor<2x4xf32>")),
            "fffbb");
}

TEST(PhasesTest, WithoutAScalarThePlainPeakEndsTheForward) {
  auto forward = [](const std::string &results, const std::string &types) {
    return phasesOf("func.func @main(%x: tensor<2x4xf32>) -> (" + types + ") {" +
                    op("%a", "foo.a", "%x") + op("%b", "foo.b", "%a") + op("%c", "foo.c", "%b") +
                    op("%d", "foo.d", "%b, %c") + op("%e", "foo.e", "%a, %d") + "\nreturn " +
                    results + " : " + types + " }");
  };
  // Live: a, ab, abc, abcd, ade; with %b returned abde still at the end.
  EXPECT_EQ(forward("%e", "tensor<2x4xf32>"), "ffffb");
}

TEST(PhasesTest, TheFirstPeakOfSeveral) {
  // A chain: from the second op on two values are live at each.
  EXPECT_EQ(phasesOf("func.func @main(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {" +
                     op("%a", "foo.a", "%x") + op("%b", "foo.b", "%a") + op("%c", "foo.c", "%b") +
                     op("%d", "foo.d", "%c") + "\nreturn %d : tensor<2x4xf32> }"),
            "ffbb");
}

TEST(PhasesTest, TheLossItselfIsAForwardValue) {
  EXPECT_EQ(phasesOf(R"(func.func @main(%x: tensor<2xf32>) -> (tensor<f32>, tensor<2xf32>) {
    %loss = "foo.loss"(%x) : (tensor<2xf32>) -> tensor<f32>
    %g = "foo.grad"(%loss) : (tensor<f32>) -> tensor<2xf32>
    return %loss, %g : tensor<f32>, tensor<2xf32>
  })"),
            "fb");
}

TEST(PhasesTest, TheUpdateStartsAfterTheBackward) {
  // An elementwise sum of gradients before the last dot is backward still.
  std::string text = R"(
    func.func @main(%w: tensor<2x4xf32> {tf.aliasing_output = 1 : i32}, %x: tensor<2x4xf32>)
        -> (tensor<f32>, tensor<2x4xf32>) {)" +
                     op("%h", "stablehlo.tanh", "%x") + R"(
      %loss = "foo.loss"(%h) : (tensor<2x4xf32>) -> tensor<f32>)" +
                     op("%g1", "stablehlo.negate", "%h") + op("%g2", "foo.grad", "%h") +
                     op("%sum", "stablehlo.add", "%g1, %g2") +
                     op("%new", "stablehlo.add", "%w, %sum") + R"(
      return %loss, %new : tensor<f32>, tensor<2x4xf32>
    })";
  EXPECT_EQ(phasesOf(text), "ffbbuu");
}

TEST(PhasesTest, OnlyDonatedOutputsAreUpdates) {
  std::string text(oneLayer);
  text.replace(text.find("{tf.aliasing_output = 1 : i32}"), 30, "");
  EXPECT_EQ(phasesOf(text), "fffbbbbb");
}

TEST(PhasesTest, AValueReturnedTwiceIsNoUpdate) {
  std::string text(oneLayer);
  auto replace = [&](llvm::StringRef from, llvm::StringRef to) {
    text.replace(text.find(from.str()), from.size(), to.str());
  };
  replace("tf.aliasing_output = 1", "tf.aliasing_output = 2");
  replace("-> (tensor<f32>, tensor<4x4xf32>)",
          "-> (tensor<f32>, tensor<4x4xf32>, tensor<4x4xf32>)");
  replace("%loss, %new : tensor<f32>,", "%loss, %new, %new : tensor<f32>, tensor<4x4xf32>,");
  EXPECT_EQ(phasesOf(text), "fffbbbbb");
}

} // namespace
} // namespace remat::test
