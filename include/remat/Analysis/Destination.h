//===- Destination.h - values that are written into ------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_ANALYSIS_DESTINATION_H
#define REMAT_ANALYSIS_DESTINATION_H

#include "mlir/IR/Operation.h"

namespace remat {

/// Returns true if the owner of `use` writes its result over the value: the `outs`
/// of a structured op, the target of an insertion, the start of a loop's carry.
bool isDestination(mlir::OpOperand &use);

/// Returns true for a view of a tensor that costs nothing to make: a reshape, a
/// cast, or a slice of static place and size.
bool isTensorView(mlir::Operation *op);

/// Returns the one op that writes over the results of `op`, straight or through
/// views that nothing else reads; null where anything else reads them. Such a value
/// needs no buffer beside the writer's result.
mlir::Operation *soleWriterOver(mlir::Operation *op);

} // namespace remat

#endif // REMAT_ANALYSIS_DESTINATION_H
