//===- RematDialect.cpp - registration, checks of attributes --------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/IR/Remat.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace remat;

#include "remat/Dialect/Remat/IR/RematDialect.cpp.inc"

void RematDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "remat/Dialect/Remat/IR/RematOps.cpp.inc"
      >();
}

/// Checks that `position` names an op of a block of `size` ops.
static LogicalResult checkPosition(FunctionOpInterface function, int64_t position, int64_t size,
                                   StringRef what) {
  if (position < size)
    return success();
  return function.emitOpError() << "has a plan that " << what << " op " << position
                                << ", but its block holds ops 0 to " << size - 1;
}

static LogicalResult verifyPlan(FunctionOpInterface function, PlanAttr plan) {
  if (function.isExternal())
    return function.emitOpError("has a plan but no body");
  Block &block = function.getFunctionBody().front();
  auto size = static_cast<int64_t>(block.getOperations().size());
  for (InsertionAttr insertion : plan.getInsertions()) {
    if (failed(checkPosition(function, insertion.getBefore(), size, "inserts before")))
      return failure();
    for (int64_t op : insertion.getOps())
      if (failed(checkPosition(function, op, size, "runs again")))
        return failure();
  }
  return success();
}

LogicalResult RematDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if (name == getPlanAttrName()) {
    auto function = dyn_cast<FunctionOpInterface>(op);
    if (!function)
      return op->emitOpError("has attribute 'remat.plan', which belongs on a function");
    auto plan = dyn_cast<PlanAttr>(attribute.getValue());
    if (!plan)
      return op->emitOpError("has attribute 'remat.plan' of another kind than #remat.plan");
    return verifyPlan(function, plan);
  }
  if (name == getClonesAttrName() && !isa<IntegerAttr>(attribute.getValue()))
    return op->emitOpError("has attribute 'remat.clones' that is no integer");
  return success();
}
