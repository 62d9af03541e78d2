//===- OpModelCases.h - a snippet for each row of the table -----*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_TEST_UNIT_ANALYSIS_OPMODELCASES_H
#define REMAT_TEST_UNIT_ANALYSIS_OPMODELCASES_H

#include "remat/Planning/Graph/Graph.h"

#include <vector>

namespace remat::test {

/// What the table says about each of `names`, on the op in `text`.
struct OpModelCase {
  const char *names; ///< separated by spaces
  const char *text;  ///< `$` stands for the name
  planning::OpKind kind;
  const char *flags; ///< p pure, r recomputable, f free, L or R fusion
  int64_t flops;
};

std::vector<OpModelCase> opModelCases();
/// Those for StableHLO and CHLO.
std::vector<OpModelCase> stablehloCases();

} // namespace remat::test

#endif // REMAT_TEST_UNIT_ANALYSIS_OPMODELCASES_H
