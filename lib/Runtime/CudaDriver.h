//===- CudaDriver.h - the functions of the CUDA driver ----------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_RUNTIME_CUDADRIVER_H
#define REMAT_RUNTIME_CUDADRIVER_H

#include "remat/Planning/Support/Status.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace remat {

/// The part of the driver's interface that is used, by its symbols. Types are those of cuda.h:
/// results and devices are int, addresses 64 bits, all else opaque pointers.
struct CudaDriver {
  int (*cuInit)(unsigned flags);
  int (*cuDeviceGet)(int *device, int ordinal);
  int (*cuDeviceGetAttribute)(int *value, int attribute, int device);
  int (*cuDevicePrimaryCtxRetain)(void **context, int device);
  int (*cuDevicePrimaryCtxRelease_v2)(int device);
  int (*cuCtxSetCurrent)(void *context);
  int (*cuCtxSynchronize)();
  int (*cuMemAlloc_v2)(uint64_t *address, size_t bytes);
  int (*cuMemFree_v2)(uint64_t address);
  int (*cuMemcpyHtoD_v2)(uint64_t to, const void *from, size_t bytes);
  int (*cuMemcpyDtoH_v2)(void *to, uint64_t from, size_t bytes);
  int (*cuModuleLoadDataEx)(void **module, const void *image, unsigned count, int *options,
                            void **values);
  int (*cuModuleUnload)(void *module);
  int (*cuModuleGetFunction)(void **function, void *module, const char *name);
  int (*cuLaunchKernel)(void *function, unsigned blocksX, unsigned blocksY, unsigned blocksZ,
                        unsigned threadsX, unsigned threadsY, unsigned threadsZ,
                        unsigned sharedBytes, void *stream, void **parameters, void **extra);
  int (*cuGetErrorName)(int error, const char **name);

  /// Loads the library; it is never unloaded. Errors: Io, with what is missing.
  static planning::Result<CudaDriver> load(const std::string &library);

  /// Returns a status for the result of the function `call`.
  planning::Status check(int result, const char *call) const;
};

} // namespace remat

#endif // REMAT_RUNTIME_CUDADRIVER_H
