//===- BufferLifetimes.h - when allocations are needed ---------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_ANALYSIS_BUFFERLIFETIMES_H
#define REMAT_ANALYSIS_BUFFERLIFETIMES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <cstdint>
#include <vector>

namespace remat {

/// An allocation of a bufferised function, and the times [begin, end) between its first
/// and its last access. Times number the ops of the function in the order in which they
/// stand, an op before those of its regions: an access inside a loop that the
/// allocation stands outside of counts for the whole loop, and so does a buffer that
/// one iteration hands to the next.
struct BufferLifetime {
  mlir::memref::AllocOp alloc;
  int64_t bytes = 0;
  int64_t begin = 0;
  int64_t end = 0;
};

/// Returns the allocations of `function` in program order; one that nothing accesses
/// has the time of the allocation. Deallocations and views are no accesses.
/// Errors, at the allocation: a dynamic shape, a layout, an element without a size.
/// Cost: O(ops + accesses * depth of nesting), and what upstream's alias analysis takes.
mlir::FailureOr<std::vector<BufferLifetime>> bufferLifetimes(mlir::func::FuncOp function);

} // namespace remat

#endif // REMAT_ANALYSIS_BUFFERLIFETIMES_H
