//===- OpModel.cpp - what the planner knows about ops ---------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Analysis/OpModel.h"

#include "OpModelRows.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "remat/Analysis/Flops.h"

#include <algorithm>

using namespace mlir;

namespace remat {

OpModelTable::OpModelTable() {
  addStableHLORows(*this);
  addUpstreamRows(*this);
  addTorchRows(*this);
}

OpModelTable &OpModelTable::global() {
  static OpModelTable table;
  return table;
}

void OpModelTable::add(llvm::StringRef dialect, llvm::ArrayRef<llvm::StringRef> ops,
                       const OpModel &model) {
  for (llvm::StringRef op : ops)
    add((dialect + "." + op).str(), model);
}

const OpModel *OpModelTable::find(llvm::StringRef name) const {
  auto row = rows.find(name);
  return row == rows.end() ? nullptr : &row->second;
}

std::vector<llvm::StringRef> OpModelTable::names() const {
  std::vector<llvm::StringRef> names(rows.keys().begin(), rows.keys().end());
  std::sort(names.begin(), names.end());
  return names;
}

llvm::SmallVector<Region *> executedRegions(Operation *op) {
  llvm::SmallVector<Region *> regions;
  for (Region &region : op->getRegions())
    regions.push_back(&region);
  if (op->getName().getStringRef() != "stablehlo.composite")
    return regions;
  auto name = dyn_cast_or_null<FlatSymbolRefAttr>(op->getAttr("decomposition"));
  Operation *callee = name ? SymbolTable::lookupNearestSymbolFrom(op, name) : nullptr;
  if (callee)
    for (Region &region : callee->getRegions())
      regions.push_back(&region);
  return regions;
}

/// Returns whether a registered op declares no effect of its own; those of the
/// ops in its regions are looked at separately.
static bool declaresNoEffect(Operation *op) {
  if (auto effects = dyn_cast<MemoryEffectOpInterface>(op)) {
    llvm::SmallVector<MemoryEffects::EffectInstance> found;
    effects.getEffects(found);
    return found.empty();
  }
  return op->hasTrait<OpTrait::HasRecursiveMemoryEffects>() ||
         op->hasTrait<OpTrait::IsTerminator>();
}

/// Returns what the traits and interfaces of a registered op without a row say.
static OpModel modelFromInterfaces(Operation *op) {
  OpModel model;
  model.pure = model.recomputable = true; // lookup() takes away what effects forbid
  if (op->hasTrait<OpTrait::ConstantLike>()) {
    model.kind = planning::OpKind::Constant;
    model.free = true;
    model.fusion = Fusion::Loop;
  } else if (isa<mlir::linalg::LinalgOp>(op)) {
    refineLinalg(op, model);
  } else if (op->hasTrait<OpTrait::Elementwise>()) {
    model.kind = planning::OpKind::Elementwise;
    model.fusion = Fusion::Loop;
    model.flops = flops::perResultElement;
  } else {
    model.flops = op->getNumRegions() ? flops::regions : nullptr;
  }
  return model;
}

OpModel OpModelTable::lookupAlone(Operation *op) const {
  OpModel model;
  if (const OpModel *row = find(op->getName().getStringRef()))
    model = *row;
  else if (op->isRegistered())
    model = modelFromInterfaces(op);
  else
    model.opaque = true;
  if (model.refine)
    model.refine(op, model);
  if (model.opaque && op->hasAttr("remat.pure"))
    model.pure = model.recomputable = true;
  if (op->isRegistered() && !declaresNoEffect(op))
    model.pure = false;
  model.recomputable &= model.pure && !op->hasAttr("remat.keep");
  return model;
}

OpModel OpModelTable::lookup(Operation *op) const {
  OpModel model = lookupAlone(op);
  for (Region *region : executedRegions(op)) {
    if (!model.pure)
      break;
    for (Block &block : *region)
      for (Operation &inner : block) {
        OpModel part = lookup(&inner);
        model.pure &= part.pure;
        model.recomputable &= part.recomputable;
      }
  }
  model.recomputable &= model.pure;
  return model;
}

/// Does what `checkProperties` does, for `op` without its regions.
static LogicalResult checkOwnProperties(Operation *op, const OpModelTable &table) {
  auto lost = [&](const llvm::Twine &what) {
    return emitError(op->getLoc())
           << "'" << op->getName() << "' has " << what
           << ": the file lost properties, as bytecode written by jaxlib does; export the program "
              "again, as text or as a portable artifact";
  };
  Attribute properties = op->getPropertiesAsAttribute();
  if (properties && !isa<DictionaryAttr>(properties))
    return lost("unreadable properties");
  const OpModel *row = table.find(op->getName().getStringRef());
  if (row && !row->requiredAttribute.empty() && !op->hasAttr(row->requiredAttribute))
    return lost("no attribute '" + row->requiredAttribute + "'");
  return success();
}

LogicalResult checkProperties(Operation *root, const OpModelTable &table) {
  WalkResult walked = root->walk([&](Operation *op) {
    return failed(checkOwnProperties(op, table)) ? WalkResult::interrupt() : WalkResult::advance();
  });
  return failure(walked.wasInterrupted());
}

} // namespace remat
