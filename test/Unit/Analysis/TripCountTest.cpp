//===- TripCountTest.cpp - how often a loop runs --------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ParsedModule.h"
#include "remat/Analysis/Flops.h"

namespace remat::test {
namespace {

/// Returns the trip count of the loop in `text`, -1 for unknown.
int64_t tripsOf(const std::string &text) {
  Context context;
  auto module =
      context.parse("func.func @main(%n: tensor<i32>, %x: tensor<2xf32>) {" + text + "\nreturn }");
  int64_t trips = -2;
  module->walk([&](mlir::Operation *op) {
    llvm::StringRef name = op->getName().getStringRef();
    if (name == "stablehlo.while" || name.starts_with("scf."))
      if (!op->hasTrait<mlir::OpTrait::IsTerminator>())
        trips = tripCount(op).value_or(-1);
  });
  return trips;
}

std::string constant(const std::string &name, const std::string &value) {
  return "\n" + name + " = \"stablehlo.constant\"() <{value = dense<" + value +
         "> : tensor<i32>}> : () -> tensor<i32>";
}

/// A counted while with the given start, bound, comparison and next value.
std::string countedWhile(const std::string &start, const std::string &bound,
                         const std::string &direction, const std::string &next,
                         const std::string &more = "") {
  return constant("%start", start) + constant("%bound", bound) + constant("%one", "1") +
         constant("%three", "3") + R"(
    %r:2 = "stablehlo.while"(%start, %x) ({
    ^bb0(%i: tensor<i32>, %c: tensor<2xf32>):
      %p = "stablehlo.compare"(%i, %bound) <{comparison_direction = #stablehlo<comparison_direction )" +
         direction + R"(>}> : (tensor<i32>, tensor<i32>) -> tensor<i1>
      "stablehlo.return"(%p) : (tensor<i1>) -> ()
    }, {
    ^bb0(%i: tensor<i32>, %c: tensor<2xf32>):)" +
         more + "\n" + next + R"(
      "stablehlo.return"(%j, %c) : (tensor<i32>, tensor<2xf32>) -> ()
    }) : (tensor<i32>, tensor<2xf32>) -> (tensor<i32>, tensor<2xf32>))";
}

const std::string plusOne =
    R"(%j = "stablehlo.add"(%i, %one) : (tensor<i32>, tensor<i32>) -> tensor<i32>)";
const std::string plusThree =
    R"(%j = "stablehlo.add"(%three, %i) : (tensor<i32>, tensor<i32>) -> tensor<i32>)";

TEST(TripCountTest, CountedWhile) {
  EXPECT_EQ(tripsOf(countedWhile("0", "50", "LT", plusOne)), 50);
  EXPECT_EQ(tripsOf(countedWhile("-5", "50", "LT", plusOne)), 55);
  EXPECT_EQ(tripsOf(countedWhile("0", "50", "LE", plusOne)), 51);
  EXPECT_EQ(tripsOf(countedWhile("0", "50", "LT", plusThree)), 17);
  EXPECT_EQ(tripsOf(countedWhile("0", "51", "LT", plusThree)), 17);
  EXPECT_EQ(tripsOf(countedWhile("9", "9", "LT", plusOne)), 0);
  EXPECT_EQ(tripsOf(countedWhile("10", "9", "LT", plusOne)), 0);
}

TEST(TripCountTest, UnknownWhile) {
  EXPECT_EQ(tripsOf(countedWhile("0", "50", "GT", plusOne)), -1);
  EXPECT_EQ(tripsOf(countedWhile("0", "50", "LT",
                                 R"(%j = "stablehlo.multiply"(%i, %three) :
                                    (tensor<i32>, tensor<i32>) -> tensor<i32>)")),
            -1);
  EXPECT_EQ(tripsOf(countedWhile("0", "50", "LT",
                                 R"(%j = "stablehlo.add"(%i, %n) :
                                    (tensor<i32>, tensor<i32>) -> tensor<i32>)")),
            -1);
}

/// The bound as a carried value that the body passes on unchanged.
std::string boundCarried(const std::string &bound) {
  return constant("%start", "0") + constant("%bound", "8") + constant("%one", "1") + R"(
    %wide = "stablehlo.convert"(%start) : (tensor<i32>) -> tensor<i64>
    %r:2 = "stablehlo.while"(%wide, )" +
         bound + R"() ({
    ^bb0(%i: tensor<i64>, %b: tensor<i32>):
      %k = "stablehlo.convert"(%i) : (tensor<i64>) -> tensor<i32>
      %p = "stablehlo.compare"(%k, %b) <{comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<i32>, tensor<i32>) -> tensor<i1>
      "stablehlo.return"(%p) : (tensor<i1>) -> ()
    }, {
    ^bb0(%i: tensor<i64>, %b: tensor<i32>):
      %step = "stablehlo.convert"(%one) : (tensor<i32>) -> tensor<i64>
      %j = "stablehlo.add"(%i, %step) : (tensor<i64>, tensor<i64>) -> tensor<i64>
      "stablehlo.return"(%j, %b) : (tensor<i64>, tensor<i32>) -> ()
    }) : (tensor<i64>, tensor<i32>) -> (tensor<i64>, tensor<i32>))";
}

TEST(TripCountTest, ConstantsThroughCarriesAndConversions) {
  EXPECT_EQ(tripsOf(boundCarried("%bound")), 8);
  EXPECT_EQ(tripsOf(boundCarried("%n")), -1);
}

TEST(TripCountTest, MalformedWhile) {
  EXPECT_EQ(tripsOf(R"("stablehlo.while"(%n) ({}, {}) : (tensor<i32>) -> ())"), -1);
  EXPECT_EQ(tripsOf(R"("stablehlo.while"(%n) : (tensor<i32>) -> ())"), -1);
}

TEST(TripCountTest, UpstreamLoops) {
  constexpr char header[] = R"(
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %c10 = arith.constant 10 : index
    )";
  EXPECT_EQ(tripsOf(std::string(header) + "scf.for %i = %c0 to %c10 step %c4 {}"), 3);
  EXPECT_EQ(tripsOf(std::string(header) + "scf.forall (%i, %j) in (4, 10) {}"), 40);
  EXPECT_EQ(tripsOf(std::string(header) + R"(
      scf.parallel (%i, %j) = (%c0, %c1) to (%c10, %c10) step (%c4, %c4) { scf.reduce })"),
            9);
  // A range that 64 bits do not hold.
  EXPECT_EQ(tripsOf(std::string(header) + R"(
      %min = arith.constant -9223372036854775808 : index
      scf.parallel (%i, %j) = (%min, %c0) to (%c10, %c10) step (%c4, %c4) { scf.reduce })"),
            -1);
  EXPECT_EQ(tripsOf(std::string(header) + R"(
      %d = tensor.dim %x, %c0 : tensor<2xf32>
      scf.for %i = %c0 to %d step %c4 {})"),
            -1);
}

} // namespace
} // namespace remat::test
