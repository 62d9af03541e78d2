//===- Fibers.h - threads of a block that wait for each other ---*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_EMULATOR_FIBERS_H
#define REMAT_EMULATOR_FIBERS_H

#include <cstddef>
#include <functional>
#include <memory>
#include <ucontext.h>
#include <vector>

namespace remat {

/// Runs the threads of one block after another, each on a stack of its own, so that one can
/// wait in the middle. Not for use by several threads of the host at once.
class Fibers {
public:
  /// Runs `body` once per thread; `enter` is called with the number of the thread whenever
  /// it goes on.
  void run(size_t threads, const std::function<void()> &body,
           const std::function<void(size_t)> &enter);

  /// Called by a body: returns once every other thread that has not ended has called it too.
  static void barrier();

private:
  struct Fiber {
    ucontext_t context;
    bool isDone = false;
  };

  static void start();

  std::vector<Fiber> fibers;
  std::unique_ptr<std::byte[]> stacks;
  size_t stackCount = 0;
  ucontext_t scheduler;
  Fiber *current = nullptr;
  const std::function<void()> *body = nullptr;
};

} // namespace remat

#endif // REMAT_EMULATOR_FIBERS_H
