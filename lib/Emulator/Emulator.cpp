//===- Emulator.cpp - kernels on the CPU ----------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Emulator/Emulator.h"

#include "Fibers.h"
#include "KernelCode.h"
#include "remat/Runtime/HostBuffer.h"

#include <cstring>

using namespace remat;
using planning::Bytes;
using planning::Error;
using planning::ErrorCode;
using planning::Result;
using planning::Status;

/// What every chip from sm_80 on takes: CUDA C++ programming guide, "Compute capabilities".
static constexpr std::array<int64_t, 3> mostThreads = {1024, 1024, 64};
static constexpr int64_t mostThreadsOfBlock = 1024;
static constexpr std::array<int64_t, 3> mostBlocks = {2147483647, 65535, 65535};

static std::string text(const std::array<int64_t, 3> &sizes) {
  return std::to_string(sizes[0]) + " x " + std::to_string(sizes[1]) + " x " +
         std::to_string(sizes[2]);
}

static Status check(const LaunchShape &shape) {
  int64_t threads = 1;
  bool fits = true;
  for (int i = 0; i < 3; ++i) {
    fits &= shape.threads[i] >= 1 && shape.threads[i] <= mostThreads[i] && shape.blocks[i] >= 1 &&
            shape.blocks[i] <= mostBlocks[i];
    threads *= shape.threads[i];
  }
  if (fits && threads <= mostThreadsOfBlock)
    return {};
  return Error{ErrorCode::InvalidInput, text(shape.blocks) + " blocks of " + text(shape.threads) +
                                            " threads; a GPU takes up to " + text(mostBlocks) +
                                            " blocks of " + std::to_string(mostThreadsOfBlock) +
                                            " threads, in " + text(mostThreads) +
                                            " at most, and at least one"};
}

/// Calls `body` for each place in a box, x running fastest.
template <typename Body>
static void forEach(const std::array<int64_t, 3> &sizes, std::array<int32_t, 3> &at, Body body) {
  for (at[2] = 0; at[2] < sizes[2]; ++at[2])
    for (at[1] = 0; at[1] < sizes[1]; ++at[1])
      for (at[0] = 0; at[0] < sizes[0]; ++at[0])
        body();
}

namespace {
class EmulatedKernels final : public DeviceKernels {
public:
  explicit EmulatedKernels(std::unique_ptr<KernelCode> code) : code(std::move(code)) {}

  Status launch(const std::string &kernel, const LaunchShape &shape, void **parameters) override {
    const KernelEntry *entry = code->find(kernel);
    if (!entry)
      return Error{ErrorCode::InvalidInput, "there is no kernel " + kernel};
    if (Status checked = check(shape); !checked)
      return checked;
    ThreadPlace &place = code->place;
    for (int i = 0; i < 3; ++i) {
      place.threads[i] = static_cast<int32_t>(shape.threads[i]);
      place.blocks[i] = static_cast<int32_t>(shape.blocks[i]);
    }
    auto runBlock = [&] {
      if (entry->hasBarrier)
        runTogether(*entry, parameters);
      else
        forEach(shape.threads, place.thread, [&] { entry->thread(parameters); });
    };
    forEach(shape.blocks, place.block, runBlock);
    return {};
  }

private:
  /// Runs the threads of a block so that they can wait for each other.
  void runTogether(const KernelEntry &entry, void **parameters) {
    ThreadPlace &place = code->place;
    auto enter = [&](size_t number) {
      int32_t rest = static_cast<int32_t>(number);
      for (int i = 0; i < 3; ++i) {
        place.thread[i] = rest % place.threads[i];
        rest /= place.threads[i];
      }
    };
    size_t threads = size_t(1) * place.threads[0] * place.threads[1] * place.threads[2];
    fibers.run(threads, [&] { entry.thread(parameters); }, enter);
  }

  std::unique_ptr<KernelCode> code;
  Fibers fibers;
};

class Emulator final : public Device {
public:
  Result<void *> allocate(Bytes bytes) override {
    Result<HostBuffer> buffer = HostBuffer::map(bytes, "the emulated device");
    if (!buffer)
      return buffer.error();
    void *address = buffer->data();
    memory.emplace(address, std::move(*buffer));
    return address;
  }

  Status release(void *address) override {
    if (memory.erase(address) == 0)
      return Error{ErrorCode::InvalidInput, "the address to release is none of the device"};
    return {};
  }

  Status upload(void *to, const void *from, Bytes bytes) override {
    std::memcpy(to, from, bytes.count);
    return {};
  }

  Status download(void *to, const void *from, Bytes bytes) override {
    std::memcpy(to, from, bytes.count);
    return {};
  }

  Status synchronise() override { return {}; }

  Result<std::unique_ptr<DeviceKernels>> load(std::string_view image) override {
    Result<std::unique_ptr<KernelCode>> code = KernelCode::compile(image);
    if (!code)
      return code.error();
    return std::unique_ptr<DeviceKernels>(new EmulatedKernels(std::move(*code)));
  }

private:
  std::map<void *, HostBuffer> memory;
};
} // namespace

std::unique_ptr<Device> remat::makeEmulator() { return std::make_unique<Emulator>(); }
