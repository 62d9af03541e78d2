//===- ProgramCheck.cpp - the program that a pass may work on -------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/ProgramCheck.h"

#include "remat/Analysis/OpModel.h"
#include "remat/Analysis/StepGraph.h"

using namespace mlir;
using namespace remat;

FailureOr<func::FuncOp> remat::findCheckedEntry(ModuleOp module, StringRef name) {
  FailureOr<func::FuncOp> entry = findEntry(module, name);
  if (failed(entry) || failed(checkProperties(module, OpModelTable::global())))
    return failure();
  size_t blocks = entry->getBody().getBlocks().size();
  if (blocks != 1)
    return emitError(entry->getLoc())
           << "entry function @" << entry->getSymName() << " has " << blocks
           << " blocks, not one; structure its control flow first";
  return entry;
}
