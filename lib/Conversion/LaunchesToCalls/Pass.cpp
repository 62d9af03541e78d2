//===- Pass.cpp - remat-call-device ---------------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/FunctionCallUtils.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"
#include "remat/Analysis/Provenance.h"
#include "remat/Analysis/StepGraph.h"
#include "remat/Conversion/Passes.h"
#include "llvm/ADT/StringMap.h"

namespace remat {
#define GEN_PASS_DEF_CALLDEVICEPASS
#include "remat/Conversion/Passes.h.inc"
} // namespace remat

using namespace mlir;
using namespace remat;

/// Returns what messages say about where an op came from: "Model/Dense_0 (train.py:12)".
static std::string placeText(Location loc) {
  std::string scope = scopeOf(loc), line = sourceLineOf(loc);
  if (scope.empty())
    return line.empty() ? "an unknown place" : line;
  return line.empty() ? scope : scope + " (" + line + ")";
}

namespace {
/// Replaces the launches and copies of one function by calls of the runtime.
class CallRewriter {
public:
  CallRewriter(func::FuncOp function, ModuleOp module)
      : function(function), module(module), builder(function.getContext()),
        pointer(LLVM::LLVMPointerType::get(function.getContext())), word(builder.getI64Type()),
        status(builder.getI32Type()) {}

  LogicalResult rewrite() {
    SmallVector<Operation *> calls;
    size_t parameters = 0;
    function.walk([&](Operation *op) {
      if (isa<gpu::LaunchFuncOp, gpu::MemcpyOp>(op))
        calls.push_back(op);
      if (auto launch = dyn_cast<gpu::LaunchFuncOp>(op))
        parameters = std::max<size_t>(parameters, launch.getNumKernelOperands());
    });
    if (failed(changeSignature()))
      return failure();
    makeSlots(parameters);
    for (Operation *op : calls) {
      builder.setInsertionPoint(op);
      Value failed = isa<gpu::LaunchFuncOp>(op) ? callLaunch(cast<gpu::LaunchFuncOp>(op))
                                                : callRead(cast<gpu::MemcpyOp>(op));
      returnIf(failed, op);
      op->erase();
    }
    return success();
  }

private:
  /// The device becomes the last argument, the status the result.
  LogicalResult changeSignature() {
    unsigned last = function.getNumArguments();
    if (function.getNumResults() != 0)
      return function.emitError() << "@" << function.getSymName() << " has "
                                  << function.getNumResults()
                                  << " results; run remat-bufferize first, which makes them "
                                     "arguments";
    if (failed(function.insertArgument(last, pointer, {}, function.getLoc())) ||
        failed(function.insertResult(0, status, {})))
      return failure();
    device = function.getArgument(last);
    for (auto end : llvm::make_early_inc_range(function.getOps<func::ReturnOp>())) {
      builder.setInsertionPoint(end);
      func::ReturnOp::create(builder, end.getLoc(), number(status, 0));
      end.erase();
    }
    exit = builder.createBlock(&function.getBody(), function.getBody().end(), {status},
                               {function.getLoc()});
    func::ReturnOp::create(builder, function.getLoc(), exit->getArguments());
    return success();
  }

  Value number(Type type, int64_t value) {
    return LLVM::ConstantOp::create(builder, builder.getInsertionPoint()->getLoc(), type,
                                    builder.getIntegerAttr(type, value));
  }

  /// Makes room for the parameters of any launch, and the list of their addresses.
  void makeSlots(size_t count) {
    builder.setInsertionPointToStart(&function.getBody().front());
    Location loc = function.getLoc();
    Value size = number(word, std::max<size_t>(count, 1));
    Value values = LLVM::AllocaOp::create(builder, loc, pointer, word, size);
    addresses = LLVM::AllocaOp::create(builder, loc, pointer, pointer, size);
    for (size_t i = 0; i < count; ++i) {
      LLVM::GEPArg place(static_cast<int32_t>(i));
      slots.push_back(LLVM::GEPOp::create(builder, loc, pointer, word, values, place));
      Value entry = LLVM::GEPOp::create(builder, loc, pointer, pointer, addresses, place);
      LLVM::StoreOp::create(builder, loc, slots.back(), entry);
    }
  }

  /// The address of a buffer's elements, before its offset.
  Value addressOf(Value buffer) {
    Location loc = buffer.getLoc();
    Value index = memref::ExtractAlignedPointerAsIndexOp::create(builder, loc, buffer);
    return arith::IndexCastOp::create(builder, loc, word, index);
  }

  Value toPointer(Value address) {
    return LLVM::IntToPtrOp::create(builder, address.getLoc(), pointer, address);
  }

  Value text(StringRef value) {
    auto [entry, isNew] = texts.try_emplace(value, nullptr);
    if (isNew) {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(module.getBody());
      std::string ended = value.str() + '\0';
      auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), ended.size());
      entry->second = LLVM::GlobalOp::create(
          builder, module.getLoc(), type, /*isConstant=*/true, LLVM::Linkage::Internal,
          ("remat_text_" + llvm::Twine(texts.size())).str(), builder.getStringAttr(ended));
    }
    return LLVM::AddressOfOp::create(builder, function.getLoc(), entry->second);
  }

  Value call(StringRef name, ArrayRef<Value> operands, Location loc) {
    SmallVector<Type> types(ValueRange(operands).getTypes());
    auto callee = LLVM::lookupOrCreateFn(builder, module, name, types, status);
    return LLVM::CallOp::create(builder, loc, *callee, operands).getResult();
  }

  Value callLaunch(gpu::LaunchFuncOp launch) {
    Location loc = launch.getLoc();
    for (auto [operand, slot] : llvm::zip(launch.getKernelOperands(), slots)) {
      Value value = operand;
      if (isa<MemRefType>(value.getType()))
        value = addressOf(value);
      else if (value.getType().isIndex())
        value = arith::IndexCastOp::create(builder, loc, word, value);
      LLVM::StoreOp::create(builder, loc, value, slot);
    }
    SmallVector<Value> operands = {device, text(launch.getKernelName()), text(placeText(loc))};
    for (gpu::KernelDim3 sizes :
         {launch.getGridSizeOperandValues(), launch.getBlockSizeOperandValues()})
      for (Value size : {sizes.x, sizes.y, sizes.z})
        operands.push_back(arith::IndexCastOp::create(builder, loc, word, size));
    operands.push_back(addresses);
    return call("rematLaunch", operands, loc);
  }

  Value callRead(gpu::MemcpyOp copy) {
    Location loc = copy.getLoc();
    Type element = copy.getSrc().getType().getElementType();
    int64_t bytes = llvm::divideCeil(DataLayout::closest(copy).getTypeSizeInBits(element), 8);
    auto source = memref::ExtractStridedMetadataOp::create(builder, loc, copy.getSrc());
    Value offset = arith::IndexCastOp::create(builder, loc, word, source.getOffset());
    Value address =
        arith::AddIOp::create(builder, loc, addressOf(copy.getSrc()),
                              arith::MulIOp::create(builder, loc, offset, number(word, bytes)));
    return call("rematRead",
                {device, text(placeText(loc)), toPointer(addressOf(copy.getDst())),
                 toPointer(address), number(word, bytes)},
                loc);
  }

  /// Leaves the function behind `op` where its call has failed.
  void returnIf(Value failed, Operation *op) {
    Block *rest = op->getBlock()->splitBlock(std::next(op->getIterator()));
    builder.setInsertionPointAfter(op);
    Location loc = op->getLoc();
    Value isWrong = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::ne, failed,
                                         LLVM::ConstantOp::create(builder, loc, status, 0));
    cf::CondBranchOp::create(builder, loc, isWrong, exit, ValueRange(failed), rest, ValueRange());
  }

  func::FuncOp function;
  ModuleOp module;
  OpBuilder builder;
  Type pointer, word, status;
  Value device, addresses;
  SmallVector<Value> slots;
  Block *exit = nullptr;
  llvm::StringMap<LLVM::GlobalOp> texts;
};

struct CallDevicePass : remat::impl::CallDevicePassBase<CallDevicePass> {
  using CallDevicePassBase::CallDevicePassBase;

  void runOnOperation() override {
    FailureOr<func::FuncOp> function = findEntry(getOperation(), entry);
    if (failed(function) || failed(CallRewriter(*function, getOperation()).rewrite()))
      signalPassFailure();
  }
};
} // namespace
