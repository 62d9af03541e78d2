//===- Contraction.h - products and convolutions -------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_RUNTIME_CONTRACTION_H
#define REMAT_RUNTIME_CONTRACTION_H

#include <cstdint>

namespace remat {

/// One loop of a contraction: how often it runs, and how many elements the places in
/// left, right and out move on from one round to the next. Also read by compiled steps.
struct ContractionLoop {
  int64_t size, left, right, out;
};

/// The kinds of loops, in the order in which a contraction lists them. A batch loop moves
/// everything; row loops do not move right, column loops do not move left, depth loops
/// do not move out.
enum class LoopKind { Batch, Row, Column, Depth };
inline constexpr int kLoopKinds = 4;
/// The most loops of one kind.
inline constexpr int kMostLoops = 8;

/// Makes what contractions compute in: a fixed amount of memory per thread (see
/// Parallel.h). The first contraction does that too; done before, it does not count for
/// the step that runs first.
void prepareContractions();

} // namespace remat

/// out[place] += the sum over the depth loops of left[place] * right[place], for all
/// rounds of the other loops: a product of matrices, or a convolution, in any layout.
/// `left`, `right` and `out` are addresses of first elements. `shape` is the address
/// of four numbers, how many loops of each kind there are, and of the loops, outermost
/// first. Each element is summed in an order that the sizes of the depth loops alone
/// decide, so its bits depend neither on where anything lies nor on threads. Products
/// and sums are one operation where the machine has one.
/// Cost: O(rounds), at the speed of the machine's vectors where there are at least
/// 4 rows and 4 columns. Memory: what prepareContractions made.
extern "C" void rematContractF32(intptr_t left, intptr_t right, intptr_t out, intptr_t shape);
extern "C" void rematContractF64(intptr_t left, intptr_t right, intptr_t out, intptr_t shape);

#endif // REMAT_RUNTIME_CONTRACTION_H
