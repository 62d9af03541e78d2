//===- TestBuffers.h - buffers for tests ------------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_TEST_UNIT_PLANNING_ARENA_TESTBUFFERS_H
#define REMAT_TEST_UNIT_PLANNING_ARENA_TESTBUFFERS_H

#include "remat/Planning/Arena/Arena.h"
#include "remat/Planning/Search/Random.h"

namespace remat::planning::arena {

inline Buffer makeBuffer(std::string id, int64_t begin, int64_t end, int64_t size,
                         int64_t alignment = 1) {
  return {std::move(id), Bytes(size), alignment, {{begin, end}}, {}};
}

/// The example of MiniMalloc's page: 12 bytes are live from 3 to 9.
inline ArenaProblem fiveBuffers() {
  return {{makeBuffer("b1", 0, 3, 4), makeBuffer("b2", 3, 9, 4), makeBuffer("b3", 0, 9, 4),
           makeBuffer("b4", 9, 21, 4), makeBuffer("b5", 0, 21, 4)},
          {}};
}

struct RandomShape {
  int64_t times = 8, largest = 6;
  bool alignments = false, gaps = false;
};

inline ArenaProblem randomBuffers(search::Random &random, int count, RandomShape shape) {
  ArenaProblem problem;
  for (int i = 0; i < count; ++i) {
    int64_t begin = random.below(shape.times - 1);
    int64_t end = begin + 1 + random.below(shape.times - begin - 1);
    Buffer buffer =
        makeBuffer("v" + std::to_string(i), begin, end, random.below(shape.largest + 1));
    if (shape.alignments)
      buffer.alignment = 1 + random.below(4);
    if (shape.gaps && end - begin >= 3 && random.oneIn(2))
      buffer.intervals = {{begin, begin + 1}, {end - 1, end}};
    problem.buffers.push_back(std::move(buffer));
  }
  return problem;
}

} // namespace remat::planning::arena

#endif // REMAT_TEST_UNIT_PLANNING_ARENA_TESTBUFFERS_H
