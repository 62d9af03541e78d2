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

/// From a step on tensors, in which recompute regions may stand, to one that computes
/// in its arguments and an arena: what `remat-pack-arena` guarantees. The function
/// `entry`, or the only public one, is the step.
void buildBufferizePipeline(mlir::OpPassManager &passes, const std::string &entry = "");

/// From a step on buffers to the LLVM dialect for the CPU: every buffer of the entry
/// function becomes a bare pointer. Nothing is reassociated or contracted, so that an
/// op gives the same bits wherever it stands.
void buildLowerCpuPipeline(mlir::OpPassManager &passes);

/// Makes the pipelines known by the names `remat-bufferize` and `remat-lower-cpu`.
void registerRematPipelines();

} // namespace remat

#endif // REMAT_PIPELINES_PIPELINES_H
