//===- DualAscent.cpp - best prices of several cuts -----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DualAscent.h"

#include "remat/Planning/Search/CutRealise.h"

#include <algorithm>

namespace remat::planning::search {

DualAscent::DualAscent(const SearchGraph &graph, int64_t limit, const PricedCuts &start,
                       std::vector<KnownRun> known)
    : cuts(start.cuts), model(graph, start.cuts,
                              [&] {
                                CutModel::Options options;
                                options.known = std::move(known);
                                return options;
                              }()),
      direction(cuts.size(), 0) {
  for (int32_t k = 0; k < model.cutCount(); ++k)
    room.push_back(limit - model.workingSet(k));
  scale(start);
  bestAt = prices;
}

/// Takes over the prices with the finest scale at which all of them may double
/// at least, and every other cut reach the highest.
void DualAscent::scale(const PricedCuts &start) {
  int64_t highest = *std::max_element(start.at.bytes.begin(), start.at.bytes.end());
  constexpr int maxShift = 58;
  for (int shift = maxShift; shift >= 0; --shift) {
    prices.cost = int64_t(1) << shift;
    auto scaled = [&](int64_t price) {
      return (static_cast<__int128>(price) << shift) / std::max<int64_t>(start.at.cost, 1);
    };
    if (2 * scaled(highest) >= kUnboundedFlow)
      continue;
    prices.bytes.assign(cuts.size(), static_cast<int64_t>(2 * scaled(highest)));
    if (shift > 0 && !model.fits(prices))
      continue;
    for (size_t k = 0; k < cuts.size(); ++k)
      prices.bytes[k] = static_cast<int64_t>(scaled(start.at.bytes[k]));
    return;
  }
}

__int128 DualAscent::evaluate(const CutPrices &at) {
  ++flowsSpent;
  current = model.solve(at);
  __int128 dual = current.value;
  bool fits = true;
  for (int32_t k = 0; k < model.cutCount(); ++k) {
    dual -= static_cast<__int128>(at.bytes[k]) * room[k];
    fits &= current.bytes[k] <= room[k];
  }
  if (fits && (!cheapest || current.cost < cheapest->cost))
    cheapest = current;
  if (!fits && (!outside || dual > outsideDual)) {
    outside = current;
    outsideDual = dual;
  }
  // Scales are the same in one ascent, so dual values compare.
  if (best < 0 || dual > bestDual) {
    bestDual = dual;
    bestAt = at;
    atBest = current;
    best = std::max(best, static_cast<int64_t>(std::max<__int128>(ceilDiv(dual, at.cost), 0)));
  }
  return dual;
}

/// Moves the prices towards `target` (a dual value); whether they moved.
bool DualAscent::step(__int128 dual, __int128 target) {
  __int128 norm = 0;
  for (int32_t k = 0; k < model.cutCount(); ++k) {
    direction[k] = current.bytes[k] - room[k] + direction[k] * 3 / 5;
    if (prices.bytes[k] == 0 && direction[k] < 0)
      direction[k] = 0;
    norm += direction[k] * direction[k];
  }
  if (norm == 0)
    return false;
  CutPrices next = prices;
  for (__int128 gap = target - dual; gap > 0; gap /= 2) {
    for (int32_t k = 0; k < model.cutCount(); ++k) {
      // Bytes are below 2^60 and the gap is below 2^62: 128 bits suffice.
      __int128 price = prices.bytes[k] + gap * direction[k] / norm;
      next.bytes[k] = static_cast<int64_t>(std::clamp<__int128>(price, 0, kUnboundedFlow));
    }
    if (!model.fits(next))
      continue;
    bool moved = next.bytes != prices.bytes;
    prices = next;
    return moved;
  }
  return false;
}

void DualAscent::climb(int64_t flows, std::optional<int64_t> enough) {
  constexpr int patience = 8;       // flows without progress before the aim is halved
  constexpr int64_t firstAim = 10;  // begin by aiming a tenth above the start
  constexpr int64_t lastAim = 1000; // a thousandth of the bound is not worth a flow
  int64_t end = flowsSpent + flows;
  prices = bestAt;
  std::fill(direction.begin(), direction.end(), 0);
  __int128 dual = evaluate(prices);
  __int128 aim = std::max<__int128>(bestDual / firstAim, prices.cost);
  if (enough)
    aim = std::min(aim, static_cast<__int128>(*enough) * prices.cost - bestDual);
  __int128 mark = bestDual;
  for (int without = 0; flowsSpent < end && aim > bestDual / lastAim;) {
    if (enough && best >= *enough)
      return;
    if (!step(dual, bestDual + aim)) {
      aim /= 2;
      prices = bestAt;
      current = atBest;
      dual = bestDual;
      std::fill(direction.begin(), direction.end(), 0);
      if (!step(dual, bestDual + aim))
        return;
    }
    dual = evaluate(prices);
    if (bestDual > mark + aim / 20) {
      mark = bestDual;
      without = 0;
    } else if (++without == patience) {
      without = 0;
      aim /= 2;
      prices = bestAt;
      current = atBest;
      dual = bestDual;
      std::fill(direction.begin(), direction.end(), 0);
    }
  }
}

void DualAscent::raise(int32_t cut, int64_t flows) {
  struct Line {
    int64_t price;
    __int128 dual; ///< at `price`
    int64_t slope;
  };
  int64_t end = flowsSpent + flows;
  prices = bestAt;
  evaluate(prices);
  auto k = std::lower_bound(cuts.begin(), cuts.end(), cut) - cuts.begin();
  Line low{prices.bytes[k], bestDual, atBest.bytes[k] - room[k]};
  std::optional<Line> high;
  int64_t next = *std::max_element(prices.bytes.begin(), prices.bytes.end());
  while (low.slope > 0 && flowsSpent < end && next > low.price && (!high || next < high->price)) {
    prices.bytes[k] = next;
    if (!model.fits(prices))
      return;
    Line line{next, evaluate(prices), current.bytes[k] - room[k]};
    (line.slope > 0 ? low : high.emplace()) = line;
    if (high) { // where the lines meet
      __int128 rise =
          high->dual - low.dual - static_cast<__int128>(high->slope) * (high->price - low.price);
      next = low.price + static_cast<int64_t>(rise / (low.slope - high->slope));
    } else {
      next = std::min(2 * low.price, kUnboundedFlow);
    }
  }
}

void DualAscent::lookWithin() {
  constexpr int64_t share = 64;
  CutPrices above = bestAt;
  for (int64_t &price : above.bytes)
    price += price / share + 1;
  if (!cheapest && model.fits(above))
    evaluate(above);
}

std::vector<CutChoice> DualAscent::choicesOf(const CutSolution &solution) const {
  std::vector<CutChoice> result;
  for (int32_t k = 0; k < model.cutCount(); ++k)
    result.push_back({model.cut(k), room[k], solution.bytes[k], model.stored(solution, k),
                      model.again(solution, k)});
  return result;
}

void DualAscent::report(CutBound &result) const {
  const CutSolution &solution = cheapest ? *cheapest : atBest;
  result.extra = std::max(result.extra, best);
  result.prices = bestAt;
  result.choices = choicesOf(solution);
  result.choiceCost = solution.cost;
  result.choiceFits = cheapest.has_value();
}

std::optional<KnownRun> DualAscent::branch() {
  CutPrices probe = bestAt;
  for (int64_t &price : probe.bytes)
    price = std::max<int64_t>(price, 1); // or what runs again there for nothing would not
  if (model.fits(probe)) {
    ++flowsSpent;
    if (std::optional<KnownRun> run = model.undercounted(model.solve(probe), probe))
      return run;
  }
  if (cheapest && cheapest->cost <= best)
    return std::nullopt;
  if (cheapest && outside)
    if (std::optional<KnownRun> run = model.disputed(*cheapest, *outside))
      return run;
  return model.dearest(atBest);
}

int32_t worstOp(const SearchGraph &graph, int64_t limit, std::span<const CutChoice> choices,
                std::span<const int32_t> cuts, std::span<const char> tries) {
  constexpr char mostTries = 3;
  std::vector<int64_t> profile = profileAtBaseOps(graph, realiseJustInTime(graph, choices));
  int32_t worst = -1;
  for (int32_t op = 0; op < graph.opCount(); ++op)
    if (profile[op] > limit && tries[op] < mostTries &&
        (worst < 0 || profile[op] > profile[worst]) &&
        !std::binary_search(cuts.begin(), cuts.end(), op))
      worst = op;
  return worst;
}

void join(PricedCuts &prices, int32_t cut) {
  auto place = std::lower_bound(prices.cuts.begin(), prices.cuts.end(), cut);
  prices.at.bytes.insert(prices.at.bytes.begin() + (place - prices.cuts.begin()), 0);
  prices.cuts.insert(place, cut);
}

void leave(PricedCuts &prices) {
  PricedCuts kept{{}, {prices.at.cost, {}}};
  for (size_t k = 0; k < prices.cuts.size(); ++k)
    if (prices.at.bytes[k] > 0) {
      kept.cuts.push_back(prices.cuts[k]);
      kept.at.bytes.push_back(prices.at.bytes[k]);
    }
  if (!kept.cuts.empty())
    prices = std::move(kept);
}

} // namespace remat::planning::search
