//===- Parallel.h - the threads of compiled steps ------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_RUNTIME_PARALLEL_H
#define REMAT_RUNTIME_PARALLEL_H

#include <cstdint>
#include <functional>

namespace remat {

/// The most threads that a machine is taken to run at once.
inline constexpr int kMostThreads = 1024;

/// Sets how many threads work, the one that asks for work included; 1 to kMostThreads. At
/// the start there is one. Not while work is under way.
void setThreads(int threads);

/// Returns how many threads work.
int threadCount();

/// Calls `work(task, thread)` once for each task in [0, tasks), on all threads at once
/// and in no fixed order; `thread` is in [0, threadCount()), and no two calls with the
/// same one overlap. Returns when all are done. Work may not ask for more work.
void runParallel(int64_t tasks, const std::function<void(int64_t task, int thread)> &work);

} // namespace remat

/// Has the threads share the rounds [0, rounds) of a loop: calls `kernel` with `arguments`
/// for parts [begin, end) of them, which together are all. For compiled steps.
extern "C" void rematShare(void (*kernel)(void **arguments, int64_t begin, int64_t end),
                           void **arguments, int64_t rounds);

#endif // REMAT_RUNTIME_PARALLEL_H
