//===- Cuda.h - a GPU of this machine ---------------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_RUNTIME_CUDA_H
#define REMAT_RUNTIME_CUDA_H

#include "remat/Runtime/Device.h"

namespace remat {

/// A GPU, and the kind of code it takes.
struct CudaDevice {
  std::unique_ptr<Device> device;
  std::string chip; ///< What to compile for: "sm_90", or "sm_80" for older ones.
};

/// Opens the first GPU through the driver, `library`, which is loaded now: nothing of CUDA is
/// needed to build this. It loads kernels as PTX, which the driver compiles, or as fat
/// binaries. Errors: Io, when there is no driver, no GPU, or one older than sm_80; of every
/// call, its name and the driver's name for what went wrong: "cuMemAlloc_v2:
/// CUDA_ERROR_OUT_OF_MEMORY".
planning::Result<CudaDevice> openCudaDevice(const std::string &library = "libcuda.so.1");

} // namespace remat

#endif // REMAT_RUNTIME_CUDA_H
