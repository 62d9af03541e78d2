//===- Refit.h - a plan made again within a limit ---------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_REFIT_H
#define REMAT_PLANNING_SEARCH_REFIT_H

#include "remat/Planning/Search/LiveProfile.h"
#include "remat/Planning/Search/Measure.h"
#include "remat/Planning/Search/Random.h"

#include <optional>

namespace remat::planning::search {

/// What makes a value worth its bytes when some must go.
struct RefitOptions {
  /// How much of what the missing ancestors cost counts as the value's own cost,
  /// in quarters: all if each eviction is to be paid alone, nothing if they are
  /// made again in any case.
  int32_t ancestors = 4;
  /// Divides by the stages until the next read.
  bool distance = true;
  /// A stage counts 1, one whose plain live bytes exceed the limit 1 + `pressure`.
  int32_t pressure = 0;
  /// More bytes than this many times what is missing count for nothing.
  int64_t surplus = 4;
  /// Scores are divided by up to 1 + noise / 1024, the same all along for a value.
  int64_t noise = 0;
  uint64_t seed = 0;
  /// Extra cost above which a plan is not worth its end.
  int64_t ceiling = int64_t(1) << 62;
};

/// Runs a plan from its first execution to its last, and whenever an execution
/// does not fit takes away the live values that cost least for their bytes and
/// the time until their next read, which is known. What a later execution then
/// misses runs again just before it, with all that is missing for it, and stays
/// while there is room. What the plan drops to run it again later stays as well,
/// as long as nobody needs the room: then it need not run again.
///
/// Where what is missing for a stage does not fit beside values that wait for it,
/// all of it starts again, with the runs of that stage before these values.
///
/// Source: the eviction rule of dynamic tensor rematerialization (Kirisame et al.
/// 2021) with known next reads (Belady 1966).
class Refitter {
public:
  explicit Refitter(const SearchGraph &graph);

  /// Returns a plan within `limit`, or the one of the smallest peak that came out;
  /// nothing where that takes more than `work` units or costs more than
  /// `options.ceiling`. Requires: `options.surplus` > 0. Cost: O((V + E) d) for
  /// degrees d, and for each eviction the live values, some of them with up to 200
  /// missing ancestors; at most six times.
  std::optional<Measured> refit(const Recomputations &plan, int64_t limit,
                                const RefitOptions &options, int64_t work = int64_t(1) << 50);
  /// Values looked at, in the units of Repairer::work().
  int64_t work() const { return effort / 8; }

private:
  static constexpr Key kNever = ~Key(0);
  static constexpr int64_t kNotFound = -1;

  static int32_t stageOf(Key key) { return static_cast<int32_t>(key >> 32); }
  static Key keyOf(int32_t stage, int32_t op) {
    return static_cast<Key>(stage) << 32 | static_cast<Key>(op);
  }

  void start(const Recomputations &plan);
  bool runAll(const Recomputations &plan, int64_t finish);
  void runStage(int32_t stage, std::span<const Recomputation> planned);
  void startEarlier(int32_t stage, std::span<const int32_t> ops);
  void want(int32_t op);
  bool isWanted(int32_t op, Key key) const;
  void execute(int32_t op, Key key);
  void pass(int32_t op, Key key);
  void settle(int32_t value);
  void findNeed(int32_t value);
  bool makeRoom(int64_t bytes, int32_t stage);
  int32_t cheapest(int32_t stage, int64_t missing);
  int64_t reliefOf(int32_t value, int32_t from, int32_t until, int64_t missing) const;
  int64_t noiseOf(int32_t value) const;
  bool ancestors(int32_t op, Key at, int64_t &cost, int32_t most);
  void evict(int32_t value);
  void askForInputs(int32_t value);
  void insertLive(int32_t value);
  void removeLive(int32_t value);
  Key nextRun(int32_t op) const { return runAt[op] < runEnd[op] ? planRuns[runAt[op]] : kNever; }

  const SearchGraph &graph;
  RefitOptions options;
  int64_t limit = 0, live = 0, extra = 0, effort = 0;
  Key now = 0;
  std::vector<int64_t> weights; ///< prefix sums by stage
  int reliefShift = 0;

  // The plan that is followed.
  std::vector<Key> planReads, planRuns;
  std::vector<size_t> readAt, readEnd; ///< by value: the reads still to come
  std::vector<size_t> runAt, runEnd;   ///< by op: likewise its runs
  std::vector<int32_t> active;         ///< by op: the last stage in which its run was needed

  // Values: what is in memory, and when what is there or missing is read next.
  std::vector<int32_t> held, place; ///< by value: where in `held`, or -1
  std::vector<int32_t> madeAt;      ///< the stage that made the one at hand
  std::vector<Key> needs;
  std::vector<char> spare;             ///< held though the plan makes it again before it is read
  std::vector<char> frozen;            ///< cannot be made again
  std::vector<int64_t> found, foundAt; ///< cost of missing ancestors; by then
  int64_t events = 0;                  ///< evictions so far

  // The first execution of a stage that did not fit, and since when a value waits
  // for that stage; what should run earlier, by the stage where it runs.
  int32_t crowded = -1, waitingSince = -1;
  std::vector<std::pair<int32_t, Recomputation>> earlier;

  std::vector<int32_t> seen, stack, asking, stageOps;
  int32_t round = 0;
  Recomputations result;
};

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_REFIT_H
