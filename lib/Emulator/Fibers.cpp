//===- Fibers.cpp - threads of a block that wait for each other -----------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Fibers.h"

using namespace remat;

/// Enough for code without calls but for those of libm.
static constexpr size_t stackBytes = 64 * 1024;

/// The block that is running, for code that nothing can be handed to.
static Fibers *running = nullptr;

void Fibers::start() {
  (*running->body)();
  running->current->isDone = true;
  swapcontext(&running->current->context, &running->scheduler);
}

void Fibers::barrier() { swapcontext(&running->current->context, &running->scheduler); }

void Fibers::run(size_t threads, const std::function<void()> &threadBody,
                 const std::function<void(size_t)> &enter) {
  if (stackCount < threads) {
    stacks = std::make_unique_for_overwrite<std::byte[]>(threads * stackBytes);
    stackCount = threads;
  }
  running = this;
  body = &threadBody;
  fibers.assign(threads, {});
  for (size_t i = 0; i < threads; ++i) {
    getcontext(&fibers[i].context);
    fibers[i].context.uc_stack.ss_sp = stacks.get() + i * stackBytes;
    fibers[i].context.uc_stack.ss_size = stackBytes;
    fibers[i].context.uc_link = nullptr;
    makecontext(&fibers[i].context, start, 0);
  }
  // In each round, every thread gets as far as its next barrier.
  for (bool isAnyLeft = true; isAnyLeft;) {
    isAnyLeft = false;
    for (size_t i = 0; i < threads; ++i) {
      if (fibers[i].isDone)
        continue;
      enter(i);
      current = &fibers[i];
      swapcontext(&scheduler, &current->context);
      isAnyLeft |= !current->isDone;
    }
  }
}
