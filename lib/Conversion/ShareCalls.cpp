//===- ShareCalls.cpp - remat-share-calls -------------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Conversion/Passes.h"

namespace remat {
#define GEN_PASS_DEF_SHARECALLSPASS
#include "remat/Conversion/Passes.h.inc"
} // namespace remat

using namespace mlir;
using namespace remat;

/// Makes a function that calls `kernel`, whose other arguments are the pointers that lie
/// at its first argument, for rounds [second argument, third argument).
static LLVM::LLVMFuncOp makeEntry(LLVM::LLVMFuncOp kernel) {
  OpBuilder builder(kernel);
  Location loc = kernel.getLoc();
  Type pointer = LLVM::LLVMPointerType::get(builder.getContext()), number = builder.getI64Type();
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(builder.getContext()),
                                          {pointer, number, number});
  auto entry = LLVM::LLVMFuncOp::create(builder, loc, (kernel.getName() + "_part").str(), type,
                                        LLVM::Linkage::Internal);
  Block *block = entry.addEntryBlock(builder);
  builder.setInsertionPointToStart(block);
  SmallVector<Value> arguments;
  for (unsigned i = 0, count = kernel.getNumArguments() - 2; i < count; ++i) {
    Value place = LLVM::GEPOp::create(builder, loc, pointer, pointer, block->getArgument(0),
                                      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
    arguments.push_back(LLVM::LoadOp::create(builder, loc, pointer, place));
  }
  arguments.push_back(block->getArgument(1));
  arguments.push_back(block->getArgument(2));
  LLVM::CallOp::create(builder, loc, kernel, arguments);
  LLVM::ReturnOp::create(builder, loc, ValueRange());
  return entry;
}

/// Returns room for `count` pointers, made when `function` begins.
static Value makeRoom(LLVM::LLVMFuncOp function, int64_t count) {
  OpBuilder builder = OpBuilder::atBlockBegin(&function.getBody().front());
  Type pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Value size = LLVM::ConstantOp::create(builder, function.getLoc(), builder.getI64Type(), count);
  return LLVM::AllocaOp::create(builder, function.getLoc(), pointer, pointer, size);
}

namespace {
struct ShareCallsPass : remat::impl::ShareCallsPassBase<ShareCallsPass> {
  void runOnOperation() override {
    llvm::MapVector<LLVM::LLVMFuncOp, SmallVector<LLVM::CallOp>> calls;
    SymbolTable symbols(getOperation());
    getOperation().walk([&](LLVM::CallOp call) {
      auto kernel =
          call.getCallee() ? symbols.lookup<LLVM::LLVMFuncOp>(*call.getCallee()) : nullptr;
      if (kernel && kernel->hasAttr(kSharedAttribute))
        calls[kernel].push_back(call);
    });
    if (calls.empty())
      return;
    declareRuntime();
    DenseMap<LLVM::LLVMFuncOp, Value> rooms; // by caller
    int64_t most = 0;
    for (auto &[kernel, callers] : calls)
      most = std::max<int64_t>(most, kernel.getNumArguments());
    for (auto &[kernel, callers] : calls) {
      LLVM::LLVMFuncOp entry = makeEntry(kernel);
      for (LLVM::CallOp call : callers) {
        Value &room = rooms[call->getParentOfType<LLVM::LLVMFuncOp>()];
        if (!room)
          room = makeRoom(call->getParentOfType<LLVM::LLVMFuncOp>(), most);
        replace(call, entry, room);
      }
      kernel->removeAttr(kSharedAttribute);
    }
  }

private:
  /// Has the runtime make `call`, whose last argument is the number of rounds.
  static void replace(LLVM::CallOp call, LLVM::LLVMFuncOp entry, Value room) {
    OpBuilder builder(call);
    Location loc = call.getLoc();
    for (auto [index, argument] : llvm::enumerate(call.getArgOperands().drop_back(2))) {
      Value place = LLVM::GEPOp::create(builder, loc, room.getType(), room.getType(), room,
                                        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
      LLVM::StoreOp::create(builder, loc, argument, place);
    }
    Value address = LLVM::AddressOfOp::create(builder, loc, entry);
    LLVM::CallOp::create(builder, loc, TypeRange(), "rematShare",
                         ValueRange{address, room, call.getArgOperands().back()});
    call.erase();
  }

  void declareRuntime() {
    OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
    Type pointer = LLVM::LLVMPointerType::get(builder.getContext());
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(builder.getContext()),
                                            {pointer, pointer, builder.getI64Type()});
    LLVM::LLVMFuncOp::create(builder, getOperation().getLoc(), "rematShare", type);
  }
};
} // namespace
