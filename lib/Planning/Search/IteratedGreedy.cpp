//===- IteratedGreedy.cpp - destroy a little, repair, keep the better -----===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/IteratedGreedy.h"

#include <algorithm>
#include <cstdlib>

namespace remat::planning::search {

namespace {

constexpr int64_t kFinest = 1024; ///< shares are counted in 1/1024

class Improver {
public:
  Improver(Repairer &repairer, const ImproveOptions &options)
      : repairer(repairer), state(repairer.state()), dice(repairer.random()), options(options) {}

  std::pair<Recomputations, int64_t> run(const Recomputations &start);

private:
  void restart();
  bool destroy();
  void eraseSome(std::vector<Recomputation> &runs, size_t many);
  bool accepts(int64_t cost, int64_t heat);

  Repairer &repairer;
  SearchState &state;
  Random &dice;
  const ImproveOptions &options;
  Recomputations best;
  int64_t bestCost = 0, current = 0;
};

void Improver::restart() {
  state.reset(best);
  repairer.updatePrices();
  current = bestCost;
}

void Improver::eraseSome(std::vector<Recomputation> &runs, size_t many) {
  for (size_t i = 0; i < std::min(many, runs.size()); ++i)
    if (Key key = SearchState::keyOf(runs[i].stage, runs[i].op); state.runsAt(runs[i].op, key))
      state.erase(runs[i].op, key);
}

/// Takes something away. Returns false if nothing changed.
bool Improver::destroy() {
  std::vector<Recomputation> runs = state.recomputations();
  repairer.addWork(state.graph().opCount() / 16 + state.recomputationCount());
  auto all = static_cast<int64_t>(runs.size());
  auto many = static_cast<size_t>(1 + dice.below(std::min<int64_t>(all, dice.oneIn(4) ? 30 : 6)));
  Recomputation centre = runs[dice.below(all)];
  auto nearest = [&](auto distance) {
    size_t end = std::min(many, runs.size());
    std::partial_sort(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(end), runs.end(),
                      [&](Recomputation a, Recomputation b) {
                        int32_t x = distance(a), y = distance(b);
                        return x != y ? x < y : a < b;
                      });
  };
  switch (dice.below(4)) {
  case 0:
    for (size_t i = 0; i < many; ++i)
      std::swap(runs[i], runs[i + static_cast<size_t>(dice.below(all - static_cast<int64_t>(i)))]);
    break;
  case 1:
    nearest([&](Recomputation one) { return std::abs(one.op - centre.op); });
    break;
  case 2:
    nearest([&](Recomputation one) { return std::abs(one.stage - centre.stage); });
    break;
  default: {
    auto far = static_cast<int32_t>(1 + dice.smallBelow(12));
    // One number at a time: a call's arguments have no order.
    bool back = dice.oneIn(2), whole = dice.oneIn(2);
    return repairer.shiftGroup(centre.op, centre.stage, centre.stage + (back ? -far : far), whole);
  }
  }
  eraseSome(runs, many);
  return true;
}

/// Better is always taken; worse by d with the chance that a random share of the
/// heat exceeds d.
bool Improver::accepts(int64_t cost, int64_t heat) {
  int64_t share = dice.below(kFinest);
  return cost <= current || (cost - current) <= heat / kFinest * (share * share / kFinest);
}

std::pair<Recomputations, int64_t> Improver::run(const Recomputations &start) {
  state.reset(start);
  repairer.updatePrices();
  repairer.prune();
  state.commit();
  best = state.recomputations();
  bestCost = state.extraCost();
  current = bestCost;
  int64_t begin = repairer.work(), heat = 0, rounds = 0;
  while (bestCost > options.goal) {
    int64_t spent = repairer.work() - begin;
    if (spent >= options.work || state.recomputationCount() == 0)
      break;
    if (int64_t now = options.heats * spent / options.work; now != heat) {
      heat = now;
      restart();
    }
    if (++rounds % 16 == 0) {
      repairer.updatePrices();
      repairer.addWork(state.graph().opCount() / 8);
      if (options.goOn && !options.goOn())
        break;
    }
    state.commit();
    repairer.addWork(16);
    if (!destroy()) {
      state.undo(0);
      continue;
    }
    repairer.setPrice(repairer.usualPrice() * (int64_t(1) << dice.below(12)) / 16);
    RepairOptions repair;
    repair.noise = dice.below(154);
    repair.costLimit = current + current / 3 + repairer.usualPrice();
    repair.breadth = 4 << dice.below(3);
    bool fits = repairer.repair(repair);
    if (fits)
      repairer.prune();
    int64_t left = kFinest - (spent * options.heats % options.work) * kFinest / options.work;
    int64_t temperature = static_cast<int64_t>(
        static_cast<__int128>(std::max(current, repairer.usualPrice())) * left / kFinest / 20);
    if (!fits || !accepts(state.extraCost(), temperature)) {
      state.undo(0);
      continue;
    }
    current = state.extraCost();
    if (current < bestCost) {
      best = state.recomputations();
      bestCost = current;
    }
  }
  state.reset(best);
  return {best, bestCost};
}

} // namespace

std::pair<Recomputations, int64_t> improve(Repairer &repairer, const Recomputations &start,
                                           const ImproveOptions &options) {
  return Improver(repairer, options).run(start);
}

} // namespace remat::planning::search
