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

/// The cuts that a bound's choices stand at, with its prices.
PricedCuts pricedCutsOf(const CutBound &bound) {
  PricedCuts prices{{}, bound.prices};
  for (const CutChoice &choice : bound.choices)
    prices.cuts.push_back(choice.cut);
  return prices;
}

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
  /// Whether there are flows left, granted before or because those did much.
  bool mayGoOn();
  /// Bounds the part and queues it.
  void explore(std::vector<KnownRun> known, PricedCuts prices, int64_t atLeast);

  const SearchGraph &graph;
  int64_t limit;
  const BranchedJointOptions &options;
  std::priority_queue<Part> open;
  /// Of parts that there is nothing left to branch on.
  int64_t closedBound = std::numeric_limits<int64_t>::max();
  int64_t made = 0, spent = 0;
  int64_t granted = 0; ///< flows
  int64_t mark = 0;    ///< bound when the last were granted
};

bool RunSearch::mayGoOn() {
  constexpr int64_t share = 40; // of what is open
  int64_t bound = open.top().bound;
  if (spent >= granted && granted < options.mostFlows && options.enough &&
      bound - mark > (*options.enough - mark) / share) {
    granted = std::min(granted + options.flows, options.mostFlows);
    mark = bound;
  }
  return spent < granted;
}

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
    if (!done && !(branch && (full || joins == mostJoins)) && spent < granted)
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
  granted = options.flows;
  mark = start.extra;
  explore({}, pricedCutsOf(start), start.extra);
  while (!open.empty() && open.top().bound < closedBound &&
         !(options.enough && open.top().bound >= *options.enough) && mayGoOn()) {
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

/// Which of the cuts that lie apart join.
enum class Apart {
  First, ///< each that raises the bound, the best single cuts first
  Best,  ///< again and again the one that raises it most
};

class ApartCuts {
public:
  ApartCuts(const SearchGraph &graph, int64_t limit, const CutBound &start)
      : graph(graph), limit(limit), prices(pricedCutsOf(start)), tried(start.tried),
        highest(start.extra) {
    std::sort(tried.begin(), tried.end(), [](const CutExtra &a, const CutExtra &b) {
      return a.extra != b.extra ? a.extra > b.extra : a.cut < b.cut;
    });
  }

  /// Moves the cuts to neighbours while that raises the bound, for about `flows` flows.
  void shift(int64_t flows);

  /// Adds up to three single cuts that lie apart from those it has, where a price for
  /// them alone raises the bound by a fiftieth or more, for about `flows` flows.
  void join(Apart which, int64_t flows) {
    if (which == Apart::First)
      joinFirst(flows);
    else
      joinBest(flows);
  }

  const PricedCuts &joined() const { return prices; }
  int64_t bound() const { return highest; }
  int64_t flowsSpent() const { return spent; }

private:
  bool liesApart(int32_t cut, std::span<const int32_t> from) const {
    constexpr int32_t places = 12;
    return std::none_of(from.begin(), from.end(), [&](int32_t other) {
      return std::abs(other - cut) <= graph.opCount() / places;
    });
  }
  bool mayJoin(const CutExtra &other, int64_t flows) const {
    return spent + kFlowsPerCut <= flows && other.extra > highest / kShare;
  }
  /// Puts `prices` with `cut` into `best` if that raises the bound above `bound`,
  /// which it then is.
  void raiseBy(int32_t cut, std::optional<PricedCuts> &best, int64_t &bound);
  /// Takes over `best`, if there is one.
  bool take(std::optional<PricedCuts> &best, int64_t bound);
  void joinFirst(int64_t flows);
  void joinBest(int64_t flows);

  static constexpr int64_t kFlowsPerCut = 8, kShare = 50;
  static constexpr size_t kMost = 3;
  const SearchGraph &graph;
  int64_t limit;
  PricedCuts prices;
  std::vector<CutExtra> tried; ///< the best first
  int64_t highest, spent = 0;
};

void ApartCuts::raiseBy(int32_t cut, std::optional<PricedCuts> &best, int64_t &bound) {
  PricedCuts with = prices;
  search::join(with, cut);
  DualAscent ascent(graph, limit, with);
  ascent.raise(cut, kFlowsPerCut);
  spent += ascent.spent();
  if (ascent.bound() > bound) {
    bound = ascent.bound();
    best = ascent.bestPrices();
  }
}

bool ApartCuts::take(std::optional<PricedCuts> &best, int64_t bound) {
  if (!best)
    return false;
  highest = bound;
  prices = std::move(*best);
  return true;
}

void ApartCuts::joinFirst(int64_t flows) {
  std::vector<int32_t> seen = prices.cuts;
  for (const CutExtra &other : tried)
    if (seen.size() <= kMost && mayJoin(other, flows) && liesApart(other.cut, seen)) {
      seen.push_back(other.cut);
      std::optional<PricedCuts> best;
      int64_t bound = highest + highest / kShare;
      raiseBy(other.cut, best, bound);
      take(best, bound);
    }
}

void ApartCuts::joinBest(int64_t flows) {
  for (bool more = true; more && prices.cuts.size() <= kMost;) {
    std::optional<PricedCuts> best;
    int64_t bound = highest + highest / kShare;
    for (const CutExtra &other : tried)
      if (mayJoin(other, flows) && liesApart(other.cut, prices.cuts))
        raiseBy(other.cut, best, bound);
    more = take(best, bound);
  }
}

void ApartCuts::shift(int64_t flows) {
  constexpr int64_t least = 1000; // of the bound: less is not worth a flow
  std::vector<int32_t> places = cutsAbove(graph, limit, graph.opCount());
  std::sort(places.begin(), places.end());
  auto count = static_cast<int32_t>(places.size());
  auto raised = [&](size_t k, int32_t by) {
    auto at = std::lower_bound(places.begin(), places.end(), prices.cuts[k]) - places.begin();
    auto place = static_cast<int32_t>(at) + by;
    if (place < 0 || place >= count || spent + kFlowsPerCut > flows ||
        std::binary_search(prices.cuts.begin(), prices.cuts.end(), places[place]))
      return false;
    PricedCuts with = prices;
    with.cuts[k] = places[place];
    if (!std::is_sorted(with.cuts.begin(), with.cuts.end()))
      return false;
    DualAscent ascent(graph, limit, with);
    ascent.climb(kFlowsPerCut, std::nullopt);
    spent += ascent.spent();
    if (ascent.bound() <= highest + highest / least)
      return false;
    highest = ascent.bound();
    prices = ascent.bestPrices();
    return true;
  };
  for (int32_t far = 8; far > 0; far /= 2)
    for (size_t k = prices.cuts.size(); k-- > 0;)
      for (int32_t by : {far, -far})
        while (raised(k, by))
          continue;
}

/// The part of all flows that goes to cuts that lie apart, and to the prices of the
/// last cuts.
constexpr int64_t kShareOfLast = 4;

/// Raises `result`, which holds the bound so far, from these cuts, then more and
/// more, for `left` flows. Returns those that are left.
int64_t climbJoining(const SearchGraph &graph, int64_t limit, PricedCuts prices, int64_t left,
                     const JointBoundOptions &options, CutBound &result) {
  std::vector<char> tries(graph.opCount(), 0); // by op: how often it joined
  int64_t flows = 1, last = options.flows / kShareOfLast;
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
  return left;
}

} // namespace

CutBound jointBound(const SearchGraph &graph, int64_t limit, const CutBound &start,
                    const JointBoundOptions &options) {
  CutBound result = start;
  auto isEnough = [&] { return options.enough && result.extra >= *options.enough; };
  if (start.infeasible || start.choices.empty() || isEnough())
    return result;
  // `start.choices` keep within the room, perhaps at a high cost: what the best
  // prices leave is below that, and says more of where it is too little.
  int64_t firstBound = start.extra;
  auto climb = [&](Apart which) {
    ApartCuts cuts(graph, limit, start);
    cuts.join(which, options.flows / kShareOfLast);
    if (which == Apart::Best)
      cuts.shift(cuts.flowsSpent() + options.flows / kShareOfLast);
    int64_t left = options.flows - cuts.flowsSpent();
    if (which == Apart::First)
      firstBound = cuts.bound();
    if (which == Apart::First || cuts.bound() > firstBound)
      left = climbJoining(graph, limit, cuts.joined(), left, options, result);
    result.flows += options.flows - left;
  };
  climb(Apart::First);
  if (options.twice && !isEnough())
    climb(Apart::Best);
  return result;
}

CutBound branchedJointBound(const SearchGraph &graph, int64_t limit, const CutBound &start,
                            const BranchedJointOptions &options) {
  if (start.infeasible || start.choices.empty())
    return start;
  return RunSearch(graph, limit, options).run(start);
}

} // namespace remat::planning::search
