//===- RefittedPlans.cpp - many refits, the cheapest of them --------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/RefittedPlans.h"

#include <algorithm>
#include <limits>

namespace remat::planning::search {

namespace {

/// What is worth how much, from what led to the cheapest plans on most problems. The
/// first is the default.
constexpr RefitOptions kWays[] = {{4, true, 0, 4},  {1, false, 0, 4},  {2, true, 15, 4},
                                  {4, false, 0, 1}, {0, false, 0, 1},  {4, true, 0, 100},
                                  {2, false, 0, 4}, {1, true, 15, 4},  {0, true, 15, 4},
                                  {4, true, 15, 1}, {1, false, 0, 100}};
constexpr size_t kTrials = 2;    ///< ways tried with every guide
constexpr size_t kGuides = 4;    ///< tried in every way
constexpr size_t kPlans = 5;     ///< kept; strategy best improves no more
constexpr int64_t kNoise = 1024; ///< divides scores by 2 at most
constexpr int64_t kNone = std::numeric_limits<int64_t>::max();

} // namespace

/// Refits and prunes. Returns the extra cost, or kNone.
int64_t RefittedPlans::attempt(const Recomputations &guide, RefitOptions options) {
  options.ceiling = found.empty() ? 4 * repairer.dearest() : 2 * found.front().extra;
  std::optional<Measured> plan = refitter.refit(guide, limit, options, end - work());
  if (!plan)
    return kNone;
  if (plan->peak > limit) {
    if (!exceeding || plan->peak < exceeding->peak)
      exceeding = std::move(plan);
    return kNone;
  }
  if (found.empty() || plan->extra / 5 * 4 <= found.front().extra) {
    repairer.addWork(graph.opCount() / 4 + 8 * static_cast<int64_t>(plan->recomputations.size()));
    repairer.state().reset(plan->recomputations);
    repairer.prune();
    plan = measure(graph, repairer.state().recomputations());
  }
  int64_t extra = plan->extra;
  auto at = std::find_if(found.begin(), found.end(),
                         [&](const Measured &other) { return other.extra >= extra; });
  if (at == found.end() || at->extra != extra)
    found.insert(at, std::move(*plan));
  if (found.size() > kPlans)
    found.pop_back();
  return extra;
}

void RefittedPlans::run(std::span<const Measured *const> guides, const Options &options) {
  end = work() + options.allowance;
  std::vector<std::pair<int64_t, size_t>> order; // least extra cost, guide
  for (size_t guide = 0; guide < guides.size() && !isDone(options); ++guide) {
    int64_t least = kNone;
    for (size_t way = 0; way < kTrials; ++way)
      least = std::min(least, attempt(guides[guide]->recomputations, kWays[way]));
    order.emplace_back(least, guide);
  }
  std::sort(order.begin(), order.end());
  order.resize(std::min(order.size(), kGuides));
  for (size_t way = kTrials; way < std::size(kWays); ++way)
    for (const auto &[extra, guide] : order)
      if (!isDone(options))
        attempt(guides[guide]->recomputations, kWays[way]);
  Random &dice = repairer.random();
  while (!found.empty() && !isDone(options)) {
    RefitOptions noisy = kWays[dice.below(std::size(kWays))];
    noisy.noise = kNoise;
    noisy.seed = dice.next();
    size_t guide = order[dice.below(static_cast<int64_t>(order.size()))].second;
    attempt(guides[guide]->recomputations, noisy);
    repairer.addWork(100);
  }
}

} // namespace remat::planning::search
