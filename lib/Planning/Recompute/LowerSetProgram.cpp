//===- LowerSetProgram.cpp - the dynamic program over lower sets ----------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/LowerSetProgram.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>

namespace remat::planning {

namespace {

constexpr int64_t kUnreached = std::numeric_limits<int64_t>::max();

} // namespace

int gridShiftFor(int64_t totalCost) {
  if (totalCost <= 10000)
    return 0;
  return std::bit_width(static_cast<uint64_t>(totalCost / 1000)) - 1;
}

LowerSetProgram::LowerSetProgram(const LowerSetFamily &family, int gridShift, Progress progress)
    : family(family), gridShift(gridShift), shift(gridShift), progress(std::move(progress)) {}

bool LowerSetProgram::tick(int32_t set) {
  if (progress && set % 64 == 1 &&
      !progress(static_cast<double>(runs - 1) + static_cast<double>(set) / family.size()))
    stopped = true;
  return !stopped;
}

/// What one more segment adds: T(V' \ boundary(L')) and M(boundary(L') \ L).
LowerSetProgram::Step LowerSetProgram::step(int32_t from, int32_t to) const {
  const LowerSetGraph &graph = family.graph();
  std::span<const uint64_t> inside = family.set(from), edge = family.boundary(to);
  Step step{family.cost[to] - family.cost[from], 0};
  for (size_t i = 0; i < edge.size(); ++i)
    for (uint64_t word = edge[i] & ~inside[i]; word; word &= word - 1) {
      auto node = static_cast<int32_t>(i * 64 + std::countr_zero(word));
      step.t -= graph.cost[node];
      step.m += graph.cached[node];
    }
  return step;
}

/// Returns the first set whose transition to `to` can fit: work ascends over
/// sets, so what fits stands in one interval that ends at `to`.
int32_t LowerSetProgram::windowBegin(int32_t to, int64_t bound) const {
  int64_t least = family.work[to] + family.outside[to] - bound;
  return static_cast<int32_t>(
      std::lower_bound(family.work.begin(), family.work.begin() + to, least) - family.work.begin());
}

/// Adds to the cells what the states of `from`, a subset of `to`, become
/// in `to`. A front descends in m, so the states that fit are its tail.
void LowerSetProgram::collect(int32_t from, int32_t to, int64_t bound) {
  const State *begin = states.data() + frontBegin[from];
  const State *end = states.data() + frontBegin[from + 1];
  int64_t room = bound - family.outside[to] - (family.work[to] - family.work[from]);
  begin = std::partition_point(begin, end, [&](const State &s) { return s.m > room; });
  Step add = step(from, to);
  auto [low, high] = std::minmax(begin->t, end[-1].t);
  firstCell = std::min(firstCell, static_cast<size_t>((low + add.t) >> shift));
  lastCell = std::max(lastCell, static_cast<size_t>((high + add.t) >> shift));
  for (const State *s = begin; s != end; ++s) {
    int64_t t = s->t + add.t, m = s->m + add.m;
    State &cell = cells[t >> shift];
    if (m < cell.m)
      cell = {t, m};
  }
}

/// Turns the cells into the front of `to` and clears them.
void LowerSetProgram::closeFront(int32_t to, bool largeFirst, const LowerSetPath *known,
                                 Objective objective) {
  int64_t costLeft = family.cost.back() - family.cost[to];
  auto hopeless = [&](const State &s) {
    if (!known)
      return false;
    switch (objective) {
    case Objective::Best:
    case Objective::Time:
      return s.t > known->overhead;
    case Objective::Memory:
      return s.t + costLeft < known->overhead;
    case Objective::MemoryPareto:
      return s.m > known->cached;
    }
    return false;
  };
  int64_t least = kUnreached;
  if (firstCell <= lastCell)
    for (size_t k = 0, count = lastCell - firstCell + 1; k < count; ++k) {
      State &cell = cells[largeFirst ? lastCell - k : firstCell + k];
      if (cell.m < least) {
        least = cell.m;
        if (!hopeless(cell))
          states.push_back(cell);
      }
      cell.m = kUnreached;
    }
  firstCell = cells.size();
  lastCell = 0;
  frontBegin[to + 1] = states.size();
}

std::optional<LowerSetPath> LowerSetProgram::solve(int64_t bound, Objective objective,
                                                   const LowerSetPath *known, int coarser) {
  int32_t count = family.size();
  shift = gridShift + coarser;
  bool largeFirst = objective == Objective::Memory;
  ++runs;
  states.assign(1, State{0, 0});
  frontBegin.assign(count + 1, 1);
  frontBegin[0] = 0;
  cells.assign((family.cost.back() >> shift) + 1, State{0, kUnreached});
  firstCell = cells.size();
  lastCell = 0;
  // By set: fewest bytes cached, less its work; all that most pairs need to fail.
  std::vector<int64_t> leanest(count, kUnreached);
  leanest[0] = 0;
  for (int32_t to = 1; to < count; ++to) {
    if (!tick(to))
      return std::nullopt;
    int64_t least = bound - family.outside[to] - family.work[to];
    for (int32_t from = windowBegin(to, bound); from < to; ++from)
      if (leanest[from] <= least && family.isSubset(from, to))
        collect(from, to, bound);
    closeFront(to, largeFirst, known, objective);
    if (frontBegin[to] != frontBegin[to + 1])
      leanest[to] = states.back().m - family.work[to];
  }
  statesKept += static_cast<int64_t>(states.size());
  if (frontBegin[count - 1] == frontBegin[count])
    return std::nullopt;
  // The best t stands first in either front, the smallest m last.
  return trace(objective == Objective::MemoryPareto ? states.back() : states[frontBegin[count - 1]],
               bound);
}

/// Finds the sets behind the state `last` of V by searching, for each set, a
/// predecessor and a state that lead there; cheaper than storing them.
LowerSetPath LowerSetProgram::trace(State last, int64_t bound) const {
  LowerSetPath path;
  path.overhead = last.t;
  path.cached = last.m;
  for (int32_t to = family.size() - 1; to != 0;) {
    int32_t best = -1;
    State bestState{};
    for (int32_t from = windowBegin(to, bound); from < to; ++from) {
      auto begin = states.begin() + frontBegin[from], end = states.begin() + frontBegin[from + 1];
      if (begin == end || !family.isSubset(from, to) || (best >= 0 && !family.precedes(from, best)))
        continue;
      Step add = step(from, to);
      State wanted{last.t - add.t, last.m - add.m};
      auto at = std::partition_point(begin, end, [&](const State &s) { return s.m > wanted.m; });
      int64_t peak = wanted.m + family.work[to] - family.work[from] + family.outside[to];
      if (at == end || at->m != wanted.m || at->t != wanted.t || peak > bound)
        continue;
      best = from;
      bestState = wanted;
    }
    assert(best >= 0 && "every state but the empty set's came from a transition");
    path.sets.push_back(to);
    path.peak =
        std::max(path.peak, bestState.m + family.work[to] - family.work[best] + family.outside[to]);
    last = bestState;
    to = best;
  }
  std::reverse(path.sets.begin(), path.sets.end());
  return path;
}

/// Whether V is reached within a bound, and how close it was.
struct LowerSetProgram::Reach {
  bool reached = false;
  int64_t peak = 0;     ///< of the path with the fewest bytes, if reached
  int64_t rejected = 0; ///< smallest value above the bound that was refused
};

/// Runs the program without t: the fewest cached bytes by set. Transitions that
/// need `ceiling` bytes or more are of no interest.
LowerSetProgram::Reach LowerSetProgram::reach(int64_t bound, int64_t ceiling) {
  int32_t count = family.size();
  ++runs;
  Reach result;
  result.rejected = ceiling;
  // fewest[L]: bytes cached; peakOf[L]: largest Eq. 2 on the way there.
  std::vector<int64_t> fewest(count, kUnreached), peakOf(count, 0);
  std::vector<int64_t> key(count, kUnreached); // fewest - work, what the test needs
  fewest[0] = key[0] = 0;
  for (int32_t to = 1; to < count; ++to) {
    if (!tick(to))
      return result;
    int64_t need = family.work[to] + family.outside[to];
    for (int32_t from = windowBegin(to, result.rejected); from < to; ++from) {
      if (key[from] >= result.rejected - need || !family.isSubset(from, to))
        continue;
      int64_t peak = key[from] + need;
      if (peak > bound) {
        result.rejected = peak;
        continue;
      }
      int64_t m = fewest[from] + step(from, to).m;
      peak = std::max(peak, peakOf[from]);
      if (m < fewest[to] || (m == fewest[to] && peak < peakOf[to])) {
        fewest[to] = m;
        peakOf[to] = peak;
      }
    }
    if (fewest[to] != kUnreached)
      key[to] = fewest[to] - family.work[to];
  }
  result.reached = fewest.back() != kUnreached;
  result.peak = peakOf.back();
  return result;
}

std::optional<int64_t> LowerSetProgram::minimalBound(int64_t knownFeasible) {
  // `low` is the smallest bound not yet excluded, `high` has a path.
  int64_t low = 0, high = knownFeasible;
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    Reach result = reach(middle, high);
    if (stopped)
      return std::nullopt;
    if (result.reached)
      high = result.peak;
    else
      low = result.rejected;
  }
  return high;
}

} // namespace remat::planning
