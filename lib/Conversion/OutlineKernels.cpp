//===- OutlineKernels.cpp - remat-outline-kernels --------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Conversion/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/StringMap.h"

namespace remat {
#define GEN_PASS_DEF_OUTLINEKERNELSPASS
#include "remat/Conversion/Passes.h.inc"
} // namespace remat

using namespace mlir;

/// True if a bare pointer says all there is to know about a value of this type at run
/// time, or if it is a plain number.
static bool canBePassed(Type type) {
  auto buffer = dyn_cast<MemRefType>(type);
  if (!buffer)
    return type.isIntOrIndexOrFloat();
  SmallVector<int64_t> strides;
  int64_t offset = 0;
  return buffer.hasStaticShape() && succeeded(buffer.getStridesAndOffset(strides, offset)) &&
         !ShapedType::isDynamic(offset) && !llvm::is_contained(strides, ShapedType::kDynamic);
}

/// True for what a kernel makes itself instead of taking it as an argument.
static bool isMadeInside(Value value) {
  Operation *producer = value.getDefiningOp();
  return producer &&
         (producer->hasTrait<OpTrait::ConstantLike>() || isa<memref::GetGlobalOp>(producer));
}

/// Returns what `op` and its regions take from outside, in the order of their use.
static SetVector<Value> valuesTaken(Operation *op) {
  SetVector<Value> values(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), values);
  return values;
}

/// Returns the buffer that `buffer` is a view of: an argument, or a part of the arena.
static Value rootOf(Value buffer) {
  while (auto view = buffer.getDefiningOp<ViewLikeOpInterface>()) {
    if (isa<memref::ViewOp>(view))
      break;
    buffer = view.getViewSource();
  }
  return buffer;
}

/// True if two roots may share bytes. Parts of the arena that one op takes are alive at
/// once, so they do not.
static bool mayOverlap(Value left, Value right) {
  auto isPartOf = [](Value part, Value whole) {
    auto view = part.getDefiningOp<memref::ViewOp>();
    return view && rootOf(view.getSource()) == whole;
  };
  return left == right || isPartOf(left, right) || isPartOf(right, left);
}

/// True for ops that make kernels: work on whole buffers, and loops.
static bool isKernel(Operation *op) {
  return (isa<linalg::LinalgOp>(op) || isa<scf::ForOp, scf::WhileOp, scf::IfOp>(op)) &&
         llvm::all_of(op->getResultTypes(), [](Type type) { return type.isIntOrIndexOrFloat(); }) &&
         llvm::all_of(valuesTaken(op), [](Value value) { return canBePassed(value.getType()); });
}

/// Returns a function that does what `op` does, with `arguments` as its arguments.
static OwningOpRef<func::FuncOp> makeFunction(Operation *op, ArrayRef<Value> arguments,
                                              ArrayRef<Value> madeInside) {
  OpBuilder builder(op->getContext());
  auto type =
      builder.getFunctionType(TypeRange(ValueRange(arguments)), TypeRange(op->getResults()));
  OwningOpRef<func::FuncOp> function = func::FuncOp::create(op->getLoc(), "kernel", type);
  function->setPrivate();
  // One copy is what outlining is for.
  (*function)->setAttr("passthrough", builder.getArrayAttr(builder.getStringAttr("noinline")));
  (*function)->setAttr("llvm.linkage",
                       LLVM::LinkageAttr::get(op->getContext(), LLVM::Linkage::Internal));
  if (isa<linalg::LinalgOp>(op))
    (*function)->setAttr(remat::kStructuredAttribute, builder.getUnitAttr());
  Block *body = function->addEntryBlock();
  IRMapping mapping;
  mapping.map(arguments, body->getArguments());
  builder.setInsertionPointToStart(body);
  for (Value value : madeInside)
    builder.clone(*value.getDefiningOp(), mapping);
  Operation *copy = builder.clone(*op, mapping);
  func::ReturnOp::create(builder, op->getLoc(), copy->getResults());
  for (auto [index, argument] : llvm::enumerate(arguments)) {
    Value root = rootOf(argument);
    bool isAlone =
        isa<MemRefType>(argument.getType()) && llvm::none_of(arguments, [&](Value other) {
          return other != argument && isa<MemRefType>(other.getType()) &&
                 mayOverlap(root, rootOf(other));
        });
    if (isAlone)
      function->setArgAttr(index, LLVM::LLVMDialect::getNoAliasAttrName(), builder.getUnitAttr());
  }
  return function;
}

namespace {

struct OutlineKernelsPass : remat::impl::OutlineKernelsPassBase<OutlineKernelsPass> {
  void runOnOperation() override {
    SymbolTable table(getOperation());
    symbols = &table;
    kernels.clear();
    SmallVector<Operation *> ops;
    for (auto function : getOperation().getOps<func::FuncOp>())
      for (Block &block : function.getBody())
        for (Operation &op : block)
          if (isKernel(&op))
            ops.push_back(&op);
    for (Operation *op : ops)
      outline(op);
  }

private:
  void outline(Operation *op) {
    SmallVector<Value> arguments, madeInside;
    for (Value value : valuesTaken(op))
      (isMadeInside(value) ? madeInside : arguments).push_back(value);
    OwningOpRef<func::FuncOp> function = makeFunction(op, arguments, madeInside);
    std::string text;
    llvm::raw_string_ostream(text) << *function; // without locations: equal work is equal text
    func::FuncOp &kernel = kernels[text];
    if (!kernel) {
      kernel = function.release();
      symbols->insert(kernel);
    }
    OpBuilder builder(op);
    auto call = func::CallOp::create(builder, op->getLoc(), kernel, arguments);
    op->replaceAllUsesWith(call);
    op->erase();
  }

  SymbolTable *symbols = nullptr;
  llvm::StringMap<func::FuncOp> kernels; ///< By their text.
};

} // namespace
