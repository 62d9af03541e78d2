//===- ResidentMemory.cpp - what the process takes of the machine ----------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Runtime/ResidentMemory.h"

#include <fstream>
#include <malloc.h>
#include <string>

using namespace remat;
using planning::Bytes;

/// Returns the field `name` of /proc/self/status, which is in KiB.
static std::optional<Bytes> statusField(const std::string &name) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (int64_t kibibytes; word == name && status >> kibibytes)
      return Bytes(kibibytes * 1024);
  return std::nullopt;
}

std::optional<Bytes> remat::residentBytes() { return statusField("VmRSS:"); }

std::optional<Bytes> remat::residentPeak() { return statusField("VmHWM:"); }

bool remat::resetResidentPeak() {
  std::ofstream references("/proc/self/clear_refs");
  references << '5' << std::flush;
  return references.good();
}

void remat::returnFreeMemory() { malloc_trim(0); }
