//===- Signless.cpp - integers without a sign -----------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Conversions.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

namespace remat {

void makeSignless(Operation *root) {
  AttrTypeReplacer replacer;
  replacer.addReplacement([](IntegerType type) -> std::optional<Type> {
    if (type.isSignless())
      return std::nullopt;
    return IntegerType::get(type.getContext(), type.getWidth());
  });
  replacer.addReplacement([&replacer](DenseIntElementsAttr dense) -> std::optional<Attribute> {
    auto type = cast<ShapedType>(replacer.replace(dense.getType()));
    if (type == dense.getType())
      return std::nullopt;
    return DenseElementsAttr::getFromRawBuffer(type, dense.getRawData());
  });
  SmallVector<UnrealizedConversionCastOp> casts;
  root->walk([&](Operation *op) {
    // What an unregistered op says in its properties is read by whoever converts it.
    replacer.replaceElementsIn(op, /*replaceAttrs=*/op->isRegistered(), /*replaceLocs=*/false,
                               /*replaceTypes=*/true);
    if (auto cast = dyn_cast<UnrealizedConversionCastOp>(op))
      casts.push_back(cast);
  });
  for (UnrealizedConversionCastOp cast : casts) {
    if (cast->getOperandTypes() != cast->getResultTypes())
      continue;
    cast->replaceAllUsesWith(cast->getOperands());
    cast->erase();
  }
}

} // namespace remat
