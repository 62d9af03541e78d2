//===- JointBound.cpp - a lower bound from several cuts -------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/JointBound.h"

#include "DualAscent.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <queue>

namespace remat::planning::search {

namespace {

/// The schedules with some known runs, and a bound on what they cost.
struct Part {
  int64_t bound;  ///< extra cost
  int64_t number; ///< of making, for ties
  std::vector<KnownRun> known;
  PricedCuts prices;
  KnownRun branch;
  bool operator<(const Part &other) const {
    return bound != other.bound ? bound > other.bound : number > other.number;
  }
};

/// Best-first branch and bound on what runs again.
class RunSearch {
public:
  RunSearch(const SearchGraph &graph, int64_t limit, const BranchedJointOptions &options)
      : graph(graph), limit(limit), options(options) {}

  CutBound run(const CutBound &start);

private:
  /// Bounds the part and queues it.
  void explore(std::vector<KnownRun> known, PricedCuts prices, int64_t atLeast);

  const SearchGraph &graph;
  int64_t limit;
  const BranchedJointOptions &options;
  std::priority_queue<Part> open;
  /// Of parts that there is nothing left to branch on.
  int64_t closedBound = std::numeric_limits<int64_t>::max();
  int64_t made = 0, spent = 0;
};

void RunSearch::explore(std::vector<KnownRun> known, PricedCuts prices, int64_t atLeast) {
  Part part{atLeast, made++, std::move(known), std::move(prices), {}};
  std::vector<char> tries(graph.opCount(), 0);
  constexpr int mostJoins = 4; // its parts add more
  for (int joins = 0;; ++joins) {
    DualAscent ascent(graph, limit, part.prices, part.known);
    ascent.climb(options.flowsPerPart, options.enough);
    std::optional<KnownRun> branch = ascent.branch();
    if (!branch) { // the prices are all that is left to improve
      constexpr int64_t thorough = 10;
      ascent.climb(thorough * options.flowsPerPart, options.enough);
      branch = ascent.branch();
    }
    spent += ascent.spent();
    part.bound = std::max(part.bound, ascent.bound());
    part.prices = ascent.bestPrices();
    bool done = options.enough && part.bound >= *options.enough;
    if (part.prices.cuts.size() >= cutsAtOnce(graph))
      leave(part.prices);
    bool full = part.prices.cuts.size() >= cutsAtOnce(graph);
    std::vector<CutChoice> choices = ascent.cheapestChoices();
    if (options.offer)
      options.offer(choices);
    int32_t worst = -1;
    if (!done && !(branch && (full || joins == mostJoins)) && spent < options.flows)
      worst = worstOp(graph, limit, choices, part.prices.cuts, tries);
    if (worst >= 0) {
      ++tries[worst];
      join(part.prices, worst);
    } else if (branch && !done) {
      part.branch = *branch;
      open.push(std::move(part));
      return;
    } else {
      closedBound = std::min(closedBound, part.bound);
      return;
    }
  }
}

CutBound RunSearch::run(const CutBound &start) {
  CutBound result = start;
  PricedCuts prices{{}, start.prices};
  for (const CutChoice &choice : start.choices)
    prices.cuts.push_back(choice.cut);
  explore({}, prices, start.extra);
  while (!open.empty() && open.top().bound < closedBound && spent < options.flows &&
         !(options.enough && open.top().bound >= *options.enough)) {
    Part part = open.top();
    open.pop();
    for (bool runs : {true, false}) {
      std::vector<KnownRun> known = part.known;
      known.push_back(part.branch);
      known.back().runs = runs;
      explore(std::move(known), part.prices, part.bound);
    }
  }
  int64_t bound = open.empty() ? closedBound : std::min(closedBound, open.top().bound);
  result.extra = std::max(result.extra, bound);
  result.flows = start.flows + spent;
  return result;
}

/// Adds single cuts that lie apart from those of `prices`, where a price for them
/// alone raises the bound by a fiftieth or more, for about `flows` flows. Returns
/// the flows spent.
int64_t joinApart(const SearchGraph &graph, int64_t limit, const CutBound &start, int64_t flows,
                  PricedCuts &prices) {
  constexpr int32_t places = 12;
  constexpr int64_t flowsPerCut = 8, share = 50;
  constexpr size_t most = 3;
  std::vector<CutExtra> tried = start.tried;
  std::sort(tried.begin(), tried.end(), [](const CutExtra &a, const CutExtra &b) {
    return a.extra != b.extra ? a.extra > b.extra : a.cut < b.cut;
  });
  std::vector<int32_t> seen = prices.cuts;
  int64_t spent = 0, bound = start.extra;
  for (const CutExtra &other : tried) {
    bool isNear = std::any_of(seen.begin(), seen.end(), [&](int32_t cut) {
      return std::abs(cut - other.cut) <= graph.opCount() / places;
    });
    if (isNear || seen.size() > most || spent + flowsPerCut > flows || other.extra <= bound / share)
      continue;
    seen.push_back(other.cut);
    PricedCuts with = prices;
    join(with, other.cut);
    DualAscent ascent(graph, limit, with);
    ascent.raise(other.cut, flowsPerCut);
    spent += ascent.spent();
    if (ascent.bound() > bound + bound / share) {
      bound = ascent.bound();
      prices = ascent.bestPrices();
    }
  }
  return spent;
}

} // namespace

CutBound jointBound(const SearchGraph &graph, int64_t limit, const CutBound &start,
                    const JointBoundOptions &options) {
  CutBound result = start;
  if (start.infeasible || start.choices.empty() ||
      (options.enough && start.extra >= *options.enough))
    return result;
  PricedCuts prices{{}, start.prices};
  for (const CutChoice &choice : start.choices)
    prices.cuts.push_back(choice.cut);
  std::vector<char> tries(graph.opCount(), 0); // by op: how often it joined
  // `start.choices` keep within the room, perhaps at a high cost: what the best
  // prices leave is below that, and says more of where it is too little. The last
  // flows go to the prices of the last cuts.
  constexpr int64_t shareOfLast = 4;
  int64_t left =
      options.flows - joinApart(graph, limit, start, options.flows / shareOfLast, prices);
  int64_t flows = 1, last = options.flows / shareOfLast;
  for (bool more = true; more;) {
    DualAscent ascent(graph, limit, prices);
    ascent.climb(std::min(left, flows), options.enough);
    auto isEnough = [&] { return options.enough && ascent.bound() >= *options.enough; };
    int32_t worst = -1;
    if (left - ascent.spent() > last && !isEnough()) {
      std::vector<CutChoice> choices = ascent.choicesAtBest();
      if (options.offer)
        options.offer(choices);
      worst = worstOp(graph, limit, choices, ascent.bestPrices().cuts, tries);
    }
    more = worst >= 0;
    if (!more && left > ascent.spent() && !isEnough())
      ascent.climb(left - ascent.spent(), options.enough);
    if (ascent.bound() > result.extra)
      ascent.lookWithin();
    left -= ascent.spent();
    prices = ascent.bestPrices();
    if (ascent.bound() > result.extra)
      ascent.report(result);
    if (prices.cuts.size() >= cutsAtOnce(graph))
      leave(prices);
    if (more) {
      ++tries[worst];
      join(prices, worst);
    }
    flows = options.flowsPerCut;
  }
  result.flows = start.flows + options.flows - left;
  return result;
}

CutBound branchedJointBound(const SearchGraph &graph, int64_t limit, const CutBound &start,
                            const BranchedJointOptions &options) {
  if (start.infeasible || start.choices.empty())
    return start;
  return RunSearch(graph, limit, options).run(start);
}

} // namespace remat::planning::search
