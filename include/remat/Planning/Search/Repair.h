//===- Repair.h - down to the limit, then as cheap as it gets ---*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_REPAIR_H
#define REMAT_PLANNING_SEARCH_REPAIR_H

#include "remat/Planning/Search/Chain.h"
#include "remat/Planning/Search/Measure.h"
#include "remat/Planning/Search/Random.h"

#include <algorithm>
#include <optional>

namespace remat::planning::search {

/// How a repair may go about it.
struct RepairOptions {
  /// Scores are multiplied by up to 1 + noise / 512, at random.
  int64_t noise = 0;
  /// Extra cost that the repaired plan may not exceed.
  int64_t costLimit = 0;
  /// Values tried at each peak.
  int32_t breadth = 16;
  /// Applied steps, and units of Repairer::work(), at most.
  int32_t steps = 200;
  int64_t work = int64_t(1) << 62;
};

/// Local changes to a schedule: brings a plan under the limit by the drops that
/// cost least per byte of excess, and takes away recomputations that are not
/// needed. Source: planner.md, "Recommended planner", steps 3 and 5.
class Repairer {
public:
  Repairer(const SearchGraph &graph, int64_t limit, uint64_t seed);

  SearchState &state() { return schedule; }
  Random &random() { return dice; }
  /// Cost of holding `limit` bytes for one unit of weight (see StagePrices).
  void setPrice(int64_t cost) { price = cost; }
  int64_t usualPrice() const;
  void updatePrices() { prices.update(schedule); }

  /// While live bytes exceed the limit at the worst position: drops, over this
  /// position, the value that costs least per byte of excess, up to its next
  /// read, along with the inputs that are cheaper to recompute than to keep.
  /// Returns false when no move helps or a bound of `options` is reached; the
  /// state is then somewhere above the limit.
  bool repair(const RepairOptions &options);
  /// Starts anew from `start`, repairs it with a number of steps that grows with the
  /// graph in place of `options.steps`, and prunes what fits.
  std::optional<Measured> planFrom(const Measured &start, RepairOptions options);
  /// Extra cost above which a plan is not worth a repair.
  int64_t dearest() const { return 6 * std::max<int64_t>(graph.baseCost(), 1); }
  /// Erases recomputations, dear ones first in random order, while the plan fits.
  void prune();
  /// Moves a recomputation with those that feed it in its stage (and, `all`, those
  /// that it feeds) to another stage. Returns false, and changes nothing, where
  /// one of them cannot run there.
  bool shiftGroup(int32_t op, int32_t from, int32_t to, bool all);

  /// Changes made and values looked at: a measure of time that is the same on
  /// every machine.
  int64_t work() const { return effort; }
  void addWork(int64_t amount) { effort += amount; }

private:
  struct Drop { ///< a value that is live across a position, and read again later
    int64_t rank;
    int32_t value;
    Key read;
  };
  struct Move {
    int32_t op = -1, stage = 0;
    int64_t price = 0;
    __int128 score = 0;
  };

  bool across(int32_t value, Key position, Drop &drop, Key &lastTouch) const;
  void listDrops(Key peak, int64_t excess, const RepairOptions &options);
  void tryDrop(const Drop &drop, Key peak, int64_t excess, const RepairOptions &options,
               Move &best);
  void tryMove(Move move, int64_t excess, const RepairOptions &options, Move &best);
  bool escape(Key peak, int64_t excess, const RepairOptions &options);
  bool dropSomewhere(const std::vector<Key> &peaks);
  int32_t quietStage(int32_t from, int32_t to);
  void listGoing(int32_t op, Key key, int64_t &freed, Key &freeFrom);
  bool isReadByGoing(int32_t value, Key from, Key until) const;
  bool mayErase(int32_t op, Key key);
  void apply(const Move &move);

  const SearchGraph &graph;
  SearchState schedule;
  StagePrices prices;
  ChainPlanner chain;
  Random dice;
  int64_t price = 0, effort = 0;
  std::vector<Drop> drops;
  std::vector<std::pair<int32_t, Key>> going; ///< see listGoing
  std::vector<uint64_t> tried;                ///< sets of ops already tried for one value
};

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_REPAIR_H
