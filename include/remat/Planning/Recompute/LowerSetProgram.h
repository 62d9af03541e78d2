//===- LowerSetProgram.h - the dynamic program over lower sets --*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_LOWERSETPROGRAM_H
#define REMAT_PLANNING_RECOMPUTE_LOWERSETPROGRAM_H

#include "remat/Planning/Recompute/LowerSets.h"
#include "remat/Planning/Recompute/Strategy.h"

#include <functional>

namespace remat::planning {

/// A best lower-set sequence within a bound.
struct LowerSetPath {
  std::vector<int32_t> sets; ///< L_1 ... L_k = V as indices into the family
  int64_t overhead = 0;      ///< cost of what is computed again, last segment included
  int64_t peak = 0;          ///< largest Eq. 2 of a segment
  int64_t cached = 0;        ///< bytes of U_k
};

/// The dynamic program of Kusumoto et al. 2019 (section 4 there) over a family
/// of lower sets: exact over all of them, approximate over the pruned family.
///
/// Instead of the paper's table over (L, t) it keeps, for each L, the states
/// (t, m) that no other state of L is at least as good as in both; t is overhead
/// so far, m bytes cached so far. A smaller m is better; a smaller t is for
/// Objective::Time and MemoryPareto, a larger one for Memory. Costs stay exact;
/// where they would make the sets of states too large, states of one L whose t
/// falls into the same cell of 2^`gridShift` count as equal and the one with the
/// smallest m stays.
///
/// Ties: among sequences with the same overhead the one that caches the fewest
/// bytes, then, from the last set to the first, the predecessor that stands first
/// by `LowerSetFamily::precedes`.
///
/// Example: three unit nodes in a chain, bound 4. The only sequence that fits
/// everywhere is {0}, {0,1}, {0,1,2}: overhead 1 (the sink), peak 4.
class LowerSetProgram {
public:
  /// Called with the runs done, as a fraction; returning false stops the program.
  using Progress = std::function<bool(double)>;

  /// Requires: `family` outlives the program.
  LowerSetProgram(const LowerSetFamily &family, int gridShift, Progress progress = nullptr);

  /// Returns the best path whose peak is at most `bound`, or nothing when there
  /// is none or the program was stopped. MemoryPareto is the state of V that
  /// caches the fewest bytes; Best means Time.
  /// `known` is a path within `bound` from a part of the family; states that
  /// cannot become as good are then left out. With cells of one t the answer is the
  /// same; with wider ones it is another, at least as good as `known`, or nothing
  /// where the states as good fell into a cell with a worse one: `known` stands
  /// then. `coarser`
  /// widens the cells by 2^`coarser`: a quick answer, good enough to be `known`.
  /// Cost: O(#L^2 s) for s states per set, s <= T(V) / 2^gridShift + 1.
  std::optional<LowerSetPath> solve(int64_t bound, Objective objective,
                                    const LowerSetPath *known = nullptr, int coarser = 0);

  /// Returns the smallest bound for which a path exists, exactly, or nothing
  /// when the program was stopped. `knownFeasible` is a bound for which one
  /// exists (the whole graph's work, if nothing better is known).
  /// Cost: O(#L^2) per step of the bisection, at most 63 steps.
  std::optional<int64_t> minimalBound(int64_t knownFeasible);

  const LowerSetFamily &lowerSets() const { return family; }
  bool wasStopped() const { return stopped; }
  int64_t stateCount() const { return statesKept; } ///< over all runs
  int64_t runCount() const { return runs; }

private:
  struct State {
    int64_t t, m;
  };
  struct Step {
    int64_t t, m; ///< added to a state by a transition
  };
  struct Reach; // one run of the bisection

  Step step(int32_t from, int32_t to) const;
  int32_t windowBegin(int32_t to, int64_t bound) const;
  void collect(int32_t from, int32_t to, int64_t bound);
  void closeFront(int32_t to, bool largeFirst, const LowerSetPath *known, Objective objective);
  LowerSetPath trace(State last, int64_t bound) const;
  Reach reach(int64_t bound, int64_t ceiling);
  bool tick(int32_t set);

  const LowerSetFamily &family;
  int gridShift, shift;
  Progress progress;
  bool stopped = false;
  int64_t statesKept = 0, runs = 0;

  std::vector<State> states;      ///< fronts of all sets, one after the other
  std::vector<size_t> frontBegin; ///< by set, size #L + 1 when done
  std::vector<State> cells;       ///< scratch: best state by t >> shift
  size_t firstCell = 0, lastCell = 0;
};

/// Returns the shift for `LowerSetProgram`: 0 (exact) when the costs sum to at
/// most 10,000, else the largest with at least 1,000 cells.
int gridShiftFor(int64_t totalCost);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_LOWERSETPROGRAM_H
