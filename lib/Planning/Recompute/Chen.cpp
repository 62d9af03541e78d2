//===- Chen.cpp - segments of about equal size at articulation sets -------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Chen.h"

#include <algorithm>
#include <bit>

namespace remat::planning {

namespace {

int64_t floorSqrt(int64_t number) {
  int64_t root = 0;
  while ((root + 1) * (root + 1) <= number)
    ++root;
  return root;
}

} // namespace

std::vector<int32_t> chenSequence(const LowerSetFamily &family) {
  int32_t whole = family.size() - 1;
  std::vector<int64_t> bytes(family.size(), 0);
  std::vector<int32_t> candidates;
  for (int32_t i = 1; i <= whole; ++i) {
    for (int32_t v : family.members(i))
      bytes[i] += family.graph().cached[v];
    int nodes = 0;
    for (uint64_t word : family.boundary(i))
      nodes += std::popcount(word);
    if (nodes == 1)
      candidates.push_back(i);
  }
  std::sort(candidates.begin(), candidates.end(), [&](int32_t a, int32_t b) {
    return bytes[a] != bytes[b] ? bytes[a] < bytes[b] : family.precedes(a, b);
  });
  // The empty set and V are candidates too.
  int64_t step = bytes[whole] / floorSqrt(static_cast<int64_t>(candidates.size()) + 2);
  int64_t threshold = step;
  std::vector<int32_t> sequence;
  for (int32_t i : candidates) {
    if (bytes[i] <= threshold || (!sequence.empty() && !family.isSubset(sequence.back(), i)))
      continue;
    sequence.push_back(i);
    while (step > 0 && threshold < bytes[i])
      threshold += step;
  }
  sequence.push_back(whole);
  return sequence;
}

} // namespace remat::planning
