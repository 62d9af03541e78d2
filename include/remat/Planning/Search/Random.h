//===- Random.h - the same numbers on every machine -------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_RANDOM_H
#define REMAT_PLANNING_SEARCH_RANDOM_H

#include <cstdint>

namespace remat::planning::search {

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): a seed decides every number,
/// unlike those of the standard distributions.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}

  uint64_t next() {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// In [0, bound); requires bound > 0.
  int64_t below(int64_t bound) {
    return static_cast<int64_t>((next() >> 1) % static_cast<uint64_t>(bound));
  }
  bool oneIn(int64_t n) { return below(n) == 0; }
  /// In [0, bound), small numbers more often: bound * u^3 for uniform u.
  int64_t smallBelow(int64_t bound) {
    int64_t u = below(1024);
    return static_cast<int64_t>((static_cast<__int128>(bound) * u * u * u) >> 30);
  }

private:
  uint64_t state;
};

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_RANDOM_H
