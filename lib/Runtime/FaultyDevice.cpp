//===- FaultyDevice.cpp - a device whose n-th call fails ------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Runtime/FaultyDevice.h"

using namespace remat;
using planning::Bytes;
using planning::Error;
using planning::ErrorCode;
using planning::Result;
using planning::Status;

namespace remat {
class FaultyKernels final : public DeviceKernels {
public:
  FaultyKernels(FaultyDevice &device, std::unique_ptr<DeviceKernels> kernels)
      : device(device), kernels(std::move(kernels)) {
    ++device.loaded;
  }
  ~FaultyKernels() override { --device.loaded; }

  Status launch(const std::string &kernel, const LaunchShape &shape, void **parameters) override {
    Status counted = device.count("launch");
    return counted ? kernels->launch(kernel, shape, parameters) : counted;
  }

private:
  FaultyDevice &device;
  std::unique_ptr<DeviceKernels> kernels;
};
} // namespace remat

Status FaultyDevice::count(const char *name) {
  if (++made != failing)
    return {};
  return Error{ErrorCode::Io,
               std::string(name) + " was made to fail, the call number " + std::to_string(made)};
}

Result<void *> FaultyDevice::allocate(Bytes bytes) {
  if (Status counted = count("allocate"); !counted)
    return counted.error();
  Result<void *> address = device.allocate(bytes);
  if (address)
    memory.insert(*address);
  return address;
}

Status FaultyDevice::release(void *address) {
  memory.erase(address);
  return device.release(address);
}

Status FaultyDevice::upload(void *to, const void *from, Bytes bytes) {
  Status counted = count("upload");
  return counted ? device.upload(to, from, bytes) : counted;
}

Status FaultyDevice::download(void *to, const void *from, Bytes bytes) {
  Status counted = count("download");
  return counted ? device.download(to, from, bytes) : counted;
}

Status FaultyDevice::synchronise() {
  Status counted = count("synchronise");
  return counted ? device.synchronise() : counted;
}

Result<std::unique_ptr<DeviceKernels>> FaultyDevice::load(std::string_view image) {
  if (Status counted = count("load"); !counted)
    return counted.error();
  Result<std::unique_ptr<DeviceKernels>> kernels = device.load(image);
  if (!kernels)
    return kernels;
  return std::unique_ptr<DeviceKernels>(new FaultyKernels(*this, std::move(*kernels)));
}
