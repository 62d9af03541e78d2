//===- CompiledStep.cpp - a step as machine code ---------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompiledStep.h"

#include "KernelImage.h"
#include "SlowWork.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/FileUtilities.h"
#include "remat/Analysis/StepGraph.h"
#include "remat/Analysis/ValueBytes.h"
#include "remat/Dialect/Remat/IR/Remat.h"
#include "remat/Pipelines/Pipelines.h"
#include "remat/Runtime/Contraction.h"
#include "remat/Runtime/DeviceCalls.h"
#include "remat/Runtime/Parallel.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Target/TargetMachine.h"

#include <chrono>

using namespace mlir;
using namespace remat;

planning::Bytes remat::totalBytes(const std::vector<BufferSpec> &specs) {
  planning::Bytes total(0);
  for (const BufferSpec &spec : specs)
    total = total + spec.bytes();
  return total;
}

/// Returns NumPy's letter for numbers of type `type`, 0 for what it has no like of.
static char kindOf(Type type) {
  if (type.isBF16())
    return 'V';
  if (isa<Float16Type, Float32Type, Float64Type>(type))
    return 'f';
  if (auto complex = dyn_cast<ComplexType>(type))
    return kindOf(complex.getElementType()) == 'f' ? 'c' : 0;
  if (type.isInteger(1))
    return 'b';
  bool isWhole = type.isIndex() || type.isInteger(8) || type.isInteger(16) || type.isInteger(32) ||
                 type.isInteger(64);
  return isWhole ? type.isUnsignedInteger() ? 'u' : 'i' : 0;
}

static int64_t widthOf(Type type) {
  if (auto complex = dyn_cast<ComplexType>(type))
    return 2 * widthOf(complex.getElementType());
  return type.isIndex() ? 8 : (type.getIntOrFloatBitWidth() + 7) / 8;
}

/// Describes the arguments or results of `function`, which `what` names.
static LogicalResult describe(func::FuncOp function, TypeRange types, StringRef what,
                              std::vector<BufferSpec> &specs) {
  for (auto [index, type] : llvm::enumerate(types)) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    char kind = tensor ? kindOf(tensor.getElementType()) : 0;
    if (!kind || !tensor.hasStaticShape())
      return function.emitError() << what << " " << index << " of @" << function.getSymName()
                                  << " is " << type
                                  << "; only tensors of numbers with a static shape can be run";
    if (planning::Result<planning::Bytes> bytes = bytesOf(type); !bytes)
      return function.emitError() << what << " " << index << " of @" << function.getSymName() << " "
                                  << bytes.error().message;
    BufferSpec spec;
    llvm::raw_string_ostream(spec.type) << type;
    spec.kind = kind;
    spec.width = widthOf(tensor.getElementType());
    spec.shape.assign(tensor.getShape().begin(), tensor.getShape().end());
    specs.push_back(std::move(spec));
  }
  return success();
}

/// Reports what is wrong with no place in a program to point at.
static void report(const llvm::Twine &message) {
  llvm::WithColor::error(llvm::errs(), "remat-run") << message << "\n";
}

/// Reads the module at `path`. Diagnostics show its lines as long as `sources` lives.
static OwningOpRef<ModuleOp> readModule(const std::string &path, llvm::SourceMgr &sources,
                                        MLIRContext &context) {
  std::string message;
  std::unique_ptr<llvm::MemoryBuffer> buffer = openInputFile(path, &message);
  if (!buffer) {
    report(message);
    return nullptr;
  }
  sources.AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  return parseSourceFile<ModuleOp>(sources, &context);
}

/// Makes machine code of `module`, which is in the LLVM dialect, as fast as can be
/// without changing a bit of what it computes.
static llvm::Expected<std::unique_ptr<ExecutionEngine>> makeEngine(ModuleOp module) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  auto host = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!host)
    return host.takeError();
  host->setCodeGenOptLevel(llvm::CodeGenOptLevel::Aggressive);
  auto machine = host->createTargetMachine();
  if (!machine)
    return machine.takeError();
  auto optimise = makeOptimizingTransformer(3, 0, machine->get());
  ExecutionEngineOptions options;
  options.transformer = optimise;
  options.jitCodeGenOptLevel = llvm::CodeGenOptLevel::Aggressive;
  options.enableGDBNotificationListener = false;
  options.enablePerfNotificationListener = false;
  // The transformer runs inside this call, so the machine may move into it first.
  return ExecutionEngine::create(module, options, std::move(*machine));
}

/// Tells the machine code where the functions of the runtime are.
static llvm::orc::SymbolMap runtimeSymbols(llvm::orc::MangleAndInterner mangle) {
  llvm::orc::SymbolMap symbols;
  auto add = [&](StringRef name, auto *function) {
    symbols[mangle(name)] = {llvm::orc::ExecutorAddr::fromPtr(function),
                             llvm::JITSymbolFlags::Exported};
  };
  add("rematContractF32", rematContractF32);
  add("rematContractF64", rematContractF64);
  add("rematLaunch", rematLaunch);
  add("rematRead", rematRead);
  add("rematShare", rematShare);
  return symbols;
}

/// Runs the passes that `build` adds.
template <typename Builder>
static LogicalResult runPasses(ModuleOp module, Builder build) {
  PassManager passes(module.getContext());
  build(passes);
  return passes.run(module);
}

/// Lowers a step on buffers for `target`, and returns its kernels, if there are any.
static FailureOr<std::string> lowerFor(StepTarget target, ModuleOp module, const std::string &entry,
                                       const std::string &chip) {
  if (target == StepTarget::Cpu) {
    if (failed(runPasses(module, buildLowerCpuPipeline)))
      return failure();
    return std::string();
  }
  GpuOptions options;
  options.entry = entry;
  options.chip = chip;
  options.format = target == StepTarget::Cuda ? GpuFormat::PTX : GpuFormat::NVVM;
  if (failed(
          runPasses(module, [&](PassManager &passes) { buildLowerGpuPipeline(passes, options); })))
    return failure();
  return takeKernels(module);
}

std::unique_ptr<CompiledStep> CompiledStep::compile(const std::string &path,
                                                    const std::string &entry, MLIRContext &context,
                                                    StepTarget target, const std::string &chip) {
  auto started = std::chrono::steady_clock::now();
  SlowWork progress(path, std::chrono::seconds(2));
  progress.enter("reading and bufferising");
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  OwningOpRef<ModuleOp> module = readModule(path, sources, context);
  if (!module)
    return nullptr;
  FailureOr<func::FuncOp> function = findEntry(*module, entry);
  std::unique_ptr<CompiledStep> step(new CompiledStep(path));
  if (failed(function) ||
      failed(describe(*function, function->getArgumentTypes(), "argument", step->arguments)) ||
      failed(describe(*function, function->getResultTypes(), "result", step->results)) ||
      failed(
          runPasses(*module, [&](PassManager &passes) { buildBufferizePipeline(passes, entry); })))
    return nullptr;
  auto bytesAt = [&](StringRef name) {
    return planning::Bytes((*function)->getAttrOfType<IntegerAttr>(name).getInt());
  };
  step->arena = bytesAt(RematDialect::getArenaAttrName());
  step->live = bytesAt(RematDialect::getLiveAttrName());
  std::string name = function->getSymName().str();
  progress.enter("lowering");
  FailureOr<std::string> kernels = lowerFor(target, *module, entry, chip);
  if (failed(kernels))
    return nullptr;
  step->kernels = std::move(*kernels);

  progress.enter("making machine code");
  auto engine = makeEngine(*module);
  if (!engine) {
    report(path + ": " + toString(engine.takeError()));
    return nullptr;
  }
  (*engine)->registerSymbols(runtimeSymbols);
  auto address = (*engine)->lookupPacked(name);
  if (!address) {
    report(path + ": " + toString(address.takeError()));
    return nullptr;
  }
  step->engine = std::move(*engine);
  step->function = *address;
  step->compileSeconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return step;
}

void CompiledStep::run(llvm::ArrayRef<std::byte *> buffers) const {
  std::vector<void *> pointers(buffers.begin(), buffers.end());
  std::vector<void *> packed; // the address of each argument's value
  for (void *&pointer : pointers)
    packed.push_back(&pointer);
  function(packed.data());
}

void CompiledStep::run(llvm::ArrayRef<std::byte *> buffers, DeviceSession &session) const {
  std::vector<void *> pointers(buffers.begin(), buffers.end());
  pointers.push_back(&session);
  std::vector<void *> packed;
  for (void *&pointer : pointers)
    packed.push_back(&pointer);
  int32_t status = 0; // as the session says it, in words
  packed.push_back(&status);
  function(packed.data());
}
