//===- ReadThenConvert.h - the frame of a conversion -----------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_CONVERSION_STABLEHLOTOLINALG_READTHENCONVERT_H
#define REMAT_CONVERSION_STABLEHLOTOLINALG_READTHENCONVERT_H

#include "mlir/IR/PatternMatch.h"

namespace remat {

/// Replaces `op` by what `conversion` makes of it, right before it, once it could read it.
/// Error otherwise: at the op, saying that it has `misfit`, such as "a window that does
/// not fit", for its operands, or a shape that is not static.
template <typename Conversion>
mlir::LogicalResult readThenConvert(mlir::Operation *op, mlir::RewriterBase &rewriter,
                                    Conversion conversion, llvm::StringRef misfit) {
  rewriter.setInsertionPoint(op);
  if (!conversion.read())
    return op->emitError() << op->getName() << " has " << misfit
                           << " its operands, or a shape that is not static; export the program "
                              "again, with static shapes";
  rewriter.replaceOp(op, conversion.convert());
  return mlir::success();
}

} // namespace remat

#endif // REMAT_CONVERSION_STABLEHLOTOLINALG_READTHENCONVERT_H
