//===- KernelCode.cpp - kernels as code of the host -----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelCode.h"

#include "Fibers.h"
#include "HostModule.h"
#include "llvm/ExecutionEngine/Orc/ThreadSafeModule.h"
#include "llvm/IRReader/IRReader.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/TargetSelect.h"

using namespace remat;
using planning::Error;
using planning::ErrorCode;
using planning::Result;
using planning::Status;

static Error refuse(llvm::Error error) {
  return Error{ErrorCode::InvalidInput,
               "the kernels cannot be emulated: " + llvm::toString(std::move(error))};
}

/// Optimises as far as the loops of tests need it.
static void optimise(llvm::Module &module) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O1).run(module, modules);
}

Result<std::unique_ptr<KernelCode>> KernelCode::compile(std::string_view image) {
  auto context = std::make_unique<llvm::LLVMContext>();
  llvm::SMDiagnostic diagnostic;
  std::unique_ptr<llvm::Module> module =
      llvm::parseIR(llvm::MemoryBufferRef(llvm::StringRef(image), "kernels"), diagnostic, *context);
  if (!module)
    return Error{ErrorCode::InvalidInput,
                 "the kernels are no LLVM IR: " + diagnostic.getMessage().str()};
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return refuse(jit.takeError());
  auto code = std::make_unique<KernelCode>();
  code->jit = std::move(*jit);
  module->setTargetTriple(code->jit->getTargetTriple());
  module->setDataLayout(code->jit->getDataLayout());
  auto kernels = rewriteForHost(*module);
  if (!kernels)
    return kernels.error();
  for (auto &[name, hasBarrier] : *kernels)
    code->kernels[name].hasBarrier = hasBarrier;
  optimise(*module);
  if (Status linked = code->link({std::move(module), std::move(context)}); !linked)
    return linked.error();
  return code;
}

Status KernelCode::link(llvm::orc::ThreadSafeModule module) {
  llvm::orc::SymbolMap symbols;
  auto add = [&](const char *name, auto *address) {
    symbols[jit->mangleAndIntern(name)] = {llvm::orc::ExecutorAddr::fromPtr(address),
                                           llvm::JITSymbolFlags::Exported};
  };
  add(kPlaceSymbol, &place);
  add(kBarrierSymbol, &Fibers::barrier);
  llvm::orc::JITDylib &library = jit->getMainJITDylib();
  auto process = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      jit->getDataLayout().getGlobalPrefix());
  if (!process)
    return refuse(process.takeError());
  library.addGenerator(std::move(*process));
  if (llvm::Error error = library.define(llvm::orc::absoluteSymbols(std::move(symbols))))
    return refuse(std::move(error));
  if (llvm::Error error = jit->addIRModule(std::move(module)))
    return refuse(std::move(error));
  for (auto &[name, entry] : kernels) {
    auto address = jit->lookup("remat_thread_" + name);
    if (!address)
      return refuse(address.takeError());
    entry.thread = address->toPtr<void (*)(void **)>();
  }
  return {};
}

const KernelEntry *KernelCode::find(const std::string &name) const {
  auto found = kernels.find(name);
  return found == kernels.end() ? nullptr : &found->second;
}
