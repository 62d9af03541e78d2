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

/// An insertion's ops precede its position or stand in the order, so those are all
/// there is to check.
static LogicalResult verifyPlan(FunctionOpInterface function, PlanAttr plan) {
  if (function.isExternal())
    return emitError(function.getLoc()) << '@' << function.getName() << " has a plan but no body";
  auto size = static_cast<int64_t>(function.getFunctionBody().front().getOperations().size());
  for (InsertionAttr insertion : plan.getInsertions())
    // At the location, without the op: a whole training step would be printed.
    if (insertion.getBefore() >= size)
      return emitError(function.getLoc())
             << '@' << function.getName() << " has a plan that inserts before op "
             << insertion.getBefore() << ", but its block holds ops 0 to " << size - 1;
  if (plan.getOrder().empty())
    return success();
  llvm::DenseSet<int64_t> listed{size - 1}; // the end of the step
  for (int64_t op : plan.getOrder()) {
    if (op >= size - 1)
      return emitError(function.getLoc())
             << '@' << function.getName() << " has a plan whose order lists op " << op
             << ", but its block holds ops 0 to " << size - 2 << " and a terminator";
    listed.insert(op);
  }
  for (InsertionAttr insertion : plan.getInsertions())
    if (!listed.contains(insertion.getBefore()))
      return emitError(function.getLoc())
             << '@' << function.getName() << " has a plan that inserts before op "
             << insertion.getBefore() << ", which its order does not list";
  return success();
}

LogicalResult RematDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if (name == getPlanAttrName()) {
    auto function = dyn_cast<FunctionOpInterface>(op);
    if (!function)
      return emitError(op->getLoc())
             << "attribute 'remat.plan' belongs on a function, not on '" << op->getName() << "'";
    auto plan = dyn_cast<PlanAttr>(attribute.getValue());
    if (!plan)
      return emitError(op->getLoc())
             << "attribute 'remat.plan' is a #remat.plan, not " << attribute.getValue();
    return verifyPlan(function, plan);
  }
  if (name == getClonesAttrName() && !isa<IntegerAttr>(attribute.getValue()))
    return emitError(op->getLoc())
           << "attribute 'remat.clones' is an integer, not " << attribute.getValue();
  return success();
}
