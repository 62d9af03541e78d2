//===- HostBuffer.h - memory that is mapped and counted ------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_RUNTIME_HOSTBUFFER_H
#define REMAT_RUNTIME_HOSTBUFFER_H

#include "remat/Planning/Support/Status.h"
#include "remat/Planning/Support/Units.h"

#include <cstddef>
#include <string>

namespace remat {

/// Zeroed bytes that are mapped straight from the operating system and go back to it
/// as soon as the buffer dies. A page takes memory once it is written. The address is
/// a multiple of the page size, thus of a cache line.
class HostBuffer {
public:
  HostBuffer() = default;
  HostBuffer(HostBuffer &&other) noexcept;
  HostBuffer &operator=(HostBuffer &&other) noexcept;
  HostBuffer(const HostBuffer &) = delete;
  HostBuffer &operator=(const HostBuffer &) = delete;
  ~HostBuffer();

  /// Maps `bytes` for `use`, which only the message names: "the arena". Zero bytes
  /// have an address too, that nothing may read.
  /// Errors: Io, with the bytes, when the system has no room for them.
  static planning::Result<HostBuffer> map(planning::Bytes bytes, const std::string &use);

  std::byte *data() const { return address; }
  planning::Bytes size() const { return bytes; }

private:
  std::byte *address = nullptr;
  planning::Bytes bytes{0};
};

/// What the buffers of this process take, as they count it themselves: without the
/// rest of their last page.
struct HostBytes {
  planning::Bytes mapped{0}; ///< Alive now.
  planning::Bytes peak{0};   ///< Most that were alive since the last reset.
};

/// Returns the count. Not for use by several threads at once.
HostBytes hostBytes();

/// Makes what is mapped now the peak.
void resetHostPeak();

} // namespace remat

#endif // REMAT_RUNTIME_HOSTBUFFER_H
