//===- remat-plan.cpp - plans without MLIR --------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanCommand.h"

int main(int argc, char **argv) { return remat::planning::runPlanCommand(argc, argv); }
