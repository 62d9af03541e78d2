//===- Device.cpp - what a compiled step calls ----------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Runtime/Device.h"

#include "remat/Runtime/DeviceCalls.h"

using namespace remat;
using planning::Bytes;
using planning::Error;
using planning::Result;
using planning::Status;

Result<DeviceMemory> DeviceMemory::allocate(Device &device, Bytes bytes, const std::string &use) {
  Result<void *> address = device.allocate(bytes);
  if (!address)
    return Error{address.error().code, "no room for " + use + ", " + planning::formatBytes(bytes) +
                                           ": " + address.error().message};
  return DeviceMemory(device, *address);
}

/// Keeps why a call failed. Returns the status of the step.
static int32_t finish(DeviceSession &session, const Status &status, const std::string &call,
                      const char *place) {
  if (status)
    return 0;
  const Error &error = status.error();
  session.failure = Error{error.code, call + ", of " + place + ": " + error.message};
  return 1;
}

int32_t rematLaunch(void *device, const char *kernel, const char *place, int64_t blocksX,
                    int64_t blocksY, int64_t blocksZ, int64_t threadsX, int64_t threadsY,
                    int64_t threadsZ, void **parameters) {
  auto &session = *static_cast<DeviceSession *>(device);
  LaunchShape shape{{blocksX, blocksY, blocksZ}, {threadsX, threadsY, threadsZ}};
  return finish(session, session.kernels.launch(kernel, shape, parameters),
                std::string("kernel ") + kernel, place);
}

int32_t rematRead(void *device, const char *place, void *to, const void *from, int64_t bytes) {
  auto &session = *static_cast<DeviceSession *>(device);
  return finish(session, session.device.download(to, from, Bytes(bytes)), "reading an element back",
                place);
}
