//===- Pass.cpp - remat-stablehlo-to-linalg -------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Conversions.h"
#include "mlir/IR/BuiltinTypes.h"
#include "remat/Analysis/OpModel.h"
#include "remat/Conversion/Passes.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringSet.h"

namespace remat {
#define GEN_PASS_DEF_STABLEHLOTOLINALGPASS
#include "remat/Conversion/Passes.h.inc"
} // namespace remat

using namespace mlir;
using namespace remat;

namespace {

constexpr llvm::StringLiteral foreignDialects[] = {"stablehlo", "chlo", "mhlo", "vhlo", "sdy"};

bool isForeign(Operation *op) {
  return llvm::is_contained(foreignDialects, op->getName().getDialectNamespace());
}

bool isUnsigned(Type type) {
  bool found = false;
  type.walk([&](IntegerType integer) { found |= integer.isUnsigned(); });
  return found;
}

/// Returns what to do about `op`, which nothing here converts.
std::string advice(Operation *op) {
  StringRef name = op->getName().getStringRef();
  if (name == "stablehlo.custom_call") {
    auto target = dyn_cast_or_null<StringAttr>(op->getAttr("call_target_name"));
    return "calls " + (target ? "'" + target.str() + "'" : std::string("a function")) +
           ", which only XLA knows; write what it does with StableHLO ops";
  }
  if (name.starts_with("sdy."))
    return "is about several devices; lower the program of one device";
  if (name.starts_with("chlo."))
    return "has no conversion to linalg; run chlo-legalize-to-stablehlo before";
  return "has no conversion to linalg; run --stablehlo-legalize-to-linalg before, and where that "
         "leaves the op, write it with other ops";
}

/// Complains once about each kind of op that is left, at its first.
LogicalResult checkNothingLeft(ModuleOp module) {
  llvm::StringSet<> named;
  bool clean = true;
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    StringRef name = op->getName().getStringRef();
    bool cast = isa<UnrealizedConversionCastOp>(op);
    if ((!isForeign(op) && !cast) || name == "stablehlo.return")
      return;
    clean = false;
    if (!named.insert(name).second)
      return;
    if (cast)
      op->emitError() << "a cast from " << op->getOperandTypes() << " to " << op->getResultTypes()
                      << " is left, which no conversion resolves; write the program with "
                         "tensors of one type";
    else
      op->emitError() << name << " " << advice(op);
  });
  return success(clean);
}

struct StableHLOToLinalgPass : remat::impl::StableHLOToLinalgPassBase<StableHLOToLinalgPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(checkProperties(module, OpModelTable::global())) || failed(restoreRegions(module)))
      return signalPassFailure();
    llvm::DenseSet<Operation *> unsignedIndices;
    SmallVector<Operation *> ops; // innermost first
    module.walk([&](Operation *op) {
      if (!isForeign(op))
        return;
      ops.push_back(op);
      unsigned indices = op->getNumOperands() / 2;
      if (op->getName().getStringRef() == "stablehlo.scatter" && op->getNumOperands() > 0 &&
          isUnsigned(op->getOperand(indices).getType()))
        unsignedIndices.insert(op);
    });
    makeSignless(module);
    IRRewriter rewriter(&getContext());
    bool converted = true;
    for (Operation *op : ops)
      converted &= succeeded(convert(op, unsignedIndices.contains(op), rewriter));
    if (!converted || failed(checkNothingLeft(module)))
      signalPassFailure();
  }

  /// Converts `op` if there is a way; what has none is looked for at the end.
  static LogicalResult convert(Operation *op, bool unsignedIndices, IRRewriter &rewriter) {
    StringRef name = op->getName().getStringRef();
    if (name == "stablehlo.scatter")
      return convertScatter(op, unsignedIndices, rewriter);
    if (name == "stablehlo.select_and_scatter")
      return convertSelectAndScatter(op, rewriter);
    if (name == "stablehlo.sort")
      return convertSort(op, rewriter);
    if (name == "stablehlo.while")
      return convertWhile(op, rewriter);
    if (name == "stablehlo.if")
      return convertIf(op, rewriter);
    if (name == "stablehlo.case")
      return convertCase(op, rewriter);
    if (name == "stablehlo.optimization_barrier")
      rewriter.replaceOp(op, op->getOperands());
    return success();
  }
};

} // namespace
