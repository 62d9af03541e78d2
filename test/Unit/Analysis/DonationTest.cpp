//===- DonationTest.cpp - results written over arguments ------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Errors are tested in StepGraphErrorsTest.cpp, marks of shards in ShardsTest.cpp.
//
//===----------------------------------------------------------------------===//

#include "remat/Analysis/Donation.h"

#include "ParsedModule.h"

namespace remat::test {
namespace {

/// Returns the donor of each result of the only function in `text`, "-" for none.
std::string donorsIn(const std::string &text) {
  Context context;
  mlir::OwningOpRef<mlir::ModuleOp> module = context.parse(text);
  auto donors = donorsOf(*findEntry(*module, ""));
  if (failed(donors))
    return "error: " + context.errors;
  std::string found;
  for (std::optional<int32_t> donor : *donors)
    found += (found.empty() ? "" : " ") + (donor ? std::to_string(*donor) : "-");
  return found;
}

TEST(DonationTest, ADonorThatIsReturnedIsItsOwnResult) {
  EXPECT_EQ(donorsIn(R"(
    func.func @main(%a: tensor<4xf32> {jax.buffer_donor = true}, %b: tensor<4xf32>)
        -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
      %c = "foo.add"(%a, %b) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      return %b, %a, %c : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
    })"),
            "- 0 -");
}

TEST(DonationTest, NamedResultsComeBeforeDonors) {
  EXPECT_EQ(donorsIn(R"(
    func.func @main(%a: tensor<4xf32> {jax.buffer_donor = true},
                    %b: tensor<4xf32> {tf.aliasing_output = 0 : i32})
        -> (tensor<4xf32>, tensor<4xf32>) {
      %c = "foo.add"(%a, %b) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      %d = "foo.add"(%a, %b) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      return %c, %d : tensor<4xf32>, tensor<4xf32>
    })"),
            "1 0");
}

TEST(DonationTest, WhereASizeIsUnknownOnlyEqualTypesPair) {
  EXPECT_EQ(donorsIn(R"(
    func.func @main(%a: tensor<?xf32> {tf.aliasing_output = 0 : i32},
                    %b: tensor<?xf32> {tf.aliasing_output = 1 : i32})
        -> (tensor<?xf32>, tensor<?xf64>) {
      %c = "foo.add"(%a, %b) : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
      %d = "foo.add"(%a, %b) : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf64>
      return %c, %d : tensor<?xf32>, tensor<?xf64>
    })"),
            "0 -");
}

} // namespace
} // namespace remat::test
