//===- Pareto.cpp - cost against budget, as a curve -----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Pareto.h"

#include "remat/Planning/Recompute/Simulator.h"
#include "remat/Planning/Search/CutCandidates.h"
#include "remat/Planning/Search/CutRealise.h"
#include "remat/Planning/Search/JointBound.h"
#include "remat/Planning/Search/LineBound.h"
#include "remat/Planning/Search/NearbyPlan.h"

#include <algorithm>

namespace remat::planning {

namespace {

using namespace remat::planning::search;

/// Work and flows that a curve may spend when its first plan took hardly any.
constexpr int64_t kWorkPerOp = 100, kFlows = 60;
/// Cuts that bound the curve.
constexpr size_t kCuts = 3;

int64_t statistic(const PlanResult &result, std::string_view name) {
  for (const auto &[key, number] : result.statistics)
    if (key == name)
      return number;
  return 0;
}

int32_t pointsOf(Effort effort) {
  switch (effort) {
  case Effort::Fast:
    return 8;
  case Effort::Default:
    return 16;
  case Effort::Max:
    return 32;
  }
  return 16;
}

class CurveSearch {
public:
  CurveSearch(const Problem &problem, const StrategyOptions &options)
      : problem(problem), options(options), graph(problem), bounds(graph),
        limits(limitsOf(options.effort, graph.opCount())) {}

  ParetoCurve run();

private:
  void planMiddle(int64_t middle);
  void sweep();
  void boundAll(int64_t allowance);
  void boundSome(int64_t smallest);
  void walk(int64_t smallest);
  void planAt(int64_t limit, bool onlyBelow, int64_t allowance);
  void keep(Measured plan);
  bool goOn();
  void finish();

  const Problem &problem;
  const StrategyOptions &options;
  SearchGraph graph;
  LineBound bounds;
  Limits limits;
  ParetoCurve curve;
  /// By peak, ascending, costs falling: none as small and as cheap as another.
  std::vector<Measured> plans;
  int64_t floor = 0;
  int64_t work = 0, flows = 0, planWork = 0, planFlows = 0;
  int64_t workEnd = 0, flowEnd = 0;
  int32_t steps = 0, stepsDone = 0;
};

bool CurveSearch::goOn() {
  double share = 0.5 + 0.5 * stepsDone / std::max(steps, 1);
  if (!curve.stopped && options.progress && !options.progress(std::min(share, 1.0)))
    curve.stopped = true;
  return !curve.stopped;
}

void CurveSearch::keep(Measured plan) {
  auto at = std::lower_bound(plans.begin(), plans.end(), plan.peak,
                             [](const Measured &other, int64_t peak) { return other.peak < peak; });
  if ((at != plans.begin() && std::prev(at)->extra <= plan.extra) ||
      (at != plans.end() && at->peak == plan.peak && at->extra <= plan.extra))
    return;
  auto end = at;
  while (end != plans.end() && end->extra >= plan.extra)
    ++end;
  plans.insert(plans.erase(at, end), std::move(plan));
}

/// The one plan from nothing; the rest may take twice as much again.
void CurveSearch::planMiddle(int64_t middle) {
  StrategyOptions one = options;
  one.kind = StrategyKind::Best;
  one.warmStart.reset();
  one.order = PlanOrder::Base;
  one.budget = {Budget::Kind::Bytes, std::max<int64_t>(middle + graph.fixedBytes(), 1)};
  if (options.progress)
    one.progress = [&](double share) { return options.progress(share / 2); };
  PlanResult result = solve(problem, one);
  if (result.plan)
    keep(measure(graph, recomputationsOf(graph, result.plan->schedule)));
  bounds.addPoint(middle, result.bound.count - graph.baseCost());
  planWork = work = statistic(result, "work");
  planFlows = flows = statistic(result, "flows");
  workEnd = work + 2 * std::max(planWork, kWorkPerOp * graph.opCount());
  flowEnd = flows + 2 * std::max(planFlows, kFlows);
}

/// The plans of one cut at many prices: a first curve, to be filled and improved.
void CurveSearch::sweep() {
  for (int64_t eagerness : {20, 300})
    for (int32_t cut : turnsOf(problem, graph)) {
      if ((flows - planFlows) * 3 > flowEnd - planFlows)
        return;
      CutSweep sweep(graph, cut, eagerness, [this](const Measured &plan) { keep(plan); });
      sweep.spread(limits.spread);
      flows += sweep.flows();
    }
}

void CurveSearch::boundAll(int64_t allowance) {
  std::vector<int32_t> cuts = cutsAbove(graph, floor, kCuts);
  for (size_t i = 0; i < cuts.size() && flows + 2 <= flowEnd && goOn(); ++i)
    flows += bounds.addCut(
        cuts[i], std::min(allowance / static_cast<int64_t>(cuts.size()), flowEnd - flows));
}

/// Bounds of several cuts at a few budgets, with what is left of the flows; their
/// choices are plans to start from.
void CurveSearch::boundSome(int64_t smallest) {
  constexpr int64_t eighths[] = {4, 2, 1, 6};
  int64_t left = std::size(eighths);
  for (int64_t eighth : eighths) {
    int64_t limit = smallest + (plans.back().peak - smallest) / 8 * eighth;
    int64_t share = (flowEnd - flows) / left--;
    if (share < 20 || !goOn())
      continue;
    CutBound cuts = bestSingleCutBound(graph, limit, 1, share / 4);
    if (cuts.infeasible) {
      flows += cuts.flows;
      continue;
    }
    JointBoundOptions joint;
    joint.flows = (share - cuts.flows) * 9 / 10; // it ends a little later
    joint.offer = [this](std::span<const CutChoice> choices) {
      keep(measure(graph, realiseJustInTime(graph, choices)));
    };
    cuts = jointBound(graph, limit, cuts, joint);
    flows += cuts.flows; // the single cut's among them
    bounds.addPoint(limit, cuts.extra);
  }
}

/// Plans for `limit` from what is next to it on the curve.
void CurveSearch::planAt(int64_t limit, bool onlyBelow, int64_t allowance) {
  ++stepsDone;
  if (work >= workEnd || !goOn())
    return;
  auto above = std::find_if(plans.begin(), plans.end(),
                            [&](const Measured &plan) { return plan.peak > limit; });
  std::vector<Measured> copies;
  if (above != plans.begin())
    copies.push_back(*std::prev(above));
  if (above != plans.end() && !onlyBelow)
    copies.push_back(*above);
  std::vector<const Measured *> starts;
  for (const Measured &plan : copies)
    starts.push_back(&plan);
  NearbyOptions nearby;
  allowance = std::min(allowance, workEnd - work);
  nearby.repairWork = allowance / 4;
  nearby.improveWork = limits.work > 0 ? allowance / 2 : 0;
  nearby.goal = bounds.extraAt(limit);
  nearby.goOn = [this] { return goOn(); };
  if (std::optional<Measured> plan = planNear(graph, limit, starts, nearby, work))
    keep(std::move(*plan));
}

/// From the largest budget to the smallest, and up again, each from its
/// neighbours: what one finds the next one starts from.
void CurveSearch::walk(int64_t smallest) {
  int32_t points = pointsOf(options.effort);
  int64_t plain = plans.back().peak;
  auto limitAt = [&](int32_t point) {
    return smallest +
           static_cast<int64_t>(static_cast<__int128>(plain - smallest) * point / points);
  };
  steps = 2 * points;
  int64_t share = (workEnd - work) / (points + points / 2);
  for (int32_t point = points - 1; point >= 0; --point)
    planAt(limitAt(point), false, share);
  for (int32_t point = 1; point < points; ++point)
    planAt(limitAt(point), true, share / 2);
  // One plan a budget is enough for a curve.
  std::vector<Measured> shown;
  for (int32_t point = 0; point <= points; ++point) {
    auto above = std::find_if(plans.begin(), plans.end(),
                              [&](const Measured &plan) { return plan.peak > limitAt(point); });
    const Measured &plan = above == plans.begin() ? *above : *std::prev(above);
    if (shown.empty() || shown.back().peak < plan.peak)
      shown.push_back(plan);
  }
  plans = std::move(shown);
}

void CurveSearch::finish() {
  for (const Measured &plan : plans) {
    ParetoPoint point;
    point.plan.schedule = scheduleOf(graph, plan.recomputations);
    point.plan.peak = Bytes(plan.peak + graph.fixedBytes());
    point.plan.cost = Cost(graph.baseCost() + plan.extra);
    point.bound = Cost(graph.baseCost() + bounds.extraAt(plan.peak));
    curve.points.push_back(std::move(point));
  }
  curve.statistics = {
      {"flows", flows}, {"plan_flows", planFlows}, {"plan_work", planWork}, {"work", work}};
}

ParetoCurve CurveSearch::run() {
  curve.strategy = "best effort=" + std::string(toString(options.effort));
  curve.floor = floorOf(problem);
  floor = curve.floor.bytes.count - graph.fixedBytes();
  Measured plain = measure(graph, {});
  curve.plainPeak = Bytes(plain.peak + graph.fixedBytes());
  keep(plain);
  if (plain.peak > floor) {
    planMiddle(floor + (plain.peak - floor) / 3);
    sweep();
    boundAll((flowEnd - flows) / 3);
    if (bounds.floor() > floor) {
      floor = bounds.floor();
      curve.floor = {Bytes(floor + graph.fixedBytes()), bounds.floorOp()};
    }
    boundSome(plans.front().peak);
    if (plans.front().peak > floor && goOn())
      keep(shrinkPeak(graph, plans, floor, (workEnd - work) / 3, [this] { return goOn(); }, work));
    walk(plans.front().peak);
  }
  finish();
  return std::move(curve);
}

} // namespace

Result<ParetoCurve> paretoOf(const Problem &problem, const StrategyOptions &options) {
  StrategyOptions none;
  none.kind = StrategyKind::None;
  PlanResult plain = solve(problem, none);
  if (plain.status == PlanStatus::InvalidProblem)
    return Error{ErrorCode::InvalidInput, plain.stopReason};
  return CurveSearch(problem, options).run();
}

} // namespace remat::planning
