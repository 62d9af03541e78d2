//===- PackTest.cpp - packings are right, small and the same --------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Arena/Pack.h"

#include "TestBuffers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>

namespace remat::planning::arena {
namespace {

bool liveTogether(const Buffer &a, const Buffer &b) {
  for (const Interval &x : a.intervals)
    for (const Interval &y : b.intervals)
      if (x.begin < y.end && y.begin < x.end)
        return true;
  return false;
}

/// Tries every offset below `arena` for every buffer.
bool fitsByForce(const ArenaProblem &problem, int64_t arena) {
  const auto &buffers = problem.buffers;
  std::vector<int64_t> offsets(buffers.size());
  std::function<bool(size_t)> place = [&](size_t b) {
    if (b == buffers.size())
      return true;
    for (int64_t at = 0; at + buffers[b].size.count <= arena; at += buffers[b].alignment) {
      bool isFree = true;
      for (size_t other = 0; other < b && isFree; ++other)
        isFree = !liveTogether(buffers[b], buffers[other]) ||
                 at + buffers[b].size.count <= offsets[other] ||
                 offsets[other] + buffers[other].size.count <= at;
      offsets[b] = at;
      if (isFree && place(b + 1))
        return true;
    }
    return false;
  };
  return place(0);
}

int64_t smallestByForce(const ArenaProblem &problem) {
  int64_t arena = livePeak(problem).bytes.count;
  while (!fitsByForce(problem, arena))
    ++arena;
  return arena;
}

PackResult packed(const ArenaProblem &problem, const PackOptions &options = {}) {
  Result<PackResult> result = pack(problem, options);
  EXPECT_TRUE(result) << result.error().message;
  return result ? *result : PackResult();
}

TEST(Pack, IsTheSmallestOfAll) {
  search::Random random(1);
  int beyondPeak = 0;
  for (int round = 0; round < 400; ++round) {
    RandomShape shape{.alignments = round % 3 == 1, .gaps = round % 3 == 2};
    ArenaProblem problem = randomBuffers(random, 3 + static_cast<int>(random.below(5)), shape);
    PackResult result = packed(problem);
    ASSERT_TRUE(result.packing);
    EXPECT_TRUE(verify(problem, *result.packing));
    EXPECT_EQ(result.status, PackStatus::Optimal) << result.stopReason;
    EXPECT_EQ(result.packing->arena.count, smallestByForce(problem)) << "round " << round;
    EXPECT_EQ(result.bound, result.packing->arena);
    beyondPeak += result.bound > result.peak.bytes;
  }
  EXPECT_GT(beyondPeak, 0) << "no case needed more than what is live at once";
}

TEST(Pack, SearchIsNoWorseThanQuickPackings) {
  search::Random random(2);
  int better = 0;
  for (int round = 0; round < 60; ++round) {
    ArenaProblem problem = randomBuffers(random, 40, {.times = 30, .largest = 50});
    PackResult quick = packed(problem, {.nodeLimit = 0});
    PackResult searched = packed(problem, {.nodeLimit = 20000});
    ASSERT_TRUE(quick.packing && searched.packing);
    EXPECT_EQ(quick.nodes, 0);
    EXPECT_TRUE(verify(problem, *quick.packing));
    EXPECT_TRUE(verify(problem, *searched.packing));
    EXPECT_LE(searched.packing->arena, quick.packing->arena);
    EXPECT_GE(searched.packing->arena, searched.bound);
    better += searched.packing->arena < quick.packing->arena;
  }
  EXPECT_GT(better, 0);
}

TEST(Pack, DoesNotSeeIdsOrTheOrderOfBuffers) {
  search::Random random(3);
  for (int round = 0; round < 30; ++round) {
    ArenaProblem problem =
        randomBuffers(random, 30, {.times = 20, .largest = 40, .alignments = true, .gaps = true});
    ArenaProblem permuted = problem;
    for (size_t i = permuted.buffers.size(); i-- > 1;)
      std::swap(permuted.buffers[i],
                permuted.buffers[static_cast<size_t>(random.below(static_cast<int64_t>(i) + 1))]);
    for (size_t i = 0; i < permuted.buffers.size(); ++i)
      permuted.buffers[i].id = "w" + std::to_string(i);
    PackResult result = packed(problem, {.nodeLimit = 2000});
    PackResult other = packed(permuted, {.nodeLimit = 2000});
    ASSERT_TRUE(result.packing && other.packing);
    EXPECT_EQ(result.packing->arena, other.packing->arena);
    EXPECT_EQ(result.status, other.status);
    EXPECT_EQ(result.nodes, other.nodes);
    EXPECT_EQ(packed(problem, {.nodeLimit = 2000}).packing->offsets, result.packing->offsets);
  }
}

TEST(Pack, EndsAtOnceWhereAllBytesAreLive) {
  PackResult result = packed(fiveBuffers());
  EXPECT_EQ(result.status, PackStatus::Optimal);
  EXPECT_EQ(result.packing->arena, Bytes(12));
  EXPECT_EQ(result.peak.bytes, Bytes(12));
  EXPECT_EQ(result.peak.time, 0);
  EXPECT_EQ(result.nodes, 0);
  EXPECT_EQ(result.fragmentation(), Bytes(0));
  EXPECT_EQ(result.stopReason, "all bytes of the arena are live at one time");
}

TEST(Pack, TakesManyBuffersThatHangTogether) {
  search::Random random(4);
  ArenaProblem problem = randomBuffers(random, 5000, {.times = 3000, .largest = 1 << 20});
  PackResult result = packed(problem);
  ASSERT_TRUE(result.packing);
  EXPECT_TRUE(verify(problem, *result.packing));
  EXPECT_LE(result.packing->arena.count, result.peak.bytes.count * 21 / 20);
}

TEST(Pack, OfNothingIsNothing) {
  PackResult none = packed({});
  EXPECT_EQ(none.status, PackStatus::Optimal);
  EXPECT_EQ(none.packing->arena, Bytes(0));
  ArenaProblem empty{{makeBuffer("a", 0, 2, 0, 64), makeBuffer("b", 1, 3, 0)}, Bytes(0)};
  PackResult result = packed(empty);
  EXPECT_EQ(result.status, PackStatus::Optimal);
  EXPECT_EQ(result.packing->arena, Bytes(0));
  EXPECT_TRUE(verify(empty, *result.packing));
}

TEST(Pack, UsesGaps) {
  ArenaProblem problem{{makeBuffer("kept", 0, 9, 5), makeBuffer("inside", 3, 6, 5)}, {}};
  EXPECT_EQ(packed(problem).packing->arena, Bytes(10));
  problem.buffers[0].intervals = {{0, 3}, {6, 9}};
  EXPECT_EQ(packed(problem).packing->arena, Bytes(5));
  problem.buffers[0].intervals = {{0, 3}, {3, 9}}; // these touch: no gap
  EXPECT_EQ(packed(problem).packing->arena, Bytes(10));
}

TEST(Pack, BeginsWithHints) {
  // All quick orders but that of the hints put the long buffer lowest.
  ArenaProblem problem{{makeBuffer("long", 0, 9, 4), makeBuffer("short", 0, 1, 1)}, {}};
  problem.buffers[0].hint = Bytes(1);
  problem.buffers[1].hint = Bytes(0);
  PackResult result = packed(problem);
  EXPECT_EQ(result.packing->offsets, (std::vector<Bytes>{Bytes(1), Bytes(0)}));
  EXPECT_EQ(result.method, "first fit by hint");
}

TEST(Pack, RefusesACapacityBelowWhatIsLive) {
  ArenaProblem problem = fiveBuffers();
  problem.capacity = Bytes(11);
  PackResult result = packed(problem);
  EXPECT_EQ(result.status, PackStatus::Infeasible);
  EXPECT_FALSE(result.packing);
  EXPECT_EQ(result.stopReason, "the capacity 11 B is below the 12 B that are live at the time 0; "
                               "raise the capacity or have fewer buffers live then");
  EXPECT_EQ(liveAt(problem, 0), (std::vector<size_t>{0, 2, 4}));
}

/// A case that needs more than what is live at once, found among random ones.
ArenaProblem beyondItsPeak(int count) {
  search::Random random(5);
  for (;;) {
    ArenaProblem problem = randomBuffers(random, count, {.alignments = true});
    if (packed(problem).bound > livePeak(problem).bytes)
      return problem;
  }
}

TEST(Pack, RefusesACapacityThatTheSearchRulesOut) {
  ArenaProblem problem = beyondItsPeak(7);
  PackResult smallest = packed(problem);
  EXPECT_EQ(smallest.stopReason, "every smaller arena was ruled out");
  problem.capacity = smallest.bound;
  EXPECT_TRUE(packed(problem).packing);
  problem.capacity = smallest.bound - Bytes(1);
  PackResult result = packed(problem);
  EXPECT_EQ(result.status, PackStatus::Infeasible);
  EXPECT_TRUE(result.stopReason.starts_with("no packing is within the capacity"))
      << result.stopReason;
}

TEST(Pack, SaysWhenItFoundNoneWithinTheCapacity) {
  ArenaProblem problem = beyondItsPeak(7);
  problem.capacity = livePeak(problem).bytes;
  PackResult result = packed(problem, {.nodeLimit = 0});
  EXPECT_EQ(result.status, PackStatus::NoPackingFound);
  EXPECT_GT(*result.smallest, *problem.capacity);
  EXPECT_TRUE(result.stopReason.starts_with("no packing was found within the capacity"))
      << result.stopReason;
}

TEST(Pack, CountsUpTo62Bits) {
  int64_t half = int64_t(1) << 60;
  ArenaProblem problem{{makeBuffer("a", 0, 2, half), makeBuffer("b", 1, 3, half),
                        makeBuffer("c", -kSumLimit + 1, kSumLimit - 1, half)},
                       {}};
  PackResult result = packed(problem);
  EXPECT_EQ(result.packing->arena, Bytes(3 * half));
  EXPECT_TRUE(verify(problem, *result.packing));
}

TEST(Pack, RefusesWhatCheckRefuses) {
  auto message = [](const ArenaProblem &problem) {
    Result<PackResult> result = pack(problem);
    return result ? "accepted" : result.error().message;
  };
  int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(message({{makeBuffer("", 0, 1, 1)}, {}}), "a buffer has no id");
  EXPECT_EQ(message({{makeBuffer("a,b", 0, 1, 1)}, {}}),
            "buffer a,b: an id has neither commas, quotes nor line ends");
  EXPECT_EQ(message({{makeBuffer("a", 0, 1, -1)}, {}}),
            "buffer a: its size is -1; expected 0 or more bytes");
  EXPECT_EQ(message({{makeBuffer("a", 0, 1, 1, 0)}, {}}),
            "buffer a: its alignment is 0; expected 1 or more bytes");
  EXPECT_EQ(message({{makeBuffer("a", 4, 4, 1)}, {}}),
            "buffer a: the times [4, 4) are none; expected an end above the begin");
  EXPECT_EQ(message({{makeBuffer("a", 0, most, 1)}, {}}),
            "buffer a: the times [0, 9223372036854775807) are beyond 2^62");
  EXPECT_EQ(message({{{"a", Bytes(1), 1, {}, {}}}, {}}),
            "buffer a: it is never live; expected at least one interval");
  EXPECT_EQ(message({{{"a", Bytes(1), 1, {{3, 5}, {4, 6}}, {}}}, {}}),
            "buffer a: the times [4, 6) come after [3, 5); expected ascending times that do not "
            "overlap");
  EXPECT_EQ(message({{{"a", Bytes(1), 1, {{3, 5}}, Bytes(-4)}}, {}}),
            "buffer a: its hint is -4; expected an offset of 0 or more bytes");
  EXPECT_EQ(message({{makeBuffer("a", 0, 1, 1), makeBuffer("a", 1, 2, 1)}, {}}),
            "buffer a: the id occurs twice; expected another id for each buffer");
  EXPECT_EQ(message({{makeBuffer("a", 0, 1, most)}, {}}),
            "buffer a: with it the sizes and alignments add up to 2^62 bytes or more");
  EXPECT_EQ(message({{makeBuffer("a", 0, 1, 1, most), makeBuffer("b", 0, 1, most, most)}, {}}),
            "buffer a: with it the sizes and alignments add up to 2^62 bytes or more");
  EXPECT_EQ(message({{}, Bytes(-1)}), "the capacity is -1; expected 0 or more bytes");
}

} // namespace
} // namespace remat::planning::arena
