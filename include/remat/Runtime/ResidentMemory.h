//===- ResidentMemory.h - what the process takes of the machine -*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_RUNTIME_RESIDENTMEMORY_H
#define REMAT_RUNTIME_RESIDENTMEMORY_H

#include "remat/Planning/Support/Units.h"

#include <optional>

namespace remat {

/// Returns the memory of this process that is in RAM now; nothing where the system
/// does not say.
std::optional<planning::Bytes> residentBytes();

/// Returns the most that was in RAM since the start or the last reset.
std::optional<planning::Bytes> residentPeak();

/// Makes what is in RAM now the peak; false where the system refuses.
bool resetResidentPeak();

/// Gives memory that was freed back to the system, so that what comes next does not
/// reuse it unseen.
void returnFreeMemory();

} // namespace remat

#endif // REMAT_RUNTIME_RESIDENTMEMORY_H
