//===- FakeCuda.cpp - a CUDA driver that only counts ----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// A library with the symbols of the driver, for tests. Its memory is the host's; its only
// kernel, "add", adds its second parameter to the number that the first one points at.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

static int calls, failing, alive, major = 9;

/// Counts a call; one of them fails, with CUDA_ERROR_ILLEGAL_ADDRESS.
static int count() { return ++calls == failing ? 700 : 0; }

extern "C" {
void fakeReset(int failingCall, int majorVersion) {
  calls = alive = 0;
  failing = failingCall;
  major = majorVersion;
}
int fakeCalls() { return calls; }
int fakeAlive() { return alive; }

int cuInit(unsigned) { return count(); }
int cuDeviceGet(int *device, int) {
  *device = 0;
  return count();
}
int cuDeviceGetAttribute(int *value, int attribute, int) {
  *value = attribute == 75 ? major : 0;
  return count();
}
int cuDevicePrimaryCtxRetain(void **context, int) {
  if (int error = count())
    return error;
  ++alive;
  *context = &calls;
  return 0;
}
int cuDevicePrimaryCtxRelease_v2(int) {
  --alive;
  return 0;
}
int cuCtxSetCurrent(void *) { return count(); }
int cuCtxSynchronize() { return count(); }
int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  if (int error = count())
    return error;
  ++alive;
  *address = reinterpret_cast<uintptr_t>(std::malloc(bytes));
  return 0;
}
int cuMemFree_v2(uint64_t address) {
  std::free(reinterpret_cast<void *>(address));
  --alive;
  return 0;
}
int cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t bytes) {
  std::memcpy(reinterpret_cast<void *>(to), from, bytes);
  return count();
}
int cuMemcpyDtoH_v2(void *to, uint64_t from, size_t bytes) {
  std::memcpy(to, reinterpret_cast<void *>(from), bytes);
  return count();
}
int cuModuleLoadDataEx(void **module, const void *image, unsigned, int *, void **values) {
  if (int error = count())
    return error;
  if (std::string(static_cast<const char *>(image)) != "ptx") {
    std::strcpy(static_cast<char *>(values[0]), "line 1: no PTX");
    return 218;
  }
  ++alive;
  *module = &alive;
  return 0;
}
int cuModuleUnload(void *) {
  --alive;
  return 0;
}
int cuModuleGetFunction(void **function, void *, const char *name) {
  if (int error = count())
    return error;
  *function = &calls;
  return std::string(name) == "add" ? 0 : 500;
}
int cuLaunchKernel(void *, unsigned blocks, unsigned, unsigned, unsigned threads, unsigned,
                   unsigned, unsigned, void *, void **parameters, void **) {
  if (int error = count())
    return error;
  int *number = *static_cast<int **>(parameters[0]);
  *number += static_cast<int>(blocks * threads) * *static_cast<int *>(parameters[1]);
  return 0;
}
int cuGetErrorName(int error, const char **name) {
  *name = error == 700   ? "CUDA_ERROR_ILLEGAL_ADDRESS"
          : error == 218 ? "CUDA_ERROR_INVALID_PTX"
          : error == 500 ? "CUDA_ERROR_NOT_FOUND"
                         : nullptr;
  return *name ? 0 : 1;
}
}
