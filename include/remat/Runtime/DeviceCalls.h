//===- DeviceCalls.h - what a compiled step calls ---------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_RUNTIME_DEVICECALLS_H
#define REMAT_RUNTIME_DEVICECALLS_H

#include <cstdint>

/// What a step that `remat-lower-gpu` has lowered calls. `device` is the step's own last
/// argument; `place` says where the op came from. Both return 0, or another number that the
/// step returns at once: the device knows what has happened.
extern "C" {

/// Starts `kernel` on a grid of blocks of threads. `parameters` holds the address of each
/// parameter, which is read before this returns. Launches run in the order in which they are made.
int32_t rematLaunch(void *device, const char *kernel, const char *place, int64_t blocksX,
                    int64_t blocksY, int64_t blocksZ, int64_t threadsX, int64_t threadsY,
                    int64_t threadsZ, void **parameters);

/// Copies `bytes` from the device's memory to the host's, behind all launches made before.
int32_t rematRead(void *device, const char *place, void *to, const void *from, int64_t bytes);
}

#endif // REMAT_RUNTIME_DEVICECALLS_H
