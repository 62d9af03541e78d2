//===- Device.h - what runs the kernels of a step ---------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_RUNTIME_DEVICE_H
#define REMAT_RUNTIME_DEVICE_H

#include "remat/Planning/Support/Status.h"
#include "remat/Planning/Support/Units.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace remat {

/// How often a kernel runs, in x, y and z.
struct LaunchShape {
  std::array<int64_t, 3> blocks, threads; ///< Blocks of the grid, threads of a block.
};

/// Kernels that a device has loaded. It dies before its device.
class DeviceKernels {
public:
  virtual ~DeviceKernels() = default;

  /// Starts `kernel`; `parameters` holds the address of each parameter. Launches run one after
  /// the other. Errors: InvalidInput for a kernel that is not there, Io where the device fails,
  /// which may also be because of a launch before.
  virtual planning::Status launch(const std::string &kernel, const LaunchShape &shape,
                                  void **parameters) = 0;
};

/// A device with memory of its own. Nothing here throws or prints; a call that fails has done
/// nothing. Errors: Io, with the call and what the device says.
class Device {
public:
  virtual ~Device() = default;

  /// Returns the address of new bytes of the device, a multiple of 64. Not zeroed.
  virtual planning::Result<void *> allocate(planning::Bytes bytes) = 0;
  virtual planning::Status release(void *memory) = 0;

  /// Copies to the device, and from it behind all launches before. Both wait until it is done.
  virtual planning::Status upload(void *to, const void *from, planning::Bytes bytes) = 0;
  virtual planning::Status download(void *to, const void *from, planning::Bytes bytes) = 0;

  /// Waits until all launches are done, and returns what went wrong in them.
  virtual planning::Status synchronise() = 0;

  /// Loads kernels in the device's own format. Errors: InvalidInput for what it cannot read.
  virtual planning::Result<std::unique_ptr<DeviceKernels>> load(std::string_view image) = 0;
};

/// Bytes of a device that go back to it when this dies.
class DeviceMemory {
public:
  DeviceMemory(DeviceMemory &&other) noexcept
      : device(other.device), address(std::exchange(other.address, nullptr)) {}
  DeviceMemory(const DeviceMemory &) = delete;
  DeviceMemory &operator=(const DeviceMemory &) = delete;
  /// What the device says about taking bytes back is of no use to anyone any more.
  ~DeviceMemory() {
    if (address)
      static_cast<void>(device.release(address));
  }

  /// Errors: Io, with the bytes and `use`: "the arena".
  static planning::Result<DeviceMemory> allocate(Device &device, planning::Bytes bytes,
                                                 const std::string &use);

  std::byte *data() const { return static_cast<std::byte *>(address); }

private:
  DeviceMemory(Device &device, void *address) : device(device), address(address) {}

  Device &device;
  void *address;
};

/// What a compiled step gets as its last argument: see `DeviceCalls.h`.
struct DeviceSession {
  Device &device;
  DeviceKernels &kernels;
  planning::Status failure; ///< Of the first call that failed, with the op's place.
};

} // namespace remat

#endif // REMAT_RUNTIME_DEVICE_H
