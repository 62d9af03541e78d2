//===- ParallelTest.cpp - each task runs once, one at a time per thread ----===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Runtime/Parallel.h"

#include <atomic>
#include <gtest/gtest.h>
#include <vector>

using namespace remat;

TEST(Parallel, EachTaskRunsOnce) {
  for (int threads : {1, 2, 5}) {
    setThreads(threads);
    EXPECT_EQ(threadCount(), threads);
    for (int64_t tasks : {0, 1, 2, 1000}) {
      std::vector<std::atomic<int>> runs(tasks), perThread(threads);
      std::atomic<int> overlaps = 0;
      runParallel(tasks, [&](int64_t task, int thread) {
        overlaps += perThread[thread]++ != 0;
        ++runs[task];
        --perThread[thread];
      });
      for (const std::atomic<int> &count : runs)
        EXPECT_EQ(count, 1);
      EXPECT_EQ(overlaps, 0);
    }
  }
  setThreads(1);
}

TEST(Parallel, ManyShortRounds) {
  setThreads(3);
  std::atomic<int64_t> sum = 0;
  for (int round = 0; round < 2000; ++round)
    runParallel(4, [&](int64_t task, int) { sum += task; });
  EXPECT_EQ(sum, 2000 * 6);
  setThreads(1);
}

TEST(Parallel, ThereIsAlwaysOneThread) {
  setThreads(-3);
  EXPECT_EQ(threadCount(), 1);
}

TEST(Parallel, PartsOfALoopAreAllOfIt) {
  for (int threads : {1, 3}) {
    setThreads(threads);
    for (int64_t rounds : {1, 7, 64, 1000}) {
      std::vector<std::atomic<int>> runs(rounds);
      void *arguments[] = {&runs};
      rematShare(
          [](void **arguments, int64_t begin, int64_t end) {
            auto &runs = *static_cast<std::vector<std::atomic<int>> *>(arguments[0]);
            for (int64_t round = begin; round < end; ++round)
              ++runs[round];
          },
          arguments, rounds);
      for (const std::atomic<int> &count : runs)
        EXPECT_EQ(count, 1);
    }
  }
  setThreads(1);
}
