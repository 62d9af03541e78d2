//===- StepGraphErrorsTest.cpp - what cannot be planned -------------------===//
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

/// Returns the message for a step that is refused.
std::string errorOf(const std::string &text, std::optional<int> loss = std::nullopt) {
  AnalysisOptions options;
  options.lossResult = loss;
  Step step(text, options);
  EXPECT_TRUE(failed(step.built)) << text;
  return step.context.errors;
}

TEST(StepGraphErrorsTest, Calls) {
  EXPECT_EQ(errorOf("func.func private @f(%x: tensor<2x4xf32>) -> tensor<2x4xf32> { return %x : "
                    "tensor<2x4xf32> }" +
                    stepAround("%y = func.call @f(%x) : (tensor<2x4xf32>) -> tensor<2x4xf32>")),
            "calls must be inlined before planning, here the call of @f; run the pass "
            "'remat-inline' first");
  // Also inside a region, and in the spelling that old exporters use.
  EXPECT_EQ(errorOf(stepAround(op("%h", "stablehlo.tanh", "%x") + R"(
    %y = "stablehlo.map"(%h) <{dimensions = array<i64>}> ({
    ^bb0(%l: tensor<f32>):
      %m = "call"(%l) : (tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%m) : (tensor<f32>) -> ()
    }) : (tensor<2x4xf32>) -> tensor<2x4xf32>)")),
            "calls must be inlined before planning; run the pass 'remat-inline' first");
}

TEST(StepGraphErrorsTest, Marks) {
  EXPECT_EQ(errorOf(stepAround(R"(
    %y = "stablehlo.tanh"(%x) {remat.recompute} : (tensor<2x4xf32>) -> tensor<2x4xf32>)")),
            "'stablehlo.tanh' has the mark 'remat.recompute', which is unknown; marks are "
            "'remat.keep' (never run again) and 'remat.pure' (a custom call or unknown op without "
            "effects), and what runs again follows from the budget");
  // Also inside a region.
  EXPECT_EQ(errorOf(stepAround(R"(
    %y = "stablehlo.map"(%x) <{dimensions = array<i64>}> ({
    ^bb0(%l: tensor<f32>):
      %m = "stablehlo.tanh"(%l) {remat.keep = 0 : i32} : (tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%m) : (tensor<f32>) -> ()
    }) : (tensor<2x4xf32>) -> tensor<2x4xf32>)")),
            "'stablehlo.tanh' has the mark 'remat.keep = 0 : i32', but a mark has no value; write "
            "it without, or remove it");
}

TEST(StepGraphErrorsTest, PureOnKnownOps) {
  for (llvm::StringRef name :
       {"stablehlo.tanh", "stablehlo.rng", "stablehlo.all_reduce", "math.tanh"}) {
    std::string attributes =
        name == "stablehlo.rng" ? " <{rng_distribution = 0 : i32}> {remat.pure}" : " {remat.pure}";
    EXPECT_EQ(errorOf(stepAround("%y = \"" + name.str() + "\"(%x)" + attributes +
                                 " : (tensor<2x4xf32>) -> tensor<2x4xf32>")),
              "'" + name.str() +
                  "' has the mark 'remat.pure', which is for custom calls and unknown ops; this "
                  "op is known, so remove the mark");
  }
}

/// A step with a composite whose body is `body`, from %l to %m.
std::string stepWithComposite(const std::string &body) {
  return "func.func private @f(%l: tensor<2x4xf32>) -> tensor<2x4xf32> { " + body +
         " return %m : tensor<2x4xf32> }" + stepAround(R"(
    %y = "stablehlo.composite"(%x) <{name = "n", decomposition = @f}>
        : (tensor<2x4xf32>) -> tensor<2x4xf32>)");
}

TEST(StepGraphErrorsTest, BodiesOfComposites) {
  EXPECT_EQ(errorOf(stepWithComposite(R"(
    %m = "stablehlo.tanh"(%l) {remat.pure} : (tensor<2x4xf32>) -> tensor<2x4xf32>)")),
            "'stablehlo.tanh' has the mark 'remat.pure', which is for custom calls and unknown "
            "ops; this op is known, so remove the mark");
  EXPECT_EQ(errorOf(stepWithComposite(R"(
    %m = "stablehlo.constant"() : () -> tensor<2x4xf32>)")),
            "'stablehlo.constant' has no attribute 'value': the file lost properties, as bytecode "
            "written by jaxlib does; export the program again, as text or as a portable artifact");
  EXPECT_EQ(errorOf(stepWithComposite(R"(
    %m = "stablehlo.composite"(%l) <{name = "n", decomposition = @f}>
        : (tensor<2x4xf32>) -> tensor<2x4xf32>)")),
            "'stablehlo.composite' runs itself, by its decomposition @f; recursion cannot be "
            "planned");
}

TEST(StepGraphErrorsTest, SeveralBlocks) {
  EXPECT_EQ(errorOf(R"(
    func.func @main(%c: i1) {
      cf.cond_br %c, ^a, ^b
    ^a:
      return
    ^b:
      return
    })"),
            "entry function @main has 3 blocks; only one block of straight-line code can be "
            "planned");
}

TEST(StepGraphErrorsTest, NoOps) {
  EXPECT_EQ(errorOf("func.func @main(%x: tensor<f32>) -> tensor<f32> { return %x : tensor<f32> }"),
            "entry function @main has no ops to plan");
  EXPECT_EQ(errorOf(R"(func.func @main(%x: tensor<f32>) -> tensor<f32> {
                         %dead = math.tanh %x : tensor<f32>
                         return %x : tensor<f32>
                       })"),
            "entry function @main has no ops to plan");
}

TEST(StepGraphErrorsTest, ValuesWithoutASize) {
  EXPECT_EQ(errorOf(stepAround(R"(
    %d = "foo.dynamic"(%x) : (tensor<2x4xf32>) -> tensor<?x4xf32>
    %y = "foo.static"(%d) : (tensor<?x4xf32>) -> tensor<2x4xf32>)")),
            "result 0 of 'foo.dynamic' has type 'tensor<?x4xf32>', whose size is not known; only "
            "static shapes can be planned, so export the step with concrete shapes");
  EXPECT_EQ(errorOf(R"(func.func @main(%a: tensor<f32>, %b: !foo.bar) -> tensor<f32> {
                         %0 = "foo.use"(%a, %b) : (tensor<f32>, !foo.bar) -> tensor<f32>
                         return %0 : tensor<f32>
                       })"),
            "argument 1 has type '!foo.bar', which has no known size in memory");
}

TEST(StepGraphErrorsTest, LostProperties) {
  EXPECT_EQ(errorOf(stepAround(R"(
    %y = "stablehlo.dot_general"(%x, %w) : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>)")),
            "'stablehlo.dot_general' has no attribute 'dot_dimension_numbers': the file lost "
            "properties, as bytecode written by jaxlib does; export the program again, as text or "
            "as a portable artifact");
  // In a region too.
  EXPECT_EQ(errorOf(stepAround(R"(
    %y = "stablehlo.map"(%x) <{dimensions = array<i64>}> ({
    ^bb0(%l: tensor<f32>):
      %m = "stablehlo.constant"() : () -> tensor<f32>
      "stablehlo.return"(%m) : (tensor<f32>) -> ()
    }) : (tensor<2x4xf32>) -> tensor<2x4xf32>)")),
            "'stablehlo.constant' has no attribute 'value': the file lost "
            "properties, as bytecode written by jaxlib does; export the program again, as text or "
            "as a portable artifact");
}

TEST(StepGraphErrorsTest, UnreadableAttributes) {
  EXPECT_EQ(errorOf(stepAround(R"(
    %y = "stablehlo.dot_general"(%x, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [5]>}> : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>)")),
            "cannot count the work of 'stablehlo.dot_general': an attribute that describes its "
            "shape is missing or unreadable");
}

TEST(StepGraphErrorsTest, TooMuchWork) {
  EXPECT_EQ(errorOf(stepAround(R"(
    %a = "foo.a"() : () -> tensor<1048576x1073741824xi4>
    %b = "foo.b"() : () -> tensor<1073741824x1048576xi4>
    %c = "stablehlo.dot"(%a, %b) : (tensor<1048576x1073741824xi4>, tensor<1073741824x1048576xi4>) -> tensor<1048576x1048576xi4>
    %y = "foo.c"(%c) : (tensor<1048576x1048576xi4>) -> tensor<2x4xf32>)")),
            "one execution of 'stablehlo.dot' takes 2^62 flops or more; such work cannot be "
            "planned");
  EXPECT_EQ(errorOf(stepAround(R"(
    %a = "foo.a"() : () -> tensor<4611686018427387900xi8>
    %b = "foo.b"() : () -> tensor<4611686018427387900xi8>
    %y = "foo.c"(%a, %b) : (tensor<4611686018427387900xi8>, tensor<4611686018427387900xi8>) -> tensor<2x4xf32>)")),
            "one execution of 'foo.c' takes 2^62 flops or bytes or more; such work cannot be "
            "planned");
}

TEST(StepGraphErrorsTest, TheGraphAsAWhole) {
  // Each value and each op fits; the sum over the graph does not.
  std::string message = errorOf(stepAround(R"(
    %a = "foo.a"() : () -> tensor<4611686018427387000xi8>
    %y = "foo.c"(%a) : (tensor<4611686018427387000xi8>) -> tensor<2x4xf32>
    %b = "foo.b"(%y) : (tensor<2x4xf32>) -> tensor<4611686018427387000xi8>)"));
  EXPECT_NE(message.find("2^62"), std::string::npos) << message;
}

constexpr char twoArguments[] = R"(
  func.func @main(%a: tensor<2x4xf32> {tf.aliasing_output = ARG0 : i32},
                  %b: tensor<2x4xf32> {tf.aliasing_output = ARG1 : i32})
      -> (tensor<f32>, tensor<2x4xf32>, tensor<2x4xf32>) {
    %loss = "foo.loss"(%a) : (tensor<2x4xf32>) -> tensor<f32>
    %g = "foo.grad"(%loss, %a) : (tensor<f32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    %h = "foo.grad"(%loss, %b) : (tensor<f32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    return %loss, %g, %h : tensor<f32>, tensor<2x4xf32>, tensor<2x4xf32>
  })";

std::string aliasingError(const char *first, const char *second) {
  std::string text(twoArguments);
  text.replace(text.find("ARG0"), 4, first);
  text.replace(text.find("ARG1"), 4, second);
  return errorOf(text);
}

TEST(StepGraphErrorsTest, Donation) {
  EXPECT_EQ(aliasingError("1", "3"),
            "argument 1 has tf.aliasing_output = 3, but @main returns 3 results");
  EXPECT_EQ(aliasingError("-1", "1"),
            "argument 0 has tf.aliasing_output = -1, but @main returns 3 results");
  EXPECT_EQ(aliasingError("2", "2"), "arguments 0 and 1 both have tf.aliasing_output = 2");
  EXPECT_EQ(aliasingError("1", "0"),
            "argument 1 has 32 bytes and cannot hold result 0 of 4 bytes, as its "
            "tf.aliasing_output says");
}

TEST(StepGraphErrorsTest, TheLossOption) {
  EXPECT_EQ(errorOf(std::string(oneLayer), 2),
            "there is no result 2 to take as the loss: @main returns 2 results, numbered from 0");
  EXPECT_EQ(errorOf(std::string(oneLayer), -1),
            "there is no result -1 to take as the loss: @main returns 2 results, numbered from 0");
  EXPECT_EQ(errorOf(R"(func.func @main(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
                         %0 = math.tanh %x : tensor<f32>
                         return %x, %0 : tensor<f32>, tensor<f32>
                       })",
                    0),
            "result 0 cannot be the loss: it is an argument, not computed");
}

TEST(StepGraphErrorsTest, ALossIsAScalarFloat) {
  EXPECT_EQ(errorOf(std::string(oneLayer), 1),
            "result 1 of @main is 'tensor<4x4xf32>', but a loss is a scalar float; the scalar "
            "float results are: 0");
  EXPECT_EQ(errorOf(R"(func.func @main(%x: tensor<f32>) -> tensor<i32> {
                         %0 = "foo.count"(%x) : (tensor<f32>) -> tensor<i32>
                         return %0 : tensor<i32>
                       })",
                    0),
            "result 0 of @main is 'tensor<i32>', but a loss is a scalar float; it returns none, so "
            "give a training step, which returns the loss and the gradients");
}

TEST(StepGraphErrorsTest, NeitherLossNorGradient) {
  EXPECT_EQ(
      errorOf(R"(
    func.func @main(%x: tensor<2x4xf32>) -> tensor<2xf32> {
      %h = "stablehlo.tanh"(%x) : (tensor<2x4xf32>) -> tensor<2x4xf32>
      %y = "foo.head"(%h) : (tensor<2x4xf32>) -> tensor<2xf32>
      %z = "foo.sum"(%h, %y) : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2xf32> loc("net.py":6:1)
      return %z : tensor<2xf32>
    })"),
      "there is no backward to plan for: no result of @main is a scalar float, as a loss is, "
      "or has the shape of an argument, as a gradient has; result 0 is 'tensor<2xf32>' of "
      "foo.sum %2 (net.py:6); give a training step, which returns the loss and the gradients");
}

TEST(StepGraphErrorsTest, NoBackward) {
  EXPECT_EQ(errorOf(R"(
    func.func @main(%x: tensor<2x4xf32>) -> tensor<f32> {
      %h = "stablehlo.tanh"(%x) : (tensor<2x4xf32>) -> tensor<2x4xf32> loc("net.py":4:1)
      %loss = "foo.loss"(%h) : (tensor<2x4xf32>) -> tensor<f32> loc("net.py":5:1)
      return %loss : tensor<f32>
    })"),
            "there is no backward to plan for: no op after foo.loss %1 (net.py:5), where the "
            "forward of @main ends, reads a value from before it; give a training step, or the "
            "result that is the loss with the option 'loss'");
}

TEST(StepGraphErrorsTest, ABackwardInsideALoop) {
  EXPECT_EQ(errorOf(R"(
    func.func @main(%x: tensor<f32>) -> tensor<f32> {
      %r = "stablehlo.while"(%x) ({
      ^bb0(%c: tensor<f32>):
        %go = "stablehlo.is_finite"(%c) : (tensor<f32>) -> tensor<i1>
        "stablehlo.return"(%go) : (tensor<i1>) -> ()
      }, {
      ^bb0(%c: tensor<f32>):
        %n = "stablehlo.tanh"(%c) : (tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%n) : (tensor<f32>) -> ()
      }) : (tensor<f32>) -> tensor<f32> loc("net.py":4:1)
      return %r : tensor<f32>
    })"),
            "there is no backward to plan for: no op after stablehlo.while %0 (net.py:4), where "
            "the forward of @main ends, reads a value from before it; a loop is one op here, such "
            "as stablehlo.while %0 (net.py:4): if forward and backward are inside it, plan the "
            "loss alone, with remat.jax.checkpoint");
}

TEST(StepGraphErrorsTest, AConstantIsNotWorthABackward) {
  AnalysisOptions options;
  options.foldFree = false;
  Step step(R"(
    func.func @main(%x: tensor<2x4xf32>) -> (tensor<f32>, tensor<f32>) {
      %c = "stablehlo.constant"() <{value = dense<1.0> : tensor<f32>}> : () -> tensor<f32>
      %loss = "foo.loss"(%x) : (tensor<2x4xf32>) -> tensor<f32>
      %other = "foo.other"(%x, %c) : (tensor<2x4xf32>, tensor<f32>) -> tensor<f32>
      return %loss, %other : tensor<f32>, tensor<f32>
    })",
            options);
  EXPECT_EQ(step.context.errors.substr(0, 35), "there is no backward to plan for: n");
}

} // namespace
} // namespace remat::test
