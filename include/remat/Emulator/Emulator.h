//===- Emulator.h - kernels on the CPU --------------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_EMULATOR_EMULATOR_H
#define REMAT_EMULATOR_EMULATOR_H

#include "remat/Runtime/Device.h"

namespace remat {

/// Returns a device that runs kernels on the CPU, one thread of theirs after the other, for
/// tests where there is no GPU. It loads bitcode or text of LLVM IR with NVVM's intrinsics. Its
/// memory is the host's, counted as HostBuffer counts. A barrier waits for all threads of the
/// block that have not ended, in fibers. Functions of libdevice are those of libm.
///
/// Errors of loading, with the kernel: InvalidInput for an intrinsic or a function that
/// it lacks, and for what is no LLVM IR. Of a launch: InvalidInput for a shape that no GPU takes.
std::unique_ptr<Device> makeEmulator();

} // namespace remat

#endif // REMAT_EMULATOR_EMULATOR_H
