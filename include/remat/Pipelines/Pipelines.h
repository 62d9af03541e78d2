//===- Pipelines.h - named lists of passes -------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PIPELINES_PIPELINES_H
#define REMAT_PIPELINES_PIPELINES_H

#include "mlir/Pass/PassManager.h"

#include <string>

namespace remat {

/// From a step that `remat lower` wrote to one that is planned and bufferised well:
/// ops are fused, long sums split, destinations owned. Before planning, since cse would
/// merge what runs again with what ran first.
void buildPreparePipeline(mlir::OpPassManager &passes);

/// From a step on tensors, in which recompute regions may stand, to one that computes
/// in its arguments and an arena: what `remat-pack-arena` guarantees. The function
/// `entry`, or the only public one, is the step.
void buildBufferizePipeline(mlir::OpPassManager &passes, const std::string &entry = "");

/// From a step on buffers to the LLVM dialect for the CPU: every buffer of the entry
/// function becomes a bare pointer. Nothing is reassociated or contracted, so that an
/// op gives the same bits wherever it stands.
void buildLowerCpuPipeline(mlir::OpPassManager &passes);

/// What becomes of the kernels.
enum class GpuFormat {
  NVVM,   ///< They stay a `gpu.module` of the NVVM dialect.
  PTX,    ///< Text that the driver compiles for its device.
  Fatbin, ///< Machine code and PTX; needs the CUDA toolkit's ptxas and fatbinary.
};

struct GpuOptions {
  std::string entry; ///< Empty: main, or the only public function.
  std::string chip = "sm_80";
  GpuFormat format = GpuFormat::PTX;
};

/// From a step on buffers to kernels, in the format that `options` name, and a function in
/// the LLVM dialect that launches them through `include/remat/Runtime/DeviceCalls.h`:
/// every buffer is a bare pointer, the device the last argument, a status the result.
/// Nothing is reassociated or contracted here either.
void buildLowerGpuPipeline(mlir::OpPassManager &passes, const GpuOptions &options);

/// Makes the pipelines known by the names `remat-prepare`, `remat-bufferize`,
/// `remat-lower-cpu` and `remat-lower-gpu`.
void registerRematPipelines();

} // namespace remat

#endif // REMAT_PIPELINES_PIPELINES_H
