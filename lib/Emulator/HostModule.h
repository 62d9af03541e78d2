//===- HostModule.h - kernels in LLVM IR for the host -----------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_EMULATOR_HOSTMODULE_H
#define REMAT_EMULATOR_HOSTMODULE_H

#include "remat/Planning/Support/Status.h"
#include "llvm/IR/Module.h"

#include <map>
#include <string>

namespace remat {

/// The symbols that a rewritten module reads and calls.
inline constexpr const char *kPlaceSymbol = "remat_emulated_place";
inline constexpr const char *kBarrierSymbol = "remat_emulated_barrier";

/// Rewrites kernels for NVPTX into code for the host: intrinsics read the thread's place or call
/// the barrier, functions of libdevice become those of libm, and for each kernel K there is a
/// function "remat_thread_K" that takes the addresses of its parameters. Returns the
/// kernels, and whether each has a barrier. Address spaces stay as they are: code generators
/// for CPUs take those below 256 for plain memory, and a block's shared memory is one
/// global, since one block runs at a time.
planning::Result<std::map<std::string, bool>> rewriteForHost(llvm::Module &module);

} // namespace remat

#endif // REMAT_EMULATOR_HOSTMODULE_H
