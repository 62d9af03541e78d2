//===- DeviceMeasure.cpp - running a step on a device ---------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DeviceMeasure.h"

#include <chrono>

using namespace remat;
using planning::Bytes;
using planning::Error;
using planning::Result;
using planning::Status;

namespace {
/// The memory that a step has on a device.
struct StepMemory {
  DeviceMemory arguments, results, arena;

  static Result<StepMemory> allocate(Device &device, const CompiledStep &step,
                                     const BufferGroup &inputs, const BufferGroup &results) {
    auto make = [&](Bytes bytes, const std::string &use) {
      return DeviceMemory::allocate(device, bytes, use + " of " + step.file);
    };
    Result<DeviceMemory> ins = make(inputs.memory.size(), "the arguments");
    if (!ins)
      return ins.error();
    Result<DeviceMemory> outs = make(results.memory.size(), "the results");
    if (!outs)
      return outs.error();
    Result<DeviceMemory> arena = make(step.arena, "the arena");
    if (!arena)
      return arena.error();
    return StepMemory{std::move(*ins), std::move(*outs), std::move(*arena)};
  }

  /// The addresses that the step takes, in their order.
  std::vector<std::byte *> buffers(const CompiledStep &step, const BufferGroup &inputs,
                                   const BufferGroup &hostResults) const {
    std::vector<std::byte *> addresses;
    for (size_t i = 0; i < step.arguments.size(); ++i)
      addresses.push_back(arguments.data() + inputs.places[i]);
    for (size_t i = 0; i < step.results.size(); ++i)
      addresses.push_back(results.data() + hostResults.places[i]);
    addresses.push_back(arena.data());
    return addresses;
  }
};
} // namespace

/// Runs once on a fresh copy of the inputs and returns the seconds without the copying.
static Result<double> runOnce(DeviceSession &session, const CompiledStep &step,
                              const StepMemory &memory, const BufferGroup &inputs,
                              llvm::ArrayRef<std::byte *> buffers) {
  Status copied =
      session.device.upload(memory.arguments.data(), inputs.memory.data(), inputs.memory.size());
  if (!copied)
    return copied.error();
  auto started = std::chrono::steady_clock::now();
  step.run(buffers, session);
  if (!session.failure)
    return session.failure.error();
  if (Status done = session.device.synchronise(); !done)
    return done.error();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

Result<Measurement> remat::measureOn(Device &device, const CompiledStep &step,
                                     const BufferGroup &inputs, int repeat) {
  Result<BufferGroup> results = BufferGroup::map(step.results, "the results of " + step.file);
  if (!results)
    return results.error();
  auto kernels = device.load(step.kernels);
  if (!kernels)
    return Error{kernels.error().code, step.file + ": " + kernels.error().message};
  resetHostPeak();
  Bytes mappedBefore = hostBytes().mapped;
  Result<StepMemory> memory = StepMemory::allocate(device, step, inputs, *results);
  if (!memory)
    return memory.error();
  std::vector<std::byte *> buffers = memory->buffers(step, inputs, *results);

  Measurement measurement;
  DeviceSession session{device, **kernels, {}};
  for (int i = 0; i <= repeat; ++i) {
    Result<double> seconds = runOnce(session, step, *memory, inputs, buffers);
    if (!seconds)
      return seconds.error();
    if (i == 0)
      measurement.firstSeconds = *seconds;
    else
      measurement.seconds.push_back(*seconds);
  }
  measurement.mapped = hostBytes().peak - mappedBefore;
  Status copied =
      device.download(results->memory.data(), memory->results.data(), results->memory.size());
  if (!copied)
    return copied.error();
  measurement.results = std::move(*results);
  return measurement;
}
