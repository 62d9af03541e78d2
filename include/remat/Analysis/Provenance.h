//===- Provenance.h - where an op came from ---------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_ANALYSIS_PROVENANCE_H
#define REMAT_ANALYSIS_PROVENANCE_H

#include "mlir/IR/Location.h"

#include <string>

namespace remat {

/// Returns the framework scope in `loc`, empty if there is none: the name that
/// wraps the location, the caller's scope before the callee's for inlined ops.
/// The tracing function and the wrappers of JAX's transformations are dropped.
///   "jit(step)/transpose(jvp(Model))/Block_0/Dense_0/dot_general"
///     -> "Model/Block_0/Dense_0/dot_general"
std::string scopeOf(mlir::Location loc);

/// Tells whether JAX made the op by transposing: whether it is of a backward. A
/// gradient that is itself differentiated is not, where it stands in the forward:
///   "jit(step)/transpose(jvp(Model))/dot_general" -> true
///   "jit(step)/vmap(transpose(jvp(Model)))/dot_general" -> true
///   "jit(step)/jvp(transpose(jvp(Model)))/dot_general" -> false
bool isTransposed(mlir::Location loc);

/// Returns "file:line" of the innermost frame that is not inside an installed
/// Python package, or of the innermost frame; empty for an unknown location.
std::string sourceLineOf(mlir::Location loc);

} // namespace remat

#endif // REMAT_ANALYSIS_PROVENANCE_H
