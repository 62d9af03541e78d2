//===- Measure.cpp - what running a step takes -----------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Measure.h"

#include "remat/Runtime/ResidentMemory.h"

#include <algorithm>
#include <chrono>
#include <cstring>

using namespace remat;
using planning::Bytes;
using planning::Error;
using planning::ErrorCode;
using planning::Result;

double Measurement::medianSeconds() const {
  std::vector<double> sorted = seconds;
  auto middle = sorted.begin() + (sorted.size() - 1) / 2;
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

/// Where each buffer begins in a mapping that holds them all, at a multiple of a cache
/// line as in the arena, and last the bytes of them all.
static std::vector<int64_t> placesOf(const std::vector<BufferSpec> &specs) {
  constexpr int64_t alignment = 64;
  std::vector<int64_t> places = {0};
  for (const BufferSpec &spec : specs)
    places.push_back((places.back() + spec.bytes().count + alignment - 1) / alignment * alignment);
  return places;
}

std::byte *BufferGroup::operator[](size_t index) const { return memory.data() + places[index]; }

Result<BufferGroup> BufferGroup::map(const std::vector<BufferSpec> &specs, const std::string &use) {
  std::vector<int64_t> places = placesOf(specs);
  Result<HostBuffer> memory = HostBuffer::map(Bytes(places.back()), use);
  if (!memory)
    return memory.error();
  return BufferGroup{std::move(*memory), std::move(places)};
}

/// Returns the shape and type of an array as text: "f4 of shape 2x3".
static std::string describe(const Array &array) {
  std::string shape;
  for (int64_t size : array.shape)
    shape += (shape.empty() ? "" : "x") + std::to_string(size);
  return array.dtype() + (shape.empty() ? " scalar" : " of shape " + shape);
}

Result<BufferGroup> remat::makeInputs(const std::vector<BufferSpec> &specs,
                                      const std::map<std::string, Array> &arrays,
                                      const std::string &file) {
  auto refuse = [&](const std::string &why) {
    return Error{ErrorCode::InvalidInput, file + ": " + why};
  };
  Result<BufferGroup> buffers = BufferGroup::map(specs, "the inputs");
  if (!buffers)
    return buffers;
  for (size_t i = 0; i < specs.size(); ++i) {
    std::string number = std::to_string(i);
    auto found = arrays.find("arg" + number);
    if (found == arrays.end())
      found = arrays.find("arr_" + number);
    if (found == arrays.end())
      return refuse("no array arg" + number + " or arr_" + number + " for argument " + number +
                    ", " + specs[i].type);
    if (!specs[i].accepts(found->second))
      return refuse("array " + found->first + " is " + describe(found->second) +
                    "; wanted that of argument " + number + ", " + specs[i].type);
    std::memcpy((*buffers)[i], found->second.data.data(), found->second.data.size());
  }
  if (arrays.size() != specs.size())
    return refuse("holds " + std::to_string(arrays.size()) + " arrays; the step takes " +
                  std::to_string(specs.size()) + " arguments");
  return buffers;
}

Result<BufferGroup> remat::makeRandomInputs(const std::vector<BufferSpec> &specs, uint64_t seed) {
  Result<BufferGroup> buffers = BufferGroup::map(specs, "the inputs");
  if (buffers)
    for (size_t i = 0; i < specs.size(); ++i)
      fillRandom((*buffers)[i], specs[i], seed, i);
  return buffers;
}

/// Runs `step` on a copy of `inputs` and returns the seconds that it took.
static double runOnce(const CompiledStep &step, const BufferGroup &inputs,
                      const BufferGroup &arguments, llvm::ArrayRef<std::byte *> buffers) {
  std::memcpy(arguments.memory.data(), inputs.memory.data(), inputs.memory.size().count);
  auto started = std::chrono::steady_clock::now();
  step.run(buffers);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

Result<Measurement> remat::measure(const CompiledStep &step, const BufferGroup &inputs,
                                   int repeat) {
  returnFreeMemory();
  resetHostPeak();
  Bytes mappedBefore = hostBytes().mapped;
  std::optional<Bytes> residentBefore = residentBytes();
  bool isResidentKnown = residentBefore && resetResidentPeak();

  Measurement measurement;
  Result<BufferGroup> arguments = BufferGroup::map(step.arguments, "the arguments of " + step.file);
  if (!arguments)
    return arguments.error();
  Result<BufferGroup> results = BufferGroup::map(step.results, "the results of " + step.file);
  if (!results)
    return results.error();
  Result<HostBuffer> arena = HostBuffer::map(step.arena, "the arena of " + step.file);
  if (!arena)
    return arena.error();
  std::vector<std::byte *> buffers;
  for (size_t i = 0; i < step.arguments.size(); ++i)
    buffers.push_back((*arguments)[i]);
  for (size_t i = 0; i < step.results.size(); ++i)
    buffers.push_back((*results)[i]);
  buffers.push_back(arena->data());

  measurement.firstSeconds = runOnce(step, inputs, *arguments, buffers);
  for (int i = 0; i < repeat; ++i)
    measurement.seconds.push_back(runOnce(step, inputs, *arguments, buffers));
  measurement.mapped = hostBytes().peak - mappedBefore;
  if (std::optional<Bytes> peak = residentPeak(); isResidentKnown && peak)
    measurement.resident = *peak - *residentBefore;
  measurement.results = std::move(*results);
  return measurement;
}
