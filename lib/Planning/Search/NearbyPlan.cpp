//===- NearbyPlan.cpp - plans out of plans at hand ------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/NearbyPlan.h"

#include "remat/Planning/Search/CutCandidates.h"
#include "remat/Planning/Search/CutRealise.h"
#include "remat/Planning/Search/IteratedGreedy.h"
#include "remat/Planning/Search/JointBound.h"
#include "remat/Planning/Search/RefittedPlans.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace remat::planning::search {

namespace {

/// Starts tried when a peak is lowered.
constexpr size_t kShrinkStarts = 3;
/// A peak is lowered by no less than a share of it.
constexpr int64_t kFinestStep = 4000;
/// Starts tried for a warm plan; and how much dearer long lives are in its sweep.
constexpr size_t kWarmStarts = 4;
constexpr int64_t kEagerness = 20;

bool isSmaller(const Measured &a, const Measured &b) {
  return std::tie(a.peak, a.extra, a.recomputations) < std::tie(b.peak, b.extra, b.recomputations);
}

/// The recomputations of `given` that this graph allows.
Recomputations allowed(const SearchGraph &graph, Recomputations given) {
  std::erase_if(given, [&](Recomputation one) {
    return one.op < 0 || one.op >= one.stage || one.stage > graph.opCount() ||
           !graph.recomputable(one.op);
  });
  std::sort(given.begin(), given.end());
  given.erase(std::unique(given.begin(), given.end()), given.end());
  return given;
}

} // namespace

std::optional<Measured> planNear(const SearchGraph &graph, int64_t limit,
                                 const std::vector<const Measured *> &starts,
                                 const NearbyOptions &options, int64_t &work) {
  Repairer repairer(graph, limit, 3);
  std::optional<Measured> best;
  for (const Measured *start : starts) {
    RepairOptions repair;
    repair.costLimit = best ? best->extra : repairer.dearest();
    repair.work = options.repairWork;
    if (start->extra > repair.costLimit)
      continue;
    std::optional<Measured> plan = repairer.planFrom(*start, repair);
    if (!plan)
      continue;
    if (!best || plan->extra < best->extra)
      best = std::move(plan);
    if (options.anyPlan)
      break;
  }
  if (best && best->extra > options.goal && options.improveWork > 0) {
    ImproveOptions improvement;
    improvement.work = options.improveWork;
    improvement.goal = options.goal;
    improvement.heats = 2;
    improvement.goOn = options.goOn;
    best = measure(graph, improve(repairer, best->recomputations, improvement).first);
  }
  work += repairer.work();
  return best;
}

Measured shrinkPeak(const SearchGraph &graph, const std::vector<Measured> &plans, int64_t floor,
                    int64_t allowance, const std::function<bool()> &goOn, int64_t &work) {
  std::vector<Measured> smallest = plans;
  std::sort(smallest.begin(), smallest.end(), isSmaller);
  smallest.resize(std::min(smallest.size(), kShrinkStarts));
  NearbyOptions options;
  options.repairWork = allowance / 20;
  options.anyPlan = true;
  Measured base = measure(graph, {});
  auto lowerTo = [&](int64_t limit) {
    std::vector<const Measured *> starts;
    for (const Measured &plan : smallest)
      starts.push_back(&plan);
    std::optional<Measured> plan = planNear(graph, limit, starts, options, work);
    if (!plan) {
      starts.push_back(&base);
      RefittedPlans refits(graph, limit);
      refits.run(starts, {options.repairWork, std::numeric_limits<int64_t>::max(), goOn});
      work += refits.work();
      if (!refits.plans().empty())
        plan = std::move(refits.plans().front());
    }
    if (!plan)
      return false;
    smallest.insert(smallest.begin(), std::move(*plan));
    smallest.resize(std::min(smallest.size(), kShrinkStarts));
    return true;
  };
  int64_t end = work + allowance, step = (smallest.front().peak - floor) / 8;
  while (work < end && step > smallest.front().peak / kFinestStep && goOn()) {
    if (lowerTo(std::max(smallest.front().peak - step, floor)))
      step = std::min(2 * step, (smallest.front().peak - floor) / 2);
    else
      step /= 4;
  }
  if (int64_t left = smallest.front().peak - floor;
      left > 0 && left <= smallest.front().peak / kFinestStep * 8 + 8)
    lowerTo(floor);
  return smallest.front();
}

BestReport offerWarm(const Problem &problem, const StrategyOptions &options, Bytes limit,
                     CandidatePool &pool) {
  SearchGraph graph(problem);
  Limits limits = limitsOf(options.effort, graph.opCount());
  BestReport report;
  report.floor = floorOf(problem);
  report.bound = problem.baseCost();
  if (limit < report.floor.bytes)
    return report;
  int64_t room = limit.count - graph.fixedBytes();
  CutBound cuts = bestSingleCutBound(graph, room, 1, limits.boundFlows / 12);
  report.flows = cuts.flows;
  if (cuts.infeasible) {
    report.floor = {Bytes(cuts.least + graph.fixedBytes()), cuts.witness};
    return report;
  }
  std::vector<Measured> plans{
      measure(graph, allowed(graph, recomputationsOf(graph, *options.warmStart)))};
  JointBoundOptions joint;
  joint.flows = limits.boundFlows / 2;
  joint.offer = [&](std::span<const CutChoice> choices) {
    plans.push_back(measure(graph, realiseJustInTime(graph, choices)));
  };
  cuts = jointBound(graph, room, cuts, joint);
  report.flows = cuts.flows; // the single cuts' among them
  report.bound += Cost(cuts.extra);
  if (!cuts.choices.empty())
    plans.push_back(measure(graph, realiseJustInTime(graph, cuts.choices)));
  CutSweep sweep(graph, turnsOf(problem, graph).back(), kEagerness, [&](const Measured &plan) {
    if (plan.peak <= room + room / 20)
      plans.push_back(plan);
  });
  sweep.aim(room);
  report.flows += sweep.flows();
  std::vector<const Measured *> starts;
  for (const Measured &plan : plans)
    starts.push_back(&plan);
  // The old plan, then the cheapest of the bound and the sweep.
  std::sort(starts.begin() + 1, starts.end(), [](const Measured *a, const Measured *b) {
    return a->extra != b->extra ? a->extra < b->extra : a < b; // places in `plans`
  });
  starts.resize(std::min(starts.size(), kWarmStarts));

  NearbyOptions nearby;
  nearby.repairWork = std::max<int64_t>(limits.work / 40, 50 * int64_t(graph.opCount()));
  nearby.improveWork = limits.work / 12; // a fifth of a short cold search, repairs too
  nearby.goal = cuts.extra;
  nearby.goOn = [&] {
    if (!report.stopped && options.progress && !options.progress(0.5))
      report.stopped = true;
    return !report.stopped;
  };
  if (std::optional<Measured> plan = planNear(graph, room, starts, nearby, report.work)) {
    Candidate candidate;
    candidate.plan.schedule = scheduleOf(graph, plan->recomputations);
    pool.offer(std::move(candidate));
  }
  return report;
}

} // namespace remat::planning::search
