//===- FaultyDevice.h - a device whose n-th call fails ----------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_RUNTIME_FAULTYDEVICE_H
#define REMAT_RUNTIME_FAULTYDEVICE_H

#include "remat/Runtime/Device.h"

#include <set>

namespace remat {

/// Hands every call on to another device, but for one, which fails instead; and counts what
/// has not been given back. It must outlive its kernels.
class FaultyDevice final : public Device {
public:
  /// The call number `failing` fails, the first being 1; 0: none does. Releasing bytes and
  /// unloading kernels are no calls: nothing can be done where they fail.
  FaultyDevice(Device &device, int64_t failing) : device(device), failing(failing) {}

  planning::Result<void *> allocate(planning::Bytes bytes) override;
  planning::Status release(void *memory) override;
  planning::Status upload(void *to, const void *from, planning::Bytes bytes) override;
  planning::Status download(void *to, const void *from, planning::Bytes bytes) override;
  planning::Status synchronise() override;
  planning::Result<std::unique_ptr<DeviceKernels>> load(std::string_view image) override;

  int64_t calls() const { return made; }
  /// Allocations and loaded kernels that are still there.
  size_t alive() const { return memory.size() + loaded; }

private:
  friend class FaultyKernels;

  /// Counts a call; the status is that of the one that fails.
  planning::Status count(const char *name);

  Device &device;
  int64_t failing, made = 0;
  std::set<void *> memory;
  size_t loaded = 0;
};

} // namespace remat

#endif // REMAT_RUNTIME_FAULTYDEVICE_H
