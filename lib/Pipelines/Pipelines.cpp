//===- Pipelines.cpp - named lists of passes -------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Pipelines/Pipelines.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/GPU/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "remat/Conversion/Passes.h"
#include "remat/Dialect/Remat/Transforms/Passes.h"

using namespace mlir;
using namespace remat;

void remat::buildPreparePipeline(OpPassManager &passes) {
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createLinalgElementwiseOpFusionPass());
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addPass(createSplitSumsPass());
  passes.addPass(createOwnDestinationsPass());
}

void remat::buildBufferizePipeline(OpPassManager &passes, const std::string &entry) {
  InlineRecomputePassOptions inlining;
  OwnDestinationsPassOptions destinations;
  PackArenaPassOptions packing;
  inlining.entry = destinations.entry = packing.entry = entry;
  bufferization::OneShotBufferizePassOptions bufferize;
  bufferize.bufferizeFunctionBoundaries = true;
  bufferize.functionBoundaryTypeConversion = bufferization::LayoutMapOption::IdentityLayoutMap;

  // On tensors, cse would merge what runs again with what ran first.
  passes.addPass(createInlineRecomputePass(inlining));
  passes.addPass(createOwnDestinationsPass(destinations));
  passes.addPass(bufferization::createOneShotBufferizePass(bufferize));
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addPass(createPackArenaPass(packing));
}

/// From branches, buffers and numbers to the LLVM dialect with bare pointers.
static void lowerHostCode(OpPassManager &passes) {
  passes.addPass(memref::createExpandStridedMetadataPass());
  passes.addPass(createLowerAffinePass()); // of the offsets of views
  passes.addPass(createConvertMathToLLVMPass());
  passes.addPass(createConvertMathToLibmPass());
  passes.addPass(createArithToLLVMConversionPass());
  passes.addPass(createConvertIndexToLLVMPass());
  passes.addPass(createFinalizeMemRefToLLVMConversionPass());
  ConvertFuncToLLVMPassOptions functions;
  functions.useBarePtrCallConv = true;
  passes.addPass(createConvertFuncToLLVMPass(functions));
  passes.addPass(createConvertControlFlowToLLVMPass());
  passes.addPass(createUBToLLVMConversionPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
}

void remat::buildLowerCpuPipeline(OpPassManager &passes) {
  passes.addPass(createCopiesToLinalgPass());
  passes.addPass(createOutlineKernelsPass());
  passes.addPass(createCallContractionsPass());
  passes.addPass(createLinalgGeneralizeNamedOpsPass());
  passes.addPass(createOrderLoopsPass());
  passes.addPass(createConvertLinalgToParallelLoopsPass());
  passes.addPass(createShareLoopsPass());
  passes.addPass(createApproximateMathPass());
  passes.addPass(createLowerAffinePass());
  passes.addPass(createSCFToControlFlowPass());
  lowerHostCode(passes);
  passes.addPass(createShareCallsPass());
}

/// From kernels on buffers to NVVM with bare pointers.
static void lowerKernels(OpPassManager &passes) {
  passes.addPass(createLowerAffinePass());
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addPass(createLoopInvariantCodeMotionPass());
  passes.addPass(createSCFToControlFlowPass());
  passes.addPass(memref::createExpandStridedMetadataPass());
  passes.addPass(createLowerAffinePass()); // of the offsets of views
  ConvertGpuOpsToNVVMOpsOptions pointers;
  pointers.useBarePtrCallConv = true;
  passes.addPass(createConvertGpuOpsToNVVMOps(pointers));
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
}

namespace {
/// Drops how many milliseconds each step took to make a binary: equal input, equal output.
struct DropTimes : PassWrapper<DropTimes, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(DropTimes)

  void runOnOperation() override {
    for (auto binary : getOperation().getOps<gpu::BinaryOp>()) {
      SmallVector<Attribute> objects;
      for (auto object : binary.getObjects().getAsRange<gpu::ObjectAttr>())
        objects.push_back(gpu::ObjectAttr::get(&getContext(), object.getTarget(),
                                               object.getFormat(), object.getObject(),
                                               /*properties=*/nullptr, object.getKernels()));
      binary.setObjectsAttr(ArrayAttr::get(&getContext(), objects));
    }
  }
};
} // namespace

void remat::buildLowerGpuPipeline(OpPassManager &passes, const GpuOptions &options) {
  FormKernelsPassOptions forming;
  CallDevicePassOptions calling;
  forming.entry = calling.entry = options.entry;
  passes.addPass(createFormKernelsPass(forming));
  lowerKernels(passes.nest<gpu::GPUModuleOp>());
  auto &host = passes.nest<func::FuncOp>();
  host.addPass(createLowerAffinePass());
  host.addPass(createSCFToControlFlowPass());
  passes.addPass(createCallDevicePass(calling));
  lowerHostCode(passes);
  if (options.format == GpuFormat::NVVM)
    return;
  GpuNVVMAttachTargetOptions target;
  target.chip = options.chip;
  target.optLevel = 3;
  passes.addPass(createGpuNVVMAttachTarget(target));
  GpuModuleToBinaryPassOptions binary;
  binary.compilationTarget = options.format == GpuFormat::PTX ? "isa" : "fatbin";
  passes.addPass(createGpuModuleToBinaryPass(binary));
  passes.addPass(std::make_unique<DropTimes>());
}

namespace {
struct BufferizeOptions : PassPipelineOptions<BufferizeOptions> {
  Option<std::string> entry{*this, "entry", llvm::cl::desc("The step (default: as remat-plan)"),
                            llvm::cl::init("")};
};

struct LowerGpuOptions : PassPipelineOptions<LowerGpuOptions> {
  Option<std::string> entry{*this, "entry", llvm::cl::desc("The step (default: as remat-plan)"),
                            llvm::cl::init("")};
  Option<std::string> chip{*this, "chip", llvm::cl::desc("Chip of the kernels, sm_80 or newer"),
                           llvm::cl::init("sm_80")};
  Option<GpuFormat> format{
      *this, "format", llvm::cl::desc("What becomes of the kernels"),
      llvm::cl::init(GpuFormat::PTX),
      llvm::cl::values(
          clEnumValN(GpuFormat::NVVM, "nvvm", "they stay in the NVVM dialect"),
          clEnumValN(GpuFormat::PTX, "ptx", "PTX, which the driver compiles"),
          clEnumValN(GpuFormat::Fatbin, "fatbin", "machine code and PTX; needs the CUDA toolkit"))};
};
} // namespace

void remat::registerRematPipelines() {
  PassPipelineRegistration<>("remat-prepare",
                             "Make of a lowered step what is planned, for Remat's back end",
                             buildPreparePipeline);
  PassPipelineRegistration<BufferizeOptions>(
      "remat-bufferize", "Give a step on tensors buffers at fixed places in one arena",
      [](OpPassManager &passes, const BufferizeOptions &options) {
        buildBufferizePipeline(passes, options.entry);
      });
  PassPipelineRegistration<>("remat-lower-cpu", "Lower a step on buffers to LLVM for the CPU",
                             buildLowerCpuPipeline);
  PassPipelineRegistration<LowerGpuOptions>(
      "remat-lower-gpu", "Lower a step on buffers to kernels and LLVM for the host",
      [](OpPassManager &passes, const LowerGpuOptions &options) {
        buildLowerGpuPipeline(passes, {options.entry, options.chip, options.format});
      });
}
