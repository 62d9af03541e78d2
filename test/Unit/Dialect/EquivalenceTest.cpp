//===- EquivalenceTest.cpp - what no pass lets the proof see --------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/Equivalence.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace remat;

namespace {

/// Returns the errors of comparing @main of `text` with itself, one per line.
std::string errorsOf(StringRef text) {
  MLIRContext context;
  context.loadDialect<func::FuncDialect, cf::ControlFlowDialect>();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return "the test's program does not parse";
  std::string errors;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    errors += diagnostic.str() + "\n";
    return success();
  });
  auto entry = module->lookupSymbol<func::FuncOp>("main");
  LogicalResult proven = verifyEquivalent(*module, entry, *module, entry);
  EXPECT_EQ(succeeded(proven), errors.empty());
  return errors;
}

TEST(Equivalence, NeedsABodyOfOneBlock) {
  std::string error = "@main cannot be compared: its body is not one block\n";
  EXPECT_EQ(errorsOf("func.func private @main(tensor<8xf32>)"), error + error);
  EXPECT_EQ(errorsOf(R"(
    func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
      cf.br ^end
    ^end:
      return %x : tensor<8xf32>
    })"),
            error + error);
  EXPECT_EQ(errorsOf(R"(
    func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
      return %x : tensor<8xf32>
    })"),
            "");
}

} // namespace
