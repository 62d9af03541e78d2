//===- SearchWatch.h - progress, interrupts and the time limit --*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_COMMAND_SEARCHWATCH_H
#define REMAT_PLANNING_COMMAND_SEARCHWATCH_H

#include <chrono>
#include <optional>
#include <string>

namespace remat::planning {

/// Watches one search: reports its progress on stderr every interval, and asks it to
/// end early when SIGINT or SIGTERM comes or a time limit is over. The same signal again
/// ends the process. The clock decides only when a search ends early, which plans then
/// say.
class SearchWatch {
public:
  /// `report`: also where stderr is no terminal. `limit`: seconds.
  SearchWatch(bool report, std::optional<double> limit,
              std::chrono::seconds interval = std::chrono::seconds(2));

  /// What a search calls with the share done; false asks it to end. Parts of a search
  /// guess their shares apart, so that one may begin below the end of another: the
  /// largest so far is reported.
  bool operator()(double share);

  /// Why the search was asked to end early: "interrupted", "terminated", "the time limit
  /// of 5 s is over"; empty if it was not.
  std::string reason() const;

  /// The exit status that a signal asks for: 128 and its number, or 0 without one.
  int signalStatus() const;

private:
  using Clock = std::chrono::steady_clock;
  bool report;
  std::optional<double> limit;
  std::chrono::seconds interval;
  double done = 0;     ///< the largest share so far
  bool isOver = false; ///< the time limit, and the search was told
  Clock::time_point start = Clock::now(), last = start;
};

} // namespace remat::planning

#endif // REMAT_PLANNING_COMMAND_SEARCHWATCH_H
