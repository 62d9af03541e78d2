//===- ProgramCheck.cpp - programs before and after a rewrite -------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/ProgramCheck.h"

#include "remat/Analysis/OpModel.h"
#include "remat/Analysis/StepGraph.h"
#include "remat/Dialect/Remat/Transforms/Equivalence.h"

using namespace mlir;
using namespace remat;

/// Says what is wrong with the properties of `op`; empty if nothing.
static std::string lossOf(Operation *op, const OpModelTable &table) {
  Attribute properties = op->getPropertiesAsAttribute();
  auto dictionary = dyn_cast_or_null<DictionaryAttr>(properties);
  if (properties && !dictionary)
    return "has unreadable properties";
  const OpModel *model = table.find(op->getName().getStringRef());
  if (!model || model->requiredAttribute.empty() ||
      op->getDiscardableAttr(model->requiredAttribute) ||
      (dictionary && dictionary.get(model->requiredAttribute)))
    return "";
  return "has no '" + model->requiredAttribute.str() + "'";
}

LogicalResult remat::checkProperties(ModuleOp module) {
  const OpModelTable &table = OpModelTable::global();
  WalkResult walked = module.walk([&](Operation *op) {
    std::string loss = lossOf(op, table);
    if (loss.empty())
      return WalkResult::advance();
    emitError(op->getLoc()) << "'" << op->getName() << "' " << loss
                            << ": the file lost properties, as bytecode written by jaxlib does; "
                               "export the program again, as text or as a portable artifact";
    return WalkResult::interrupt();
  });
  return failure(walked.wasInterrupted());
}

FailureOr<func::FuncOp> remat::findCheckedEntry(ModuleOp module, StringRef name) {
  FailureOr<func::FuncOp> entry = findEntry(module, name);
  if (failed(entry) || failed(checkProperties(module)))
    return failure();
  size_t blocks = entry->getBody().getBlocks().size();
  if (blocks != 1)
    return emitError(entry->getLoc())
           << "entry function @" << entry->getSymName() << " has " << blocks
           << " blocks, not one; structure its control flow first";
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
         << what << " made a program that is not proven to compute what @" << entry.getSymName()
         << " computed before, so nothing is written; verify=false skips the proof";
}
