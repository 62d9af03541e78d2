//===- EntryTest.cpp - which function is the step -------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ParsedModule.h"

namespace remat::test {
namespace {

/// Returns the name of the entry found in `text`, or "error: " and the message.
std::string entryOf(llvm::StringRef text, llvm::StringRef name = "") {
  Context context;
  mlir::OwningOpRef<mlir::ModuleOp> module = context.parse(text);
  mlir::FailureOr<mlir::func::FuncOp> entry = findEntry(*module, name);
  return succeeded(entry) ? entry->getName().str() : "error: " + context.errors;
}

constexpr char oneOfEach[] = R"(
  func.func private @helper() { return }
  func.func private @declared()
  func.func @step() { return })";

TEST(EntryTest, TheOnlyPublicFunctionWithABody) { EXPECT_EQ(entryOf(oneOfEach), "step"); }

TEST(EntryTest, MainBeforeOtherPublicFunctions) {
  EXPECT_EQ(entryOf("func.func @a() { return } func.func @main() { return }"), "main");
}

TEST(EntryTest, AGivenNameMayBePrivate) { EXPECT_EQ(entryOf(oneOfEach, "helper"), "helper"); }

TEST(EntryTest, Errors) {
  EXPECT_EQ(entryOf("module {}"), "error: the module is empty: there is nothing to plan");
  EXPECT_EQ(entryOf("func.func private @a() { return }"),
            "error: the module has no public function with a body; it has @a");
  EXPECT_EQ(entryOf("\"x.y\"() : () -> ()"),
            "error: the module has no public function with a body");
  EXPECT_EQ(entryOf("func.func @a() { return } func.func @b() { return }"),
            "error: the module has 2 public functions with a body, none of them @main: @a, @b; "
            "name one with the option 'entry'");
  EXPECT_EQ(entryOf(oneOfEach, "main"),
            "error: there is no function @main in the module; it has @helper, @declared, @step");
  EXPECT_EQ(entryOf("module {}", "main"),
            "error: there is no function @main in the module; it has no functions");
  EXPECT_EQ(entryOf(oneOfEach, "declared"), "error: entry function @declared has no body");
}

} // namespace
} // namespace remat::test
