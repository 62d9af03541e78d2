//===- Measure.h - what running a step takes -----------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_EXECUTION_MEASURE_H
#define REMAT_EXECUTION_MEASURE_H

#include "CompiledStep.h"
#include "remat/Runtime/HostBuffer.h"

#include <optional>

namespace remat {

/// All arguments, or all results, of a step: one mapping, since each rounds up to pages.
struct BufferGroup {
  HostBuffer memory;
  std::vector<int64_t> places; ///< Where each buffer begins, and last the size of them all.

  /// Errors: Io, with the bytes and `use`, when the system has no room.
  static planning::Result<BufferGroup> map(const std::vector<BufferSpec> &specs,
                                           const std::string &use);

  /// Returns the address of a buffer.
  std::byte *operator[](size_t index) const;
};

/// A step that has run.
struct Measurement {
  BufferGroup results;
  planning::Bytes mapped{0};               ///< Peak of what the runtime mapped for it.
  std::optional<planning::Bytes> resident; ///< By how much the process grew, if known.
  double firstSeconds = 0;                 ///< The first run: every page is new.
  std::vector<double> seconds;             ///< Each of the repeats.

  /// The median of the repeats, of the lower two where they are even.
  double medianSeconds() const;
};

/// Returns the arguments of a step as `arrays` gives them: "arg0" or "arr_0" is the
/// first one. Errors: InvalidInput, naming the array, for one that is missing, of
/// another type or shape, or not asked for; Io when there is no room.
planning::Result<BufferGroup> makeInputs(const std::vector<BufferSpec> &specs,
                                         const std::map<std::string, Array> &arrays,
                                         const std::string &file);

/// Returns arguments that `seed` decides.
planning::Result<BufferGroup> makeRandomInputs(const std::vector<BufferSpec> &specs, uint64_t seed);

/// Runs `step` once and then `repeat` times, each time on a fresh copy of `inputs`,
/// and measures it. What it computes in is mapped here and gone afterwards, but for
/// the results. Errors: Io, with the bytes, when the system has no room.
planning::Result<Measurement> measure(const CompiledStep &step, const BufferGroup &inputs,
                                      int repeat);

} // namespace remat

#endif // REMAT_EXECUTION_MEASURE_H
