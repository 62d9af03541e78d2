//===- SearchWatch.cpp - progress, interrupts and the time limit ----------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SearchWatch.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

namespace remat::planning {

namespace {

volatile std::sig_atomic_t received = 0;

void noteSignal(int signal) { received = signal; }

} // namespace

SearchWatch::SearchWatch(bool report, std::optional<double> limit, std::chrono::seconds interval)
    : report(report || isatty(STDERR_FILENO)), limit(limit), interval(interval) {
  received = 0;
  struct sigaction action = {};
  action.sa_handler = noteSignal;
  action.sa_flags = SA_RESETHAND;
  for (int signal : {SIGINT, SIGTERM})
    sigaction(signal, &action, nullptr);
}

bool SearchWatch::operator()(double share) {
  Clock::time_point now = Clock::now();
  done = std::max(done, share);
  if (report && now - last >= interval) {
    last = now;
    auto spent = std::chrono::duration_cast<std::chrono::seconds>(now - start).count();
    std::fprintf(stderr, "remat-plan: planning, %.0f %% done after %lld s\n", 100 * done,
                 static_cast<long long>(spent));
  }
  isOver |= limit && now - start >= std::chrono::duration<double>(*limit);
  return !received && !isOver;
}

std::string SearchWatch::reason() const {
  if (received)
    return received == SIGINT ? "interrupted" : "terminated";
  if (!isOver)
    return "";
  char text[64];
  std::snprintf(text, sizeof text, "the time limit of %.6g s is over", *limit);
  return text;
}

int SearchWatch::signalStatus() const { return received ? 128 + received : 0; }

} // namespace remat::planning
