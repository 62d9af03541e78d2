//===- consumer.cpp - the passes from outside ----------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Makes the training step in argv[1] fit the budget in argv[2]; prints it.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "remat/Dialect/Remat/Transforms/Passes.h"

int main(int argc, char **argv) {
  if (argc != 3) {
    llvm::errs() << "usage: consumer STEP.mlir BUDGET\n";
    return 2;
  }
  remat::registerRematPasses();
  mlir::MLIRContext context;
  context.allowUnregisteredDialects();
  context.loadDialect<mlir::func::FuncDialect>();
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(argv[1], &context);
  if (!module)
    return 1;
  mlir::PassManager passes(&context);
  if (failed(mlir::parsePassPipeline("remat{budget=" + std::string(argv[2]) + "}", passes)) ||
      failed(passes.run(*module)))
    return 1;
  module->print(llvm::outs());
}
