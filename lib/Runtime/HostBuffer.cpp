//===- HostBuffer.cpp - memory that is mapped and counted ------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Runtime/HostBuffer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/mman.h>

using namespace remat;
using planning::Bytes;

static HostBytes counted;

HostBuffer::HostBuffer(HostBuffer &&other) noexcept
    : address(std::exchange(other.address, nullptr)), bytes(std::exchange(other.bytes, Bytes(0))) {}

HostBuffer &HostBuffer::operator=(HostBuffer &&other) noexcept {
  std::swap(address, other.address);
  std::swap(bytes, other.bytes);
  return *this;
}

/// What is asked of the system for `bytes`: it maps nothing of no size.
static size_t mappedSize(Bytes bytes) { return std::max<size_t>(bytes.count, 1); }

HostBuffer::~HostBuffer() {
  if (!address)
    return;
  munmap(address, mappedSize(bytes));
  counted.mapped = counted.mapped - bytes;
}

planning::Result<HostBuffer> HostBuffer::map(Bytes bytes, const std::string &use) {
  void *address =
      mmap(nullptr, mappedSize(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED)
    return planning::Error{planning::ErrorCode::Io, "cannot map " + planning::formatBytes(bytes) +
                                                        " for " + use + ": " +
                                                        std::strerror(errno)};
  HostBuffer buffer;
  buffer.address = static_cast<std::byte *>(address);
  buffer.bytes = bytes;
  counted.mapped = counted.mapped + bytes;
  counted.peak = std::max(counted.peak, counted.mapped);
  return buffer;
}

HostBytes remat::hostBytes() { return counted; }

void remat::resetHostPeak() { counted.peak = counted.mapped; }
