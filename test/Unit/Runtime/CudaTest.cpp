//===- CudaTest.cpp - a GPU behind the CUDA driver ------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Runtime/Cuda.h"
#include "remat/Runtime/DeviceCalls.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

using namespace remat;
using planning::Bytes;
using planning::Error;
using planning::Status;

namespace {

template <typename Function>
Function *symbol(const char *name) {
  return reinterpret_cast<Function *>(dlsym(dlopen(REMAT_FAKE_CUDA, RTLD_NOW), name));
}

void reset(int failing, int major = 9) { symbol<void(int, int)>("fakeReset")(failing, major); }
int calls() { return symbol<int()>("fakeCalls")(); }
int alive() { return symbol<int()>("fakeAlive")(); }

/// Adds 3 in each of 2 x 4 threads to 5, twice, through the calls of a step.
planning::Result<int> run() {
  auto gpu = openCudaDevice(REMAT_FAKE_CUDA);
  if (!gpu)
    return gpu.error();
  Device &device = *gpu->device;
  auto kernels = device.load("ptx");
  if (!kernels)
    return kernels.error();
  auto memory = DeviceMemory::allocate(device, Bytes(4), "the number");
  if (!memory)
    return memory.error();
  int number = 5, summand = 3;
  if (Status copied = device.upload(memory->data(), &number, Bytes(4)); !copied)
    return copied.error();
  DeviceSession session{device, **kernels, {}};
  void *address = memory->data();
  void *parameters[] = {&address, &summand};
  for (int i = 0; i < 2; ++i)
    if (rematLaunch(&session, "add", "Dense_0 (train.py:7)", 2, 1, 1, 4, 1, 1, parameters))
      return session.failure.error();
  if (rematRead(&session, "Dense_0 (train.py:7)", &number, address, 4))
    return session.failure.error();
  if (Status done = device.synchronise(); !done)
    return done.error();
  return number;
}

TEST(Cuda, ChipIsThatOfTheGpu) {
  reset(0, 8);
  EXPECT_EQ(openCudaDevice(REMAT_FAKE_CUDA)->chip, "sm_80");
  reset(0, 10);
  EXPECT_EQ(openCudaDevice(REMAT_FAKE_CUDA)->chip, "sm_90");
  reset(0, 7);
  EXPECT_EQ(openCudaDevice(REMAT_FAKE_CUDA).error().message,
            "the GPU is an sm_70; kernels are compiled for sm_80 and newer; use --device=emulator "
            "or another machine");
}

TEST(Cuda, EveryCallCanFail) {
  reset(0);
  auto number = run();
  ASSERT_TRUE(number) << number.error().message;
  EXPECT_EQ(*number, 5 + 2 * 2 * 4 * 3);
  EXPECT_EQ(alive(), 0);
  int all = calls();
  ASSERT_GT(all, 10);
  for (int n = 1; n <= all; ++n) {
    reset(n);
    auto failed = run();
    ASSERT_FALSE(failed) << "call " << n;
    const std::string &message = failed.error().message;
    EXPECT_TRUE(message.ends_with(": CUDA_ERROR_ILLEGAL_ADDRESS")) << message;
    EXPECT_NE(message.find("cu"), std::string::npos) << message;
    EXPECT_EQ(calls(), n) << "a call was made after the one that failed: " << message;
    EXPECT_EQ(alive(), 0) << message;
  }
}

TEST(Cuda, ErrorsNameTheCallTheKernelAndThePlace) {
  reset(0);
  auto gpu = openCudaDevice(REMAT_FAKE_CUDA);
  ASSERT_TRUE(gpu);
  EXPECT_EQ(gpu->device->load("nonsense").error().message,
            "cuModuleLoadDataEx: CUDA_ERROR_INVALID_PTX: line 1: no PTX");
  auto kernels = gpu->device->load("ptx");
  ASSERT_TRUE(kernels);
  DeviceSession session{*gpu->device, **kernels, {}};
  EXPECT_EQ(rematLaunch(&session, "other", "Dense_0 (train.py:7)", 1, 1, 1, 1, 1, 1, nullptr), 1);
  EXPECT_EQ(session.failure.error().message,
            "kernel other, of Dense_0 (train.py:7): cuModuleGetFunction: CUDA_ERROR_NOT_FOUND");
}

TEST(Cuda, RefusesWhatIsNoDriver) {
  std::string none = openCudaDevice("libremat-none.so").error().message;
  EXPECT_TRUE(none.starts_with("there is no CUDA driver: libremat-none.so: ")) << none;
  EXPECT_EQ(openCudaDevice("libc.so.6").error().message,
            "libc.so.6 is no CUDA driver that can be used: it lacks cuGetErrorName");
}

} // namespace
