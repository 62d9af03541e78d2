//===- CutBound.cpp - certified lower bounds from cuts -------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/CutBound.h"

#include <algorithm>
#include <limits>
#include <queue>

namespace remat::planning::search {

namespace {

/// The search of one cut's best price, under the decisions of its model.
class PriceSearch {
public:
  PriceSearch(CutModel &model, int64_t room) : model(model), room(room) {}

  /// What a run found.
  struct Outcome {
    bool infeasible = false; ///< no solution keeps within the room
    int64_t bound = 0;       ///< on the cost of solutions that do
    CutPrices prices;        ///< of that bound
    /// Solutions on either side of the room: `over` costs less. `over` is absent
    /// when the cheapest solution of all keeps within it.
    std::optional<CutSolution> over, within;
  };

  /// Spends at most `flows` flows, at least 2; `start` is a price to begin with.
  Outcome run(int64_t flows, const std::optional<CutPrices> &start);

  int64_t spent = 0;

private:
  CutSolution solve(const CutPrices &prices) {
    ++spent;
    return model.solve(prices);
  }
  static __int128 valueAt(const CutSolution &line, const CutPrices &prices) {
    return static_cast<__int128>(prices.cost) * line.cost +
           static_cast<__int128>(prices.bytes[0]) * line.bytes[0];
  }
  /// Takes in the minimum at `prices`; whether it lies below both lines.
  bool take(CutSolution solution, const CutPrices &prices);

  CutModel &model;
  int64_t room;
  Outcome outcome;
};

bool PriceSearch::take(CutSolution solution, const CutPrices &prices) {
  __int128 dual = solution.value - static_cast<__int128>(prices.bytes[0]) * room;
  auto bound = static_cast<int64_t>(ceilDiv(dual, prices.cost));
  if (bound > outcome.bound || outcome.prices.bytes.empty()) {
    outcome.bound = std::max(outcome.bound, bound);
    outcome.prices = prices;
  }
  std::optional<CutSolution> &side = solution.bytes[0] > room ? outcome.over : outcome.within;
  bool below = !side || solution.value < valueAt(*side, prices);
  if (below)
    side = std::move(solution);
  return below;
}

PriceSearch::Outcome PriceSearch::run(int64_t flows, const std::optional<CutPrices> &start) {
  outcome = Outcome();
  int64_t end = spent + flows;
  if (start && start->bytes[0] > 0)
    take(solve(*start), *start);
  if (!outcome.over)
    take(solve({1, {0}}), {1, {0}});
  if (!outcome.over) { // the cheapest of all keeps within the room
    outcome.bound = outcome.within->cost;
    return outcome;
  }
  if (!outcome.within) {
    CutSolution fewest = solve({0, {1}});
    if (fewest.bytes[0] > room) {
      outcome.infeasible = true;
      outcome.over = std::move(fewest);
      return outcome;
    }
    outcome.within = std::move(fewest);
  }
  while (spent < end) {
    // Where the two lines meet. `over` stores more; if it also costs more it is
    // no minimum at any price, and `within` is one at price 0.
    const CutSolution &over = *outcome.over, &within = *outcome.within;
    CutPrices prices = model.priceOf(std::max<int64_t>(within.cost - over.cost, 0),
                                     over.bytes[0] - within.bytes[0]);
    if (!take(solve(prices), prices))
      break;
  }
  return outcome;
}

CutChoice choiceOf(const CutModel &model, const CutSolution &solution, int32_t k, int64_t limit) {
  return {model.cut(k), limit - model.workingSet(k), solution.bytes[k], model.stored(solution, k),
          model.again(solution, k)};
}

/// Says that the base execution of the model's op k does not fit, as `fewest`
/// beyond its working set shows.
CutBound refuse(const CutModel &model, int32_t k, int64_t fewest, int64_t flows) {
  CutBound bound;
  bound.infeasible = true;
  bound.witness = model.cut(k);
  bound.least = model.workingSet(k) + fewest;
  bound.flows = flows;
  return bound;
}

void setChoice(CutBound &bound, const CutModel &model, const CutSolution &solution, bool fits,
               int64_t limit) {
  bound.choices = {choiceOf(model, solution, 0, limit)};
  bound.choiceCost = solution.cost;
  bound.choiceFits = fits;
}

/// Best-first branch and bound on the closure problem of one cut, whose nodes
/// are decided one by one: in, or out.
class BranchSearch {
public:
  BranchSearch(const SearchGraph &graph, int64_t limit, int32_t cut)
      : model(graph, {cut}), limit(limit), room(limit - model.workingSet(0)), search(model, room) {}

  CutBound run(int64_t flows, std::optional<int64_t> enough);

private:
  /// A part of the solutions: those with these decisions.
  struct Part {
    int64_t bound;
    int64_t number; ///< of making, for ties
    std::vector<CutDecision> decisions;
    CutPrices prices;
    int32_t branch; ///< node to decide next
    bool operator<(const Part &other) const {
      return bound != other.bound ? bound > other.bound : number > other.number;
    }
  };

  /// Bounds the solutions with `decisions`; queues them unless they are done.
  void explore(std::vector<CutDecision> decisions, const CutPrices &start, int64_t atLeast,
               int64_t flows);
  int32_t branchOf(const PriceSearch::Outcome &outcome) const;

  CutModel model;
  int64_t limit, room;
  PriceSearch search;
  std::priority_queue<Part> open;
  int64_t made = 0;
  std::optional<CutSolution> best;
};

/// The undecided node with most bytes that the two solutions disagree on; ties
/// by number. One exists: they store different bytes.
int32_t BranchSearch::branchOf(const PriceSearch::Outcome &outcome) const {
  int32_t branch = -1;
  int64_t most = -1;
  for (int32_t node = 0; node < model.nodeCount(); ++node)
    if (outcome.over->selected[node] != outcome.within->selected[node]) {
      int64_t bytes = model.bytesOf(node) < 0 ? -model.bytesOf(node) : model.bytesOf(node);
      if (bytes > most) {
        most = bytes;
        branch = node;
      }
    }
  return branch;
}

void BranchSearch::explore(std::vector<CutDecision> decisions, const CutPrices &start,
                           int64_t atLeast, int64_t flows) {
  if (!model.decide(decisions))
    return;
  PriceSearch::Outcome outcome = search.run(flows, start);
  if (outcome.infeasible)
    return;
  if (!best || outcome.within->cost < best->cost)
    best = outcome.within;
  if (!outcome.over)
    return; // `within` is the cheapest of this part
  Part part{std::max(atLeast, outcome.bound), made++, std::move(decisions), outcome.prices,
            branchOf(outcome)};
  if (part.bound < best->cost)
    open.push(std::move(part));
}

CutBound BranchSearch::run(int64_t flows, std::optional<int64_t> enough) {
  constexpr int64_t rootFlows = 40, partFlows = 5;
  CutBound bound;
  PriceSearch::Outcome root = search.run(rootFlows, std::nullopt);
  if (root.infeasible)
    return refuse(model, 0, root.over->bytes[0], search.spent);
  bound.prices = root.prices;
  bound.extra = root.bound;
  best = root.within;
  if (root.over && root.bound < best->cost)
    open.push({root.bound, made++, {}, root.prices, branchOf(root)});
  while (!open.empty() && search.spent < flows) {
    bound.extra = open.top().bound;
    if (bound.extra >= best->cost || (enough && bound.extra >= *enough))
      break;
    Part part = open.top();
    open.pop();
    for (bool selected : {true, false}) {
      std::vector<CutDecision> decisions = part.decisions;
      decisions.push_back({part.branch, selected});
      explore(std::move(decisions), part.prices, part.bound, partFlows);
    }
  }
  bound.extra = open.empty() ? best->cost : std::min(best->cost, open.top().bound);
  setChoice(bound, model, *best, true, limit);
  bound.flows = search.spent;
  return bound;
}

} // namespace

std::vector<int32_t> cutsAbove(const SearchGraph &graph, int64_t limit, size_t most) {
  std::vector<int64_t> profile = baseProfile(graph);
  std::vector<int32_t> cuts;
  int32_t ops = graph.opCount();
  for (int32_t op = 0; op < ops; ++op)
    if (profile[op] > limit && (op == 0 || profile[op] >= profile[op - 1]) &&
        (op == ops - 1 || profile[op] > profile[op + 1]))
      cuts.push_back(op);
  std::sort(cuts.begin(), cuts.end(), [&](int32_t a, int32_t b) {
    return profile[a] != profile[b] ? profile[a] > profile[b] : a < b;
  });
  if (cuts.size() > most)
    cuts.resize(most);
  return cuts;
}

CutBound singleCutBound(const SearchGraph &graph, int64_t limit, int32_t cut, int64_t flows) {
  CutModel model(graph, {cut});
  int64_t room = limit - model.workingSet(0);
  PriceSearch search(model, room);
  PriceSearch::Outcome outcome = search.run(flows, std::nullopt);
  if (outcome.infeasible)
    return refuse(model, 0, outcome.over->bytes[0], search.spent);
  CutBound bound;
  bound.extra = outcome.bound;
  bound.prices = outcome.prices;
  bound.flows = search.spent;
  setChoice(bound, model, *outcome.within, true, limit);
  return bound;
}

namespace {

/// Half of `most` from the front of `all`, the highest, and the highest of as many
/// equal stretches of base order.
std::vector<int32_t> someCuts(const std::vector<int32_t> &all, size_t most) {
  if (all.size() <= most)
    return all;
  if (most < 2)
    return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(most)};
  std::vector<int32_t> some(all.begin(), all.begin() + (most + 1) / 2);
  auto [first, last] = std::minmax_element(all.begin(), all.end());
  auto count = static_cast<int64_t>(most / 2);
  std::vector<char> taken(count, 0);
  for (int32_t cut : all)
    if (char &isTaken = taken[(cut - *first) * count / (*last - *first + 1)]; !isTaken) {
      isTaken = 1;
      if (std::find(some.begin(), some.end(), cut) == some.end())
        some.push_back(cut);
    }
  return some;
}

} // namespace

CutBound bestSingleCutBound(const SearchGraph &graph, int64_t limit, size_t most, int64_t flows) {
  CutBound best;
  int64_t spent = 0;
  std::vector<CutExtra> tried;
  for (int32_t cut : someCuts(cutsAbove(graph, limit, graph.opCount()), most)) {
    CutBound bound = singleCutBound(graph, limit, cut, flows);
    spent += bound.flows;
    tried.push_back({cut, bound.extra});
    if (bound.infeasible || bound.extra > best.extra || best.choices.empty())
      best = std::move(bound);
    if (best.infeasible)
      break;
  }
  best.flows = spent;
  best.tried = std::move(tried);
  return best;
}

CutBound branchedCutBound(const SearchGraph &graph, int64_t limit, int32_t cut, int64_t flows,
                          std::optional<int64_t> enough) {
  return BranchSearch(graph, limit, cut).run(flows, enough);
}

} // namespace remat::planning::search
