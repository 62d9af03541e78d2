//===- Kernels.cpp - kernels out of launches ------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace remat;

static gpu::GPUModuleOp makeModule(Location loc) {
  OpBuilder builder(loc.getContext());
  return gpu::GPUModuleOp::create(builder, loc, "kernels");
}

KernelModule::KernelModule(ModuleOp module)
    : symbols(module), kernels(makeModule(module.getLoc())), kernelSymbols(kernels) {
  symbols.insert(kernels);
  module->setAttr(gpu::GPUDialect::getContainerModuleAttrName(),
                  UnitAttr::get(module.getContext()));
}

/// True for a buffer whose elements are at places known now, as a bare pointer wants it.
static bool isBarePointer(MemRefType type) {
  SmallVector<int64_t> strides;
  int64_t offset;
  return type.hasStaticShape() && succeeded(type.getStridesAndOffset(strides, offset)) &&
         !ShapedType::isDynamic(offset) && llvm::none_of(strides, ShapedType::isDynamic);
}

bool remat::isOfGlobal(Value value) {
  while (auto view = value.getDefiningOp<ViewLikeOpInterface>())
    value = view.getViewSource();
  return value.getDefiningOp<memref::GetGlobalOp>() != nullptr;
}

/// True for what is computed in the kernel again rather than handed to it.
static bool isSunk(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || matchPattern(op, m_Constant()))
    return op != nullptr;
  auto type = dyn_cast<MemRefType>(value.getType());
  return type && isPure(op) && (!isBarePointer(type) || isOfGlobal(value));
}

void KernelModule::sinkInto(gpu::LaunchOp launch) {
  OpBuilder builder(launch.getContext());
  for (bool changed = true; changed;) {
    changed = false;
    llvm::SetVector<Value> captured;
    getUsedValuesDefinedAbove(launch.getBody(), captured);
    for (Value value : captured) {
      if (!isSunk(value))
        continue;
      builder.setInsertionPointToStart(&launch.getBody().front());
      Operation *clone = builder.clone(*value.getDefiningOp());
      unsigned number = cast<OpResult>(value).getResultNumber();
      value.replaceUsesWithIf(clone->getResult(number), [&](OpOperand &use) {
        return launch.getBody().isAncestor(use.getOwner()->getParentRegion());
      });
      changed = true;
    }
  }
}

/// Puts the module's constants that `kernel` reads beside it.
void KernelModule::copyGlobals(gpu::GPUFuncOp kernel) {
  kernel.walk([&](memref::GetGlobalOp get) {
    if (!kernelSymbols.lookup(get.getName()))
      kernelSymbols.insert(symbols.lookup(get.getName())->clone());
  });
}

/// Returns the kernel that is like `kernel`, which is erased then, or else `kernel` under a
/// name of its own.
gpu::GPUFuncOp KernelModule::merge(gpu::GPUFuncOp kernel, StringRef name) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  kernel->print(stream, OpPrintingFlags().useLocalScope());
  auto [entry, isNew] = byText.try_emplace(text, kernel);
  if (!isNew) {
    kernel.erase();
    return entry->second;
  }
  kernel.setName((name + "_" + llvm::Twine(byText.size())).str());
  kernelSymbols.insert(kernel);
  return kernel;
}

LogicalResult KernelModule::outline(gpu::LaunchOp launch, StringRef name) {
  sinkInto(launch);
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(launch.getBody(), captured);
  Location loc = launch.getLoc();
  OpBuilder builder(launch);
  SmallVector<Value> operands;
  for (Value value : captured) {
    Type type = value.getType();
    if (type.isInteger(1)) // a parameter has whole bytes
      value = arith::ExtUIOp::create(builder, loc, builder.getI8Type(), value);
    else if (!type.isIntOrIndexOrFloat() && !isa<MemRefType>(type))
      return launch.emitError() << "reads a value of type " << type
                                << " that was computed before; only buffers and numbers can be "
                                   "handed to a kernel";
    operands.push_back(value);
  }

  OpBuilder detached(launch.getContext());
  auto type = builder.getFunctionType(ValueRange(operands).getTypes(), {});
  auto kernel = gpu::GPUFuncOp::create(detached, loc, "kernel", type);
  kernel->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), builder.getUnitAttr());
  Block &entry = kernel.getBody().front();
  builder.setInsertionPointToStart(&entry);
  IRMapping mapping;
  for (auto [value, parameter] : llvm::zip_equal(captured, entry.getArguments())) {
    Value inside = parameter;
    if (value.getType().isInteger(1))
      inside = arith::TruncIOp::create(builder, loc, value.getType(), parameter);
    mapping.map(value, inside);
  }
  mapping.map(launch.getBlockIds().x,
              gpu::BlockIdOp::create(builder, loc, gpu::Dimension::x).getResult());
  mapping.map(launch.getThreadIds().x,
              gpu::ThreadIdOp::create(builder, loc, gpu::Dimension::x).getResult());
  for (Operation &op : launch.getBody().front().without_terminator())
    builder.clone(op, mapping);
  gpu::ReturnOp::create(builder, loc);

  kernel = merge(kernel, name);
  copyGlobals(kernel);
  builder.setInsertionPoint(launch);
  auto path = SymbolRefAttr::get(kernels.getNameAttr(), {FlatSymbolRefAttr::get(kernel)});
  gpu::LaunchFuncOp::create(builder, loc, path, launch.getGridSizeOperandValues(),
                            launch.getBlockSizeOperandValues(), Value(), operands);
  launch.erase();
  return success();
}
