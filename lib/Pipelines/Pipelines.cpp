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
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "remat/Conversion/Passes.h"
#include "remat/Dialect/Remat/Transforms/Passes.h"

using namespace mlir;
using namespace remat;

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

void remat::buildLowerCpuPipeline(OpPassManager &passes) {
  passes.addPass(createCopiesToLinalgPass());
  passes.addPass(createOutlineKernelsPass());
  passes.addPass(createCallContractionsPass());
  passes.addPass(createLinalgGeneralizeNamedOpsPass());
  passes.addPass(createOrderLoopsPass());
  passes.addPass(createConvertLinalgToLoopsPass());
  passes.addPass(createLowerAffinePass());
  passes.addPass(createSCFToControlFlowPass());
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

namespace {
struct BufferizeOptions : PassPipelineOptions<BufferizeOptions> {
  Option<std::string> entry{*this, "entry", llvm::cl::desc("The step (default: as remat-plan)"),
                            llvm::cl::init("")};
};
} // namespace

void remat::registerRematPipelines() {
  PassPipelineRegistration<BufferizeOptions>(
      "remat-bufferize", "Give a step on tensors buffers at fixed places in one arena",
      [](OpPassManager &passes, const BufferizeOptions &options) {
        buildBufferizePipeline(passes, options.entry);
      });
  PassPipelineRegistration<>("remat-lower-cpu", "Lower a step on buffers to LLVM for the CPU",
                             buildLowerCpuPipeline);
}
