//===- Parallel.cpp - the threads of compiled steps ------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Runtime/Parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

using Work = std::function<void(int64_t, int)>;

namespace {

/// Threads that wait for work and share its tasks with the thread that brings it.
class Team {
public:
  ~Team() { resize(1); }

  void resize(int threads) {
    {
      std::lock_guard lock(mutex);
      isOver = true;
    }
    wake.notify_all();
    for (std::thread &member : members)
      member.join();
    members.clear();
    isOver = false;
    for (int thread = 1; thread < threads; ++thread)
      members.emplace_back([this, thread] { serve(thread); });
  }

  int size() const { return static_cast<int>(members.size()) + 1; }

  void run(int64_t count, const Work &brought) {
    {
      std::lock_guard lock(mutex);
      work = &brought;
      tasks = count;
      next = 0;
      ++round;
    }
    wake.notify_all();
    takeTasks(brought, 0);
    // A member that has not woken by now finds no work, and nobody waits for it.
    std::unique_lock lock(mutex);
    work = nullptr;
    done.wait(lock, [this] { return busy == 0; });
  }

private:
  void serve(int thread) {
    uint64_t seen = 0;
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [&] { return isOver || (work && round != seen); });
      if (isOver)
        return;
      seen = round;
      ++busy;
      const Work &mine = *work; // while the lock keeps it there
      lock.unlock();
      takeTasks(mine, thread);
      lock.lock();
      if (--busy == 0)
        done.notify_one();
    }
  }

  void takeTasks(const Work &mine, int thread) {
    for (int64_t task; (task = next.fetch_add(1)) < tasks;)
      mine(task, thread);
  }

  std::vector<std::thread> members;
  std::mutex mutex;
  std::condition_variable wake, done;
  const Work *work = nullptr; ///< Null while there is none.
  int64_t tasks = 0;
  std::atomic<int64_t> next = 0; ///< The first task that nobody has taken.
  uint64_t round = 0;
  int busy = 0; ///< Members at work.
  bool isOver = false;
};

} // namespace

static Team &team() {
  static Team theTeam;
  return theTeam;
}

void remat::setThreads(int threads) { team().resize(std::max(threads, 1)); }

int remat::threadCount() { return team().size(); }

void remat::runParallel(int64_t tasks, const Work &work) {
  if (tasks > 1 && team().size() > 1)
    return team().run(tasks, work);
  for (int64_t task = 0; task < tasks; ++task)
    work(task, 0);
}

void rematShare(void (*kernel)(void **, int64_t, int64_t), void **arguments, int64_t rounds) {
  if (rounds <= 0)
    return;
  // Parts that begin at a multiple of a vector, where there are enough rounds.
  constexpr int64_t vector = 16;
  int64_t wanted = remat::threadCount() == 1 ? 1 : 4 * remat::threadCount();
  int64_t size = (rounds - 1) / wanted + 1;
  if (size > vector)
    size = (size - 1) / vector * vector + vector;
  remat::runParallel((rounds - 1) / size + 1, [&](int64_t part, int) {
    kernel(arguments, part * size, std::min((part + 1) * size, rounds));
  });
}
