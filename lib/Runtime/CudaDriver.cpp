//===- CudaDriver.cpp - the functions of the CUDA driver ------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CudaDriver.h"

#include <dlfcn.h>

using namespace remat;
using planning::Error;
using planning::ErrorCode;
using planning::Result;
using planning::Status;

Result<CudaDriver> CudaDriver::load(const std::string &library) {
  void *handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return Error{ErrorCode::Io, "there is no CUDA driver: " + std::string(dlerror())};
  CudaDriver driver{};
  const char *missing = nullptr;
  auto find = [&](auto &function, const char *name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
    if (!function)
      missing = name;
  };
#define REMAT_FIND(name) find(driver.name, #name)
  REMAT_FIND(cuInit);
  REMAT_FIND(cuDeviceGet);
  REMAT_FIND(cuDeviceGetAttribute);
  REMAT_FIND(cuDevicePrimaryCtxRetain);
  REMAT_FIND(cuDevicePrimaryCtxRelease_v2);
  REMAT_FIND(cuCtxSetCurrent);
  REMAT_FIND(cuCtxSynchronize);
  REMAT_FIND(cuMemAlloc_v2);
  REMAT_FIND(cuMemFree_v2);
  REMAT_FIND(cuMemcpyHtoD_v2);
  REMAT_FIND(cuMemcpyDtoH_v2);
  REMAT_FIND(cuModuleLoadDataEx);
  REMAT_FIND(cuModuleUnload);
  REMAT_FIND(cuModuleGetFunction);
  REMAT_FIND(cuLaunchKernel);
  REMAT_FIND(cuGetErrorName);
#undef REMAT_FIND
  if (missing)
    return Error{ErrorCode::Io,
                 library + " is no CUDA driver that can be used: it lacks " + missing};
  return driver;
}

Status CudaDriver::check(int result, const char *call) const {
  if (result == 0)
    return {};
  const char *name = nullptr;
  if (cuGetErrorName(result, &name) != 0 || !name)
    return Error{ErrorCode::Io, std::string(call) + ": error " + std::to_string(result)};
  return Error{ErrorCode::Io, std::string(call) + ": " + name};
}
