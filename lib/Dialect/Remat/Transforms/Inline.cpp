//===- Inline.cpp - calls of the entry function ---------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/Inline.h"

#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace remat;

/// Returns the callee of a `func.call` or a `stablehlo.composite`, else null.
static FlatSymbolRefAttr calleeOf(Operation *op) {
  if (auto call = dyn_cast<func::CallOp>(op))
    return call.getCalleeAttr();
  if (op->getName().getStringRef() != "stablehlo.composite")
    return {};
  auto properties = dyn_cast_or_null<DictionaryAttr>(op->getPropertiesAsAttribute());
  Attribute callee = properties ? properties.get("decomposition") : Attribute();
  return dyn_cast_or_null<FlatSymbolRefAttr>(callee ? callee : op->getAttr("decomposition"));
}

namespace {
/// Inlines bottom up, each function once, so that a call clones a flat body.
class Inliner {
public:
  explicit Inliner(ModuleOp module) : symbols(module) {}

  LogicalResult flatten(func::FuncOp function);

private:
  LogicalResult inlineCall(Operation *call, FlatSymbolRefAttr name);
  LogicalResult checkCallee(Operation *call, func::FuncOp callee);
  /// "@main -> @block -> @relu": the calls that lead to `name`.
  std::string chainTo(StringRef name);

  SymbolTable symbols;
  llvm::DenseSet<Operation *> done;
  SmallVector<func::FuncOp> active; ///< functions being flattened, outermost first
};
} // namespace

std::string Inliner::chainTo(StringRef name) {
  std::string chain;
  for (func::FuncOp function : active)
    chain += "@" + function.getSymName().str() + " -> ";
  return chain + "@" + name.str();
}

LogicalResult Inliner::flatten(func::FuncOp function) {
  if (!done.insert(function).second)
    return success();
  active.push_back(function);
  SmallVector<std::pair<Operation *, FlatSymbolRefAttr>> calls;
  function.getBody().walk([&](Operation *op) {
    if (FlatSymbolRefAttr callee = calleeOf(op))
      calls.emplace_back(op, callee);
  });
  for (auto [call, callee] : calls)
    if (failed(inlineCall(call, callee)))
      return failure();
  active.pop_back();
  return success();
}

LogicalResult Inliner::checkCallee(Operation *call, func::FuncOp callee) {
  StringRef name = callee.getSymName();
  if (callee.isExternal())
    return emitError(call->getLoc()) << "calls @" << name << ", which has no body ("
                                     << chainTo(name) << "); define it in the module";
  if (llvm::is_contained(active, callee))
    return emitError(call->getLoc()) << "recursive call " << chainTo(name)
                                     << "; a training step has no recursion, write it as a loop";
  if (!callee.getBody().hasOneBlock())
    return emitError(call->getLoc())
           << "calls @" << name << ", which has " << callee.getBody().getBlocks().size()
           << " blocks, not one (" << chainTo(name) << "); structure its control flow first";
  if (!isa<func::ReturnOp>(callee.getBody().front().getTerminator()))
    return emitError(call->getLoc())
           << "calls @" << name << ", which does not end in func.return (" << chainTo(name) << ")";
  if (call->getOperandTypes() != TypeRange(callee.getArgumentTypes()) ||
      call->getResultTypes() != TypeRange(callee.getResultTypes()))
    return emitError(call->getLoc())
           << "calls @" << name << " with operand and result types "
           << FunctionType::get(call->getContext(), call->getOperandTypes(), call->getResultTypes())
           << ", but it has type " << callee.getFunctionType() << " (" << chainTo(name) << ")";
  for (NamedAttribute mark : call->getDiscardableAttrs())
    if (mark.getName().strref().starts_with("remat."))
      return emitError(call->getLoc())
             << "calls @" << name << " with the mark '" << mark.getName().strref()
             << "', which inlining would lose; put it on the ops of @" << name;
  return success();
}

LogicalResult Inliner::inlineCall(Operation *call, FlatSymbolRefAttr name) {
  auto callee = symbols.lookup<func::FuncOp>(name.getValue());
  if (!callee)
    return emitError(call->getLoc())
           << "calls @" << name.getValue() << ", which the module does not define ("
           << chainTo(name.getValue()) << ")";
  if (failed(checkCallee(call, callee)) || failed(flatten(callee)))
    return failure();

  Block &body = callee.getBody().front();
  IRMapping mapping;
  mapping.map(body.getArguments(), call->getOperands());
  OpBuilder builder(call);
  for (Operation &op : body.without_terminator())
    builder.clone(op, mapping)->walk([&](Operation *inner) {
      inner->setLoc(CallSiteLoc::get(inner->getLoc(), call->getLoc()));
    });
  for (auto [result, returned] :
       llvm::zip_equal(call->getResults(), body.getTerminator()->getOperands()))
    result.replaceAllUsesWith(mapping.lookupOrDefault(returned));
  call->erase();
  return success();
}

/// Erases the private functions that no op outside of them refers to, directly
/// or through another such function.
static void eraseDeadFunctions(ModuleOp module) {
  SymbolTable symbols(module);
  SmallVector<Operation *> worklist;
  llvm::DenseSet<Operation *> reached;
  for (Operation &op : *module.getBody()) {
    auto function = dyn_cast<func::FuncOp>(op);
    if (!function || !function.isPrivate())
      worklist.push_back(&op);
  }
  AttrTypeWalker walker;
  walker.addWalk([&](SymbolRefAttr symbol) {
    if (Operation *op = symbols.lookup(symbol.getRootReference()))
      worklist.push_back(op);
  });
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val();
    if (!reached.insert(op).second)
      continue;
    op->walk([&](Operation *inner) {
      walker.walk(inner->getDiscardableAttrDictionary());
      if (Attribute properties = inner->getPropertiesAsAttribute())
        walker.walk(properties);
    });
  }
  for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
    if (!reached.contains(function))
      function.erase();
}

LogicalResult remat::inlineCalls(ModuleOp module, func::FuncOp entry) {
  if (failed(Inliner(module).flatten(entry)))
    return failure();
  eraseDeadFunctions(module);
  return success();
}
