//===- HostModule.cpp - kernels in LLVM IR for the host -------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostModule.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/Support/DynamicLibrary.h"

using namespace llvm;
using namespace remat;
using planning::ErrorCode;
using planning::Status;

/// Names the kernels that call `function`: "kernel a".
static std::string callers(const Function &function) {
  for (const User *user : function.users())
    if (auto *call = dyn_cast<CallInst>(user))
      return "kernel " + call->getFunction()->getName().str();
  return "the module";
}

/// Returns the number of the field of ThreadPlace that an intrinsic reads: "tid.y" -> 1.
static std::optional<unsigned> fieldOf(StringRef name) {
  if (!name.consume_front("llvm.nvvm.read.ptx.sreg.") || name.size() < 2)
    return std::nullopt;
  constexpr StringLiteral registers[] = {"tid.", "ntid.", "ctaid.", "nctaid."};
  const auto *found = find(registers, name.drop_back());
  unsigned axis = name.back() - 'x';
  if (found == std::end(registers) || axis > 2)
    return std::nullopt;
  return 3 * (found - std::begin(registers)) + axis;
}

/// Replaces every call of `function` by what `make` builds there.
template <typename Maker>
static void replaceCalls(Function &function, Maker make) {
  for (User *user : make_early_inc_range(function.users())) {
    auto *call = cast<CallInst>(user);
    IRBuilder<> builder(call);
    Value *value = make(builder, *call);
    if (!call->getType()->isVoidTy())
      call->replaceAllUsesWith(value);
    call->eraseFromParent();
  }
  function.eraseFromParent();
}

static void readPlace(Function &function, unsigned field) {
  Module &module = *function.getParent();
  Type *number = Type::getInt32Ty(module.getContext());
  auto *type = ArrayType::get(number, 12);
  Constant *place = module.getOrInsertGlobal(kPlaceSymbol, type);
  replaceCalls(function, [&](IRBuilder<> &builder, CallInst &) {
    return builder.CreateLoad(number, builder.CreateConstGEP2_32(type, place, 0, field));
  });
}

static void callBarrier(Function &function) {
  Module &module = *function.getParent();
  FunctionCallee barrier =
      module.getOrInsertFunction(kBarrierSymbol, Type::getVoidTy(module.getContext()));
  replaceCalls(function,
               [&](IRBuilder<> &builder, CallInst &) { return builder.CreateCall(barrier); });
}

/// Replaces calls of a function of libdevice by those of libm's.
static Status callLibm(Function &function) {
  std::string name = function.getName().drop_front(StringRef("__nv_").size()).str();
  if (name == "rsqrt" || name == "rsqrtf") {
    replaceCalls(function, [&](IRBuilder<> &builder, CallInst &call) {
      Value *root = builder.CreateUnaryIntrinsic(Intrinsic::sqrt, call.getArgOperand(0));
      return builder.CreateFDiv(ConstantFP::get(call.getType(), 1), root);
    });
    return {};
  }
  if (!sys::DynamicLibrary::SearchForAddressOfSymbol(name))
    return planning::Error{ErrorCode::InvalidInput,
                           callers(function) + " calls " + function.getName().str() +
                               ", which the emulator lacks: libm has no " + name};
  FunctionCallee host = function.getParent()->getOrInsertFunction(name, function.getFunctionType());
  replaceCalls(function, [&](IRBuilder<> &builder, CallInst &call) {
    return builder.CreateCall(host, SmallVector<Value *>(call.args()));
  });
  return {};
}

/// Rewrites the calls of what has no body.
static Status rewriteDeclaration(Function &function) {
  StringRef name = function.getName();
  if (std::optional<unsigned> field = fieldOf(name)) {
    readPlace(function, *field);
  } else if (name == "llvm.nvvm.barrier0" || name == "llvm.nvvm.barrier.cta.sync.aligned.all") {
    callBarrier(function);
  } else if (name.starts_with("__nv_")) {
    return callLibm(function);
  } else if (name.starts_with("llvm.nvvm.") || !name.starts_with("llvm.")) {
    return planning::Error{ErrorCode::InvalidInput, callers(function) + " calls " + name.str() +
                                                        ", which the emulator lacks"};
  }
  return {};
}

/// Makes the function that one thread of `kernel` is.
static void addThread(Function &kernel) {
  LLVMContext &context = kernel.getContext();
  Type *pointer = PointerType::getUnqual(context);
  auto *type = FunctionType::get(Type::getVoidTy(context), {pointer}, false);
  auto *thread = Function::Create(type, GlobalValue::ExternalLinkage,
                                  "remat_thread_" + kernel.getName(), kernel.getParent());
  IRBuilder<> builder(BasicBlock::Create(context, "", thread));
  SmallVector<Value *> parameters;
  for (Argument &argument : kernel.args()) {
    Value *slot = builder.CreateConstGEP1_32(pointer, thread->getArg(0), argument.getArgNo());
    parameters.push_back(builder.CreateLoad(argument.getType(), builder.CreateLoad(pointer, slot)));
  }
  builder.CreateCall(&kernel, parameters);
  builder.CreateRetVoid();
}

static bool callsBarrier(const Function &function) {
  return any_of(instructions(function), [](const Instruction &instruction) {
    auto *call = dyn_cast<CallInst>(&instruction);
    return call && call->getCalledFunction() &&
           call->getCalledFunction()->getName() == kBarrierSymbol;
  });
}

planning::Result<std::map<std::string, bool>> remat::rewriteForHost(Module &module) {
  SmallVector<Function *> declarations, bodies;
  for (Function &function : module)
    (function.isDeclaration() ? declarations : bodies).push_back(&function);
  for (Function *function : declarations)
    if (Status rewritten = rewriteDeclaration(*function); !rewritten)
      return rewritten.error();
  bool anyBarrierInFunction = any_of(bodies, [](Function *function) {
    return function->getCallingConv() != CallingConv::PTX_Kernel && callsBarrier(*function);
  });
  std::map<std::string, bool> kernels;
  for (Function *function : bodies) {
    function->setLinkage(GlobalValue::InternalLinkage);
    if (function->getCallingConv() != CallingConv::PTX_Kernel)
      continue;
    function->setCallingConv(CallingConv::C);
    kernels[function->getName().str()] = anyBarrierInFunction || callsBarrier(*function);
    addThread(*function);
  }
  return kernels;
}
