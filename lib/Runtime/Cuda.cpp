//===- Cuda.cpp - a GPU of this machine -----------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Runtime/Cuda.h"

#include "CudaDriver.h"

#include <unordered_map>

using namespace remat;
using planning::Bytes;
using planning::Error;
using planning::ErrorCode;
using planning::Result;
using planning::Status;

/// Constants of cuda.h.
static constexpr int attributeMajor = 75, attributeMinor = 76;
static constexpr int jitErrorLog = 5, jitErrorLogBytes = 6;

static uint64_t number(const void *address) { return reinterpret_cast<uintptr_t>(address); }

namespace {
class CudaKernels final : public DeviceKernels {
public:
  CudaKernels(const CudaDriver &driver, void *module) : driver(driver), module(module) {}
  ~CudaKernels() override { driver.cuModuleUnload(module); }

  Status launch(const std::string &kernel, const LaunchShape &shape, void **parameters) override {
    auto [entry, isNew] = functions.try_emplace(kernel, nullptr);
    if (isNew) {
      Status found =
          driver.check(driver.cuModuleGetFunction(&entry->second, module, kernel.c_str()),
                       "cuModuleGetFunction");
      if (!found) {
        functions.erase(entry);
        return found;
      }
    }
    auto size = [](int64_t value) { return static_cast<unsigned>(value); };
    const auto &[blocks, threads] = shape;
    return driver.check(driver.cuLaunchKernel(entry->second, size(blocks[0]), size(blocks[1]),
                                              size(blocks[2]), size(threads[0]), size(threads[1]),
                                              size(threads[2]), 0, nullptr, parameters, nullptr),
                        "cuLaunchKernel");
  }

private:
  const CudaDriver &driver;
  void *module;
  std::unordered_map<std::string, void *> functions; ///< Looked up once; never walked.
};

/// The primary context of one GPU, and its default stream, in which all is in order.
class Gpu final : public Device {
public:
  Gpu(const CudaDriver &driver, int device) : driver(driver), device(device) {}
  ~Gpu() override { driver.cuDevicePrimaryCtxRelease_v2(device); }

  Result<void *> allocate(Bytes bytes) override {
    uint64_t address = 0;
    size_t size = bytes.count > 0 ? bytes.count : 1; // the driver refuses none
    if (Status status = driver.check(driver.cuMemAlloc_v2(&address, size), "cuMemAlloc_v2");
        !status)
      return status.error();
    return reinterpret_cast<void *>(static_cast<uintptr_t>(address));
  }

  Status release(void *memory) override {
    return driver.check(driver.cuMemFree_v2(number(memory)), "cuMemFree_v2");
  }

  Status upload(void *to, const void *from, Bytes bytes) override {
    if (bytes.count == 0)
      return {};
    return driver.check(driver.cuMemcpyHtoD_v2(number(to), from, bytes.count), "cuMemcpyHtoD_v2");
  }

  Status download(void *to, const void *from, Bytes bytes) override {
    if (bytes.count == 0)
      return {};
    return driver.check(driver.cuMemcpyDtoH_v2(to, number(from), bytes.count), "cuMemcpyDtoH_v2");
  }

  Status synchronise() override {
    return driver.check(driver.cuCtxSynchronize(), "cuCtxSynchronize");
  }

  Result<std::unique_ptr<DeviceKernels>> load(std::string_view image) override {
    std::string content(image), log(4096, '\0'); // PTX ends in a zero byte
    int options[] = {jitErrorLog, jitErrorLogBytes};
    void *values[] = {log.data(), reinterpret_cast<void *>(log.size())};
    void *module = nullptr;
    Status loaded =
        driver.check(driver.cuModuleLoadDataEx(&module, content.c_str(), 2, options, values),
                     "cuModuleLoadDataEx");
    if (loaded)
      return std::unique_ptr<DeviceKernels>(new CudaKernels(driver, module));
    std::string detail = log.c_str();
    if (detail.find("__nv_") != std::string::npos)
      detail += "; libdevice was not found when the kernels were lowered: set CUDA_HOME to the "
                "CUDA toolkit";
    return Error{ErrorCode::InvalidInput,
                 loaded.error().message + (detail.empty() ? "" : ": " + detail)};
  }

private:
  CudaDriver driver;
  int device;
};
} // namespace

Result<CudaDevice> remat::openCudaDevice(const std::string &library) {
  Result<CudaDriver> driver = CudaDriver::load(library);
  if (!driver)
    return driver.error();
  int device = 0, major = 0, minor = 0;
  Status status = driver->check(driver->cuInit(0), "cuInit");
  if (status)
    status = driver->check(driver->cuDeviceGet(&device, 0), "cuDeviceGet");
  for (auto [value, attribute] : {std::pair(&major, attributeMajor), {&minor, attributeMinor}})
    if (status)
      status = driver->check(driver->cuDeviceGetAttribute(value, attribute, device),
                             "cuDeviceGetAttribute");
  if (!status)
    return status.error();
  if (major < 8)
    return Error{ErrorCode::Io, "the GPU is an sm_" + std::to_string(10 * major + minor) +
                                    "; kernels are compiled for sm_80 and newer; use "
                                    "--device=emulator or another machine"};
  void *context = nullptr;
  Status retained =
      driver->check(driver->cuDevicePrimaryCtxRetain(&context, device), "cuDevicePrimaryCtxRetain");
  if (!retained)
    return retained.error();
  auto gpu = std::make_unique<Gpu>(*driver, device); // gives the context back from here on
  if (Status current = driver->check(driver->cuCtxSetCurrent(context), "cuCtxSetCurrent"); !current)
    return current.error();
  return CudaDevice{std::move(gpu), major >= 9 ? "sm_90" : "sm_80"};
}
