//===- Workspace.h - memory that an op takes while it runs ------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_ANALYSIS_WORKSPACE_H
#define REMAT_ANALYSIS_WORKSPACE_H

#include "Program.h"

namespace remat {

/// Returns the bytes that XLA on GPU takes for one execution of `node` beside its
/// operands and results, and gives back after it (docs/concepts/memory-model.md).
/// Saturates at `flops::kLimit`.
int64_t workspaceInXlaModel(const Node &node);

} // namespace remat

#endif // REMAT_ANALYSIS_WORKSPACE_H
