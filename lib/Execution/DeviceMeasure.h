//===- DeviceMeasure.h - running a step on a device -------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_EXECUTION_DEVICEMEASURE_H
#define REMAT_EXECUTION_DEVICEMEASURE_H

#include "Measure.h"
#include "remat/Runtime/Device.h"

namespace remat {

/// Runs `step`, which is compiled for kernels, on `device` as `measure` runs one on the
/// CPU. It allocates the arguments, the results and the arena there, three times in all, and
/// frees them. What is mapped is what an emulated device maps; how the process grows is not
/// known. Errors: those of the device, with the place of the op.
planning::Result<Measurement> measureOn(Device &device, const CompiledStep &step,
                                        const BufferGroup &inputs, int repeat);

} // namespace remat

#endif // REMAT_EXECUTION_DEVICEMEASURE_H
