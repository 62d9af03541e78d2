//===- ProgramCheck.cpp - programs before and after a rewrite -------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramCheck.h"

#include "remat/Analysis/OpModel.h"
#include "remat/Analysis/StepGraph.h"
#include "remat/Dialect/Remat/Transforms/Equivalence.h"

using namespace mlir;
using namespace remat;

/// Finds an op without the attribute that its row of the op table requires.
static LogicalResult checkAttributes(ModuleOp module) {
  const OpModelTable &table = OpModelTable::global();
  WalkResult walked =
      module.walk(
          [&](Operation *op) {
            const OpModel *model = table.find(op->getName().getStringRef());
            if (!model || model->requiredAttribute.empty() ||
                op->getDiscardableAttr(model->requiredAttribute))
              return WalkResult::advance();
            auto properties = dyn_cast_or_null<DictionaryAttr>(op->getPropertiesAsAttribute());
            if (properties && properties.get(model->requiredAttribute))
              return WalkResult::advance();
            emitError(op->getLoc())
                << "'" << op->getName() << "' has no '" << model->requiredAttribute
                << "': the file lost its properties, as bytecode written by jaxlib does; "
                   "write it as generic text with 'remat convert'";
            return WalkResult::interrupt();
          });
  return failure(walked.wasInterrupted());
}

FailureOr<func::FuncOp> remat::findCheckedEntry(ModuleOp module, StringRef name) {
  FailureOr<func::FuncOp> entry = findEntry(module, name);
  if (succeeded(entry) && failed(checkAttributes(module)))
    return failure();
  return entry;
}

Snapshot::Snapshot(ModuleOp module, func::FuncOp entry)
    : copy(module.clone()), entryName(entry.getSymName()) {}

LogicalResult Snapshot::check(ModuleOp module, func::FuncOp entry, StringRef what) const {
  ModuleOp reference = copy.get();
  auto before = reference.lookupSymbol<func::FuncOp>(entryName);
  if (succeeded(verifyEquivalent(reference, before, module, entry)))
    return success();
  return emitError(entry.getLoc())
         << what << " changed what the program computes; this is a defect of "
         << "Remat, nothing is written";
}
