//===- SlowWork.h - says how far slow work is --------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_EXECUTION_SLOWWORK_H
#define REMAT_EXECUTION_SLOWWORK_H

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace remat {

/// Work that says on stderr what it is doing once it has taken `patience`, and again
/// after each five times that: "remat-run: step.mlir: making machine code (12 s)".
class SlowWork {
public:
  SlowWork(std::string file, std::chrono::milliseconds patience);
  ~SlowWork();

  /// From now on, `phase` is what is done.
  void enter(const std::string &phase);

private:
  void watch(std::chrono::milliseconds patience);

  const std::string file;
  const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  std::mutex mutex;
  std::condition_variable over;
  std::string phase;
  bool isOver = false;
  std::thread watcher; ///< Last: it uses the others.
};

} // namespace remat

#endif // REMAT_EXECUTION_SLOWWORK_H
