//===- KnobsTest.cpp - the knobs of an encoding together ------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/Encode.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "remat/Dialect/Remat/IR/Remat.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace remat;

namespace {

/// Returns a product of two 256x256 matrices.
std::string product(const std::string &a, const std::string &b) {
  return "\"stablehlo.dot_general\"(" + a + ", " + b +
         ") <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], "
         "rhs_contracting_dimensions = [0]>}> : (tensor<256x256xf32>, tensor<256x256xf32>) -> "
         "tensor<256x256xf32>\n";
}

/// Something for each knob: a mask that the backward reads, a product with the old
/// weights beside their update, a sum of three gradients, and a gradient, %gz, that a
/// region need not wait for.
std::string step() {
  std::string matrix = "tensor<256x256xf32>", two = "(" + matrix + ", " + matrix + ") -> " + matrix,
              select = ") : (tensor<256x256xi1>, " + two.substr(1) + "\n";
  return "func.func @main(%x: " + matrix + ", %w: " + matrix +
         " {tf.aliasing_output = 1 : i32}) -> (tensor<f32>, " + matrix + ", " + matrix + ", " +
         matrix + ") {\n" + R"(
    %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
    %zs = "stablehlo.broadcast_in_dim"(%z) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<256x256xf32>
    %p = )" +
         product("%x", "%w") + R"(
    %m = "stablehlo.compare"(%p, %zs) <{comparison_direction = #stablehlo<comparison_direction GT>}> : (tensor<256x256xf32>, tensor<256x256xf32>) -> tensor<256x256xi1>
    %r = "stablehlo.select"(%m, %p, %zs)" +
         select + R"(
    %loss = "stablehlo.dot_general"(%r, %r) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0, 1], rhs_contracting_dimensions = [0, 1]>}> : (tensor<256x256xf32>, tensor<256x256xf32>) -> tensor<f32>
    %gs = "stablehlo.broadcast_in_dim"(%loss) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<256x256xf32>
    %gx = "stablehlo.select"(%m, %gs, %zs)" +
         select + R"(
    %gz = "stablehlo.select"(%m, %zs, %gs)" +
         select + R"(
    %a = )" +
         product("%gx", "%x") + "%b = " + product("%gz", "%x") + R"(
    %s = "stablehlo.add"(%a, %b) : )" +
         two + "\n%c = " + product("%gx", "%gz") + R"(
    %t = "stablehlo.add"(%s, %c) : )" +
         two + "\n%late = " + product("%gx", "%w") + R"(
    %e = remat.recompute (%k = %loss : tensor<f32>) after (%late : tensor<256x256xf32>) {
      %0 = "stablehlo.exponential"(%k) : (tensor<f32>) -> tensor<f32>
      remat.yield %0 : tensor<f32>
    }
    %es = "stablehlo.broadcast_in_dim"(%e) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<256x256xf32>
    %gy = "stablehlo.multiply"(%late, %es) : )" +
         two + R"(
    %n = "stablehlo.subtract"(%w, %t) : )" +
         two + R"(
    return %loss, %n, %gy, %gz : tensor<f32>, )" +
         matrix + ", " + matrix + ", " + matrix + "\n}";
}

/// What an encoding made: its barriers and how many values they hold.
struct Made {
  int64_t barriers = 0, held = 0;
};

/// Encodes the step; fails the test if that fails, leaves a wrong program or counts wrongly.
Made encoded(const EncodeOptions &options) {
  MLIRContext context;
  context.loadDialect<func::FuncDialect, RematDialect>();
  context.allowUnregisteredDialects();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(step(), &context);
  if (!module) {
    ADD_FAILURE() << "the step does not parse";
    return {};
  }
  auto entry = *module->getOps<func::FuncOp>().begin();
  FailureOr<EncodeCounts> counts = encodeRecomputations(entry, options);
  Made made;
  module->walk([&](Operation *op) {
    if (op->getName().getStringRef() == "stablehlo.optimization_barrier") {
      ++made.barriers;
      made.held += op->getNumResults();
    }
  });
  EXPECT_TRUE(succeeded(counts) && succeeded(verify(*module)));
  EXPECT_EQ(made.barriers, succeeded(counts) ? counts->barriers : -1);
  EXPECT_TRUE(entry.getOps<RecomputeOp>().empty());
  return made;
}

/// Returns the setting whose knobs are the bits of `knobs`.
EncodeOptions settingOf(unsigned knobs) {
  EncodeOptions options;
  options.target = EncodeTarget::XlaGpu;
  options.orderBackward = knobs & 1;
  options.orderUpdates = knobs & 2;
  options.tieAccumulations = knobs & 4;
  options.pins = knobs & 8 ? Pins::Masks : Pins::None;
  return options;
}

TEST(KnobsTest, EachKnobAddsItsBarrierInEverySetting) {
  for (unsigned knobs = 0; knobs < 16; ++knobs) {
    int64_t region = 1, update = knobs & 2 ? 1 : 0, sum = knobs & 4 ? 1 : 0,
            mask = knobs & 8 ? 1 : 0;
    EXPECT_EQ(encoded(settingOf(knobs)).barriers, region + update + sum + mask) << knobs;
  }
}

TEST(KnobsTest, TheBackwardInOrderIsHeldByTheRegionsOwnBarrier) {
  for (unsigned knobs : {0u, 8u}) {
    Made free = encoded(settingOf(knobs)), ordered = encoded(settingOf(knobs | 1));
    EXPECT_EQ(free.barriers, ordered.barriers);
    // What is read behind the region: %gz and the sum of gradients.
    EXPECT_EQ(ordered.held, free.held + 2) << knobs;
  }
}

} // namespace
