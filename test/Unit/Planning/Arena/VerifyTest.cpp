//===- VerifyTest.cpp - each rule of a packing, broken once ---------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestBuffers.h"
#include "remat/Planning/Arena/Pack.h"

#include <gtest/gtest.h>

namespace remat::planning::arena {
namespace {

std::string verdict(const ArenaProblem &problem, const Packing &packing) {
  Status status = verify(problem, packing);
  return status ? "holds" : status.error().message;
}

Packing at(std::initializer_list<int64_t> offsets, int64_t arena) {
  Packing packing;
  for (int64_t offset : offsets)
    packing.offsets.push_back(Bytes(offset));
  packing.arena = Bytes(arena);
  return packing;
}

TEST(VerifyPacking, AcceptsWhatHolds) {
  EXPECT_EQ(verdict(fiveBuffers(), at({8, 8, 4, 4, 0}, 12)), "holds");
}

TEST(VerifyPacking, RefusesAnotherNumberOfOffsets) { // A1
  EXPECT_EQ(verdict(fiveBuffers(), at({8, 8, 4, 4}, 12)), "A1: there are 4 offsets for 5 buffers");
}

TEST(VerifyPacking, RefusesOffsetsBelowZeroAndUnaligned) { // A2
  EXPECT_EQ(verdict(fiveBuffers(), at({8, 8, 4, 4, -1}, 12)),
            "A2: buffer b5 has the offset -1; expected 0 or more and less than 2^62");
  EXPECT_EQ(verdict(fiveBuffers(), at({8, 8, 4, 4, kSumLimit}, 12)),
            "A2: buffer b5 has the offset 4611686018427387904; expected 0 or more and less than "
            "2^62");
  ArenaProblem aligned{{makeBuffer("a", 0, 1, 4, 8)}, {}};
  EXPECT_EQ(verdict(aligned, at({16}, 20)), "holds");
  EXPECT_EQ(verdict(aligned, at({12}, 16)),
            "A2: buffer a has the offset 12; expected a multiple of its alignment 8");
}

TEST(VerifyPacking, RefusesBytesSharedInTime) { // A3
  EXPECT_EQ(verdict(fiveBuffers(), at({8, 7, 4, 4, 0}, 12)),
            "A3: buffer b2 at the bytes [7, 11) shares bytes with buffer b3 at the bytes [4, 8) at "
            "the time 3");
  EXPECT_EQ(verdict(fiveBuffers(), at({8, 8, 4, 3, 0}, 12)),
            "A3: buffer b4 at the bytes [3, 7) shares bytes with buffer b5 at the bytes [0, 4) at "
            "the time 9");
  ArenaProblem same{{makeBuffer("a", 0, 2, 4), makeBuffer("b", 1, 3, 4)}, {}};
  EXPECT_EQ(
      verdict(same, at({0, 0}, 4)),
      "A3: buffer b at the bytes [0, 4) shares bytes with buffer a at the bytes [0, 4) at the "
      "time 1");
}

TEST(VerifyPacking, LetsBuffersWithoutBytesLieAnywhere) {
  ArenaProblem problem{{makeBuffer("a", 0, 9, 8), makeBuffer("none", 0, 9, 0)}, {}};
  EXPECT_EQ(verdict(problem, at({0, 4}, 8)), "holds");
}

TEST(VerifyPacking, RefusesAnotherArena) { // A4
  EXPECT_EQ(verdict(fiveBuffers(), at({8, 8, 4, 4, 0}, 13)),
            "A4: the buffers end at 12 B; the promised arena has 13 B");
}

TEST(VerifyPacking, RefusesMoreThanTheCapacity) { // A5
  ArenaProblem problem = fiveBuffers();
  problem.capacity = Bytes(12);
  EXPECT_EQ(verdict(problem, at({8, 8, 4, 4, 0}, 12)), "holds");
  problem.capacity = Bytes(11);
  EXPECT_EQ(verdict(problem, at({8, 8, 4, 4, 0}, 12)),
            "A5: the arena has 12 B; the capacity is 11 B");
}

/// A buffer moved by one byte in a packing without a free byte beside it must clash.
TEST(VerifyPacking, RefusesEveryMutationThatClashes) {
  search::Random random(7);
  int refused = 0;
  for (int round = 0; round < 200; ++round) {
    ArenaProblem problem = randomBuffers(random, 12, {.times = 10, .largest = 9, .gaps = true});
    Packing packing = *pack(problem)->packing;
    size_t moved = static_cast<size_t>(random.below(12));
    packing.offsets[moved] = Bytes(random.below(packing.arena.count + 1));
    packing.arena = Bytes();
    for (size_t b = 0; b < 12; ++b)
      packing.arena = std::max(packing.arena, packing.offsets[b] + problem.buffers[b].size);
    bool clashes = false;
    for (size_t a = 0; a < 12; ++a)
      for (size_t b = a + 1; b < 12; ++b)
        for (const Interval &x : problem.buffers[a].intervals)
          for (const Interval &y : problem.buffers[b].intervals)
            clashes |= x.begin < y.end && y.begin < x.end &&
                       packing.offsets[a] < packing.offsets[b] + problem.buffers[b].size &&
                       packing.offsets[b] < packing.offsets[a] + problem.buffers[a].size &&
                       problem.buffers[a].size.count > 0 && problem.buffers[b].size.count > 0;
    EXPECT_EQ(verdict(problem, packing).starts_with("A3"), clashes);
    refused += clashes;
  }
  EXPECT_GT(refused, 50);
}

} // namespace
} // namespace remat::planning::arena
