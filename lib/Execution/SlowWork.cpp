//===- SlowWork.cpp - says how far slow work is --------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SlowWork.h"

#include "llvm/Support/raw_ostream.h"

using namespace remat;

SlowWork::SlowWork(std::string file, std::chrono::milliseconds patience)
    : file(std::move(file)), watcher([this, patience] { watch(patience); }) {}

SlowWork::~SlowWork() {
  {
    std::lock_guard lock(mutex);
    isOver = true;
  }
  over.notify_one();
  watcher.join();
}

void SlowWork::enter(const std::string &next) {
  std::lock_guard lock(mutex);
  phase = next;
}

void SlowWork::watch(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex);
  for (auto wait = patience; !over.wait_for(lock, wait, [this] { return isOver; });
       wait = 5 * patience) {
    auto taken = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() -
                                                                  started);
    llvm::errs() << "remat-run: " << file << ": " << phase << " (" << taken.count() << " s)\n";
  }
}
