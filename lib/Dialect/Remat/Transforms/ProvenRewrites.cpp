//===- ProvenRewrites.cpp - rewrites, each proven -------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/ProvenRewrites.h"

#include "remat/Dialect/Remat/Transforms/Equivalence.h"
#include "remat/Dialect/Remat/Transforms/ProgramCheck.h"

using namespace mlir;
using namespace remat;

LogicalResult remat::runRewrites(ModuleOp module, func::FuncOp entry, bool prove,
                                 ArrayRef<Rewrite> rewrites) {
  OwningOpRef<ModuleOp> copy;
  func::FuncOp before;
  if (prove) {
    copy = module.clone();
    before = copy->lookupSymbol<func::FuncOp>(entry.getSymName());
  }
  for (const Rewrite &rewrite : rewrites) {
    if (failed(rewrite.run()))
      return failure();
    if (prove && failed(verifyEquivalent(*copy, before, module, entry)))
      return emitError(entry.getLoc())
             << rewrite.pass << " made a program that is not proven to compute what @"
             << entry.getSymName()
             << " computed before, so nothing is written; verify=false skips the proof";
  }
  return success();
}

LogicalResult remat::runRewrite(ModuleOp module, StringRef entry, bool prove, StringRef pass,
                                llvm::function_ref<LogicalResult(func::FuncOp)> run) {
  FailureOr<func::FuncOp> function = findCheckedEntry(module, entry);
  if (failed(function))
    return failure();
  return runRewrites(module, *function, prove, {{pass, [&] { return run(*function); }}});
}
