//===- Strategy.h - ways to make plans -------------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_STRATEGY_H
#define REMAT_PLANNING_RECOMPUTE_STRATEGY_H

#include "remat/Planning/Graph/Layers.h"
#include "remat/Planning/Recompute/Plan.h"

#include <functional>

namespace remat::planning {

enum class StrategyKind { None, Chen, Kusumoto, Best };
enum class Family { Exact, Approximate };
/// `Best` runs Time and Memory and keeps the cheaper plan that fits.
enum class Objective { Best, Time, Memory, MemoryPareto };
/// Whether the forward values of the last segment are used where they are, or
/// thrown away and computed again as the paper's formula counts (ambiguity A1).
enum class LastSegment { Keep, Recompute };
/// How many steps strategy `best` may take; never a time.
enum class Effort { Fast, Default, Max };

/// The spelling of an option's value in flags, pass options and reports, and
/// back; nothing for any other text.
std::string_view toString(StrategyKind kind);
std::string_view toString(Family family);
std::string_view toString(Objective objective);
std::string_view toString(LastSegment lastSegment);
std::string_view toString(Granularity granularity);
std::string_view toString(Effort effort);
std::optional<StrategyKind> parseStrategyKind(std::string_view text);
std::optional<Family> parseFamily(std::string_view text);
std::optional<Objective> parseObjective(std::string_view text);
std::optional<LastSegment> parseLastSegment(std::string_view text);
std::optional<Granularity> parseGranularity(std::string_view text); ///< not "auto"
std::optional<Effort> parseEffort(std::string_view text);

/// A budget as the user writes it.
struct Budget {
  enum class Kind {
    Bytes,   ///< an exact count
    Percent, ///< of the base order's peak in the problem's scope; ppm = 1e4 * percent
    Minimum, ///< the smallest peak the strategy reaches
    None,    ///< no limit
  } kind = Kind::None;
  int64_t amount = 0; ///< bytes, or parts per million of the plain peak
};

/// Parses "8GiB", "800MB", "123", "50%", "37.5%", "min". Binary and decimal
/// suffixes (KiB, MiB, GiB, TiB, kB, MB, GB, TB, B); blanks around number and
/// suffix do not count ("8 GiB"). Errors: InvalidOption for
/// anything else, zero, a negative or an overflowing amount.
Result<Budget> parseBudget(std::string_view given);

/// Returns the bytes that `budget` limits a peak to, where `plainPeak` is the base
/// order's peak in the scope counted; parts of a byte are dropped. Nothing for
/// Minimum and None, which are no limit.
std::optional<Bytes> limitOf(const Budget &budget, Bytes plainPeak);

struct StrategyOptions {
  StrategyKind kind = StrategyKind::Best;
  Family family = Family::Approximate;
  Objective objective = Objective::Best;
  /// Absent: keep on a joint graph, recompute on a paper graph.
  std::optional<LastSegment> lastSegment;
  /// Absent: every granularity in turn, and the best plan of all.
  std::optional<Granularity> granularity;
  Effort effort = Effort::Default;
  /// Reorder: plans for the base order and for each of `search::reorderings`, and the
  /// best: one that fits, the cheapest one, the one of the smallest peak. Not for
  /// paper graphs, whose sequence gives the order.
  PlanOrder order = PlanOrder::Base;
  Budget budget;
  /// Strategy best goes on from this schedule, which need not fit, instead of
  /// from nothing; recomputations that this graph does not allow are left out.
  /// Only with `order` Base.
  std::optional<Schedule> warmStart;
  /// Called now and then with a share done in [0, 1]; returning false stops the
  /// search, which then answers with the best so far and says so.
  std::function<bool(double)> progress;
};

/// Plans `problem`. The result's plan, if any, passes `verify`. Never fails on a
/// checked problem: what cannot be met comes back as status and witness.
/// Deterministic, also under a permutation of `Op::id`s.
PlanResult solve(const Problem &problem, const StrategyOptions &options);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_STRATEGY_H
