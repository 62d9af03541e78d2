//===- KernelCode.h - kernels as code of the host ---------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_EMULATOR_KERNELCODE_H
#define REMAT_EMULATOR_KERNELCODE_H

#include "remat/Planning/Support/Status.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace remat {

/// One kernel: what a single thread does.
struct KernelEntry {
  void (*thread)(void **parameters) = nullptr;
  bool hasBarrier = false;
};

/// Where a thread is, in the order of the intrinsics: its number in the block, the size of the
/// block, the number of the block, and the size of the grid, each in x, y and z.
struct ThreadPlace {
  std::array<int32_t, 3> thread, threads, block, blocks;
};

/// The kernels of one module of LLVM IR for NVPTX, compiled for this machine.
class KernelCode {
public:
  /// Errors: see makeEmulator.
  static planning::Result<std::unique_ptr<KernelCode>> compile(std::string_view image);

  /// Returns the kernel, or null.
  const KernelEntry *find(const std::string &name) const;

  /// What a thread reads its place from.
  ThreadPlace place{};

private:
  planning::Status link(llvm::orc::ThreadSafeModule module);

  std::map<std::string, KernelEntry> kernels;
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

} // namespace remat

#endif // REMAT_EMULATOR_KERNELCODE_H
