//===- KernelImage.cpp - the kernels of a lowered step --------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelImage.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"

using namespace mlir;

/// Returns the bitcode of kernels in the NVVM dialect.
static FailureOr<std::string> bitcodeOf(gpu::GPUModuleOp kernels) {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> translated =
      translateModuleToLLVMIR(kernels, context, kernels.getName());
  if (!translated)
    return failure();
  std::string image;
  llvm::raw_string_ostream stream(image);
  llvm::WriteBitcodeToFile(*translated, stream);
  return image;
}

FailureOr<std::string> remat::takeKernels(ModuleOp module) {
  FailureOr<std::string> image = failure();
  for (Operation &op : llvm::make_early_inc_range(module.getOps())) {
    if (auto kernels = dyn_cast<gpu::GPUModuleOp>(op))
      image = bitcodeOf(kernels);
    else if (auto binary = dyn_cast<gpu::BinaryOp>(op))
      image = cast<gpu::ObjectAttr>(binary.getObjects()[0]).getObject().str();
    else
      continue;
    op.erase();
  }
  module->removeAttr(gpu::GPUDialect::getContainerModuleAttrName());
  return image;
}
