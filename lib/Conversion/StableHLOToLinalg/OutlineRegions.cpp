//===- OutlineRegions.cpp - regions that another tool must not see --------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// torch-mlir's conversion turns `select_and_scatter` with windows that do not overlap into
// code that lets the last of equal elements win, where XLA lets the first; and it breaks
// down on StableHLO ops in regions of ops that it does not know. So both kinds of op pass
// it as an op of a dialect of no one, their regions as functions.
//
//===----------------------------------------------------------------------===//

#include "Conversions.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Transforms/RegionUtils.h"
#include "remat/Conversion/Passes.h"

namespace remat {
#define GEN_PASS_DEF_OUTLINEREGIONSPASS
#include "remat/Conversion/Passes.h.inc"
} // namespace remat

using namespace mlir;

namespace remat {

static constexpr llvm::StringLiteral outlinedName = "remat_outlined.op";
static constexpr llvm::StringLiteral nameKey = "remat_outlined.name";
static constexpr llvm::StringLiteral regionsKey = "remat_outlined.regions";
static constexpr llvm::StringLiteral terminatorKey = "remat_outlined.terminator";

/// Moves the body of `region` to a private function and returns its name.
static FlatSymbolRefAttr outline(Region &region, SymbolTable &symbols, OpBuilder &builder) {
  Operation *end = &region.front().back();
  auto type = builder.getFunctionType(region.getArgumentTypes(), end->getOperandTypes());
  auto function = func::FuncOp::create(end->getLoc(), "remat_outlined", type);
  function.setPrivate();
  symbols.insert(function);
  function.getBody().takeBody(region);
  builder.setInsertionPoint(end);
  func::ReturnOp::create(builder, end->getLoc(), end->getOperands());
  end->erase();
  return FlatSymbolRefAttr::get(function);
}

static LogicalResult outlineRegionsOf(Operation *op, SymbolTable &symbols) {
  for (Region &region : op->getRegions()) {
    SetVector<Value> captured;
    getUsedValuesDefinedAbove(region, captured);
    if (!region.hasOneBlock() || region.front().empty() || !captured.empty())
      return op->emitError() << op->getName().getStringRef()
                             << " has a region of several blocks, or one that reads values from "
                                "outside; write it with regions that read their arguments only";
  }
  OpBuilder builder(op);
  OperationState state(op->getLoc(), outlinedName);
  state.addOperands(op->getOperands());
  state.addTypes(op->getResultTypes());
  state.addAttributes(op->getDiscardableAttrDictionary().getValue());
  if (auto properties = dyn_cast_or_null<DictionaryAttr>(op->getPropertiesAsAttribute()))
    state.addAttributes(properties.getValue());
  state.addAttribute(nameKey, builder.getStringAttr(op->getName().getStringRef()));
  StringRef terminator = op->getRegion(0).front().back().getName().getStringRef();
  state.addAttribute(terminatorKey, builder.getStringAttr(terminator));
  SmallVector<Attribute> regions;
  for (Region &region : op->getRegions())
    regions.push_back(outline(region, symbols, builder));
  state.addAttribute(regionsKey, builder.getArrayAttr(regions));
  builder.setInsertionPoint(op);
  op->replaceAllUsesWith(builder.create(state));
  op->erase();
  return success();
}

/// Moves the body of the function `name` to `region`.
static LogicalResult restore(Attribute name, StringRef terminator, Region &region,
                             SymbolTable &symbols) {
  auto symbol = dyn_cast<FlatSymbolRefAttr>(name);
  auto function = symbol ? symbols.lookup<func::FuncOp>(symbol.getValue()) : func::FuncOp();
  if (!function || !function.getBody().hasOneBlock())
    return failure();
  region.takeBody(function.getBody());
  Operation *end = &region.front().back();
  OpBuilder builder(end);
  OperationState state(end->getLoc(), terminator);
  state.addOperands(end->getOperands());
  builder.create(state);
  end->erase();
  symbols.erase(function);
  return success();
}

static LogicalResult restoreRegionsOf(Operation *op, SymbolTable &symbols) {
  auto name = op->getAttrOfType<StringAttr>(nameKey);
  auto terminator = op->getAttrOfType<StringAttr>(terminatorKey);
  auto regions = op->getAttrOfType<ArrayAttr>(regionsKey);
  auto refuse = [&] {
    return op->emitError() << outlinedName
                           << " does not name an op and the functions that are its regions; run "
                              "remat-outline-regions again";
  };
  if (!name || !terminator || !regions)
    return refuse();
  OperationState state(op->getLoc(), name.getValue());
  state.addOperands(op->getOperands());
  state.addTypes(op->getResultTypes());
  for (NamedAttribute attribute : op->getAttrs())
    if (!attribute.getName().strref().starts_with("remat_outlined."))
      state.addAttribute(attribute.getName(), attribute.getValue());
  for (Attribute region : regions)
    if (failed(restore(region, terminator.getValue(), *state.addRegion(), symbols)))
      return refuse();
  OpBuilder builder(op);
  op->replaceAllUsesWith(builder.create(state));
  op->erase();
  return success();
}

LogicalResult restoreRegions(ModuleOp module) {
  SymbolTable symbols(module);
  SmallVector<Operation *> ops;
  module.walk([&](Operation *op) {
    if (op->getName().getStringRef() == outlinedName)
      ops.push_back(op);
  });
  // An op in the function of another moves along with it.
  for (Operation *op : ops)
    if (failed(restoreRegionsOf(op, symbols)))
      return failure();
  return success();
}

namespace {

struct OutlineRegionsPass : remat::impl::OutlineRegionsPassBase<OutlineRegionsPass> {
  void runOnOperation() override {
    SmallVector<Operation *> ops; // innermost first
    getOperation().walk([&](Operation *op) {
      StringRef name = op->getName().getStringRef();
      if (name == "stablehlo.select_and_scatter" || name == "remat.recompute")
        ops.push_back(op);
    });
    SymbolTable symbols(getOperation());
    for (Operation *op : ops)
      if (failed(outlineRegionsOf(op, symbols)))
        return signalPassFailure();
  }
};

} // namespace

} // namespace remat
