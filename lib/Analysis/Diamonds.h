//===- Diamonds.h - reductions that XLA fuses with their reader -*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_ANALYSIS_DIAMONDS_H
#define REMAT_ANALYSIS_DIAMONDS_H

#include "Program.h"

namespace remat {

/// Tells whether `node` reduces dimensions of size 1 only: a view, in effect.
bool reducesNothing(const Node &node);

/// Tells whether `node` is the reduction of a normalisation, as in
/// `x - broadcast(max(x))`: it reduces the last dimension of its operand, and
/// what is made of its result is broadcast back to one elementwise op, its only
/// reader, that also reads what the reduction reads. XLA computes both in one
/// kernel, row by row. Cost: O(1).
bool closesDiamond(const Program &program, NodeId node);

} // namespace remat

#endif // REMAT_ANALYSIS_DIAMONDS_H
