//===- Solve.cpp - plans for joint graphs ---------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/JointSearch.h"
#include "remat/Planning/Recompute/JointSolver.h"
#include "remat/Planning/Recompute/Refusal.h"
#include "remat/Planning/Recompute/Witness.h"
#include "remat/Planning/Search/Best.h"
#include "remat/Planning/Search/NearbyPlan.h"

#include <algorithm>

namespace remat::planning {

/// Searches give up plans of 24 times the base cost.
constexpr int64_t kCostLimit = int64_t(1) << 57;

Status JointSolver::check() const {
  if (Status status = problem.check(); !status)
    return status;
  int64_t sum = 0;
  for (const Value &value : problem.graph.values)
    sum += value.bytes.count;
  if (sum >= kFormulaLimit)
    return Error{ErrorCode::InvalidInput, "the values sum to " + std::to_string(sum) +
                                              " bytes; strategies add up less than 2^60"};
  if (problem.baseCost().count >= kCostLimit)
    return Error{ErrorCode::InvalidInput,
                 "the costs sum to " + std::to_string(problem.baseCost().count) +
                     "; strategies take less than 2^57 for a step, as they multiply it"};
  return {};
}

/// Each granularity asked for; without scopes layers are clusters.
std::vector<Granularity> JointSolver::granularities() const {
  if (options.granularity)
    return {*options.granularity};
  std::vector<Granularity> all{Granularity::Op, Granularity::Cluster};
  if (std::ranges::any_of(problem.graph.ops, [](const Op &op) { return !op.scope.empty(); }))
    all.push_back(Granularity::Layer);
  return all;
}

/// Strategy best: from the plan given, where that comes within the budget, else
/// from nothing, with the other strategies' plans to start from.
void JointSolver::searchBest(CandidatePool &pool) {
  bool minimum = options.budget.kind == Budget::Kind::Minimum, offered = false;
  search::BestReport report;
  if (options.warmStart && result.budget) {
    report = search::offerWarm(problem, options, *result.budget, pool);
    count("warm_flows", report.flows);
    count("warm_work", report.work);
  }
  bool warm = options.warmStart && result.budget && pool.best();
  if (options.warmStart)
    count("warm", warm);
  if (!warm)
    report = search::offerBest(problem, options, minimum ? std::nullopt : result.budget, pool, [&] {
      if (offered || options.effort == Effort::Fast)
        return;
      offered = true;
      search(StrategyKind::Chen, pool);
      search(StrategyKind::Kusumoto, pool);
    });
  if (result.budget || minimum) // else every plan fits, the base order too
    result.bound = report.bound;
  floor = report.floor;
  count("flows", report.flows);
  count("work", report.work);
  if (report.stopped)
    remark = "stopped before the search was done";
}

/// Offers the candidates of every granularity; reports the nodes of the one that
/// made the answer.
void JointSolver::search(StrategyKind kind, CandidatePool &pool) {
  bool chen = kind == StrategyKind::Chen;
  std::vector<JointSearchReport> reports;
  std::vector<std::pair<int64_t, int64_t>> sizes;
  std::vector<Granularity> all = granularities();
  StrategyOptions part = options;
  for (Granularity granularity : all) {
    if (options.progress)
      part.progress = [&](double share) {
        return options.progress((static_cast<double>(reports.size()) + share) /
                                static_cast<double>(all.size()));
      };
    JointForward forward(problem, granularity);
    Candidate tag;
    tag.group = static_cast<int64_t>(reports.size());
    tag.origin = "granularity=" + std::string(toString(granularity));
    reports.push_back(chen ? offerChen(forward, part, tag, pool)
                           : offerKusumoto(forward, part, tag, pool));
    sizes.emplace_back(forward.nodeCount(), forward.edgeCount());
    if (reports.back().stopped)
      break;
  }
  if (kind != options.kind)
    return;
  const Candidate &shown = pool.best() ? *pool.best() : pool.smallest();
  count("nodes", sizes[shown.group].first);
  count("edges", sizes[shown.group].second);
  count("lower_sets", reports[shown.group].lowerSets);
  count("formula_bound", shown.bound);
  JointSearchReport sum;
  sum.tooLarge = true;
  for (const JointSearchReport &report : reports) {
    sum.programs += report.programs;
    sum.states += report.states;
    sum.grid = std::max(sum.grid, report.grid);
    sum.stopped |= report.stopped;
    sum.tooLarge &= report.tooLarge;
  }
  count("programs", sum.programs);
  count("states", sum.states);
  count("grid", sum.grid);
  if (sum.stopped)
    remark = "stopped before the search was done";
  else if (sum.tooLarge)
    remark = "family=exact was not searched, for the forward has more than " +
             std::to_string(maxJointLowerSets) + " lower sets on its " +
             std::to_string(sizes.back().first) +
             " nodes: use family=approx or a coarser granularity";
}

void JointSolver::accept(const Candidate &best) {
  result.plan = best.plan;
  bool proven = best.plan.cost == result.bound;
  result.status = proven ? PlanStatus::Optimal : PlanStatus::Feasible;
  bool minimum = options.budget.kind == Budget::Kind::Minimum;
  result.stopReason = remark + (remark.empty() ? "" : "; ") +
                      (minimum   ? "smallest peak of the candidates"
                       : !proven ? "cheapest of the candidates that fit"
                       : result.bound == problem.baseCost()
                           ? "no plan costs less than running every op once"
                           : "proven: no plan of " + std::string(orderName) + " is cheaper");
  if (!best.origin.empty())
    result.stopReason += ": " + best.origin;
}

std::vector<std::string> optionsForLess(const StrategyOptions &options, bool proven) {
  std::vector<std::string> found;
  if (!proven && options.kind != StrategyKind::Best)
    found.emplace_back("strategy=best");
  else if (!proven && options.effort != Effort::Max)
    found.emplace_back("effort=max");
  if (options.order != PlanOrder::Reorder)
    found.emplace_back("order=reorder");
  return found;
}

void JointSolver::refuse(const Candidate &smallest) {
  result.witness = witnessOf(problem, smallest.plan.schedule, *result.budget, floor);
  bool proven = *result.budget < result.witness->floor;
  result.status = proven ? PlanStatus::Infeasible : PlanStatus::NoPlanFound;
  result.stopReason =
      describeRefusal(problem, result, BudgetOf::Peak, remark, optionsForLess(options, proven));
}

PlanResult JointSolver::run() {
  result.strategy = toString(options.kind);
  if (options.kind == StrategyKind::Kusumoto)
    result.strategy += " family=" + std::string(toString(options.family)) +
                       " objective=" + std::string(toString(options.objective));
  if (options.kind == StrategyKind::Best)
    result.strategy += " effort=" + std::string(toString(options.effort));
  else if (options.kind != StrategyKind::None)
    result.strategy +=
        " granularity=" +
        std::string(options.granularity ? toString(*options.granularity) : "auto") +
        " last-segment=" + std::string(toString(options.lastSegment.value_or(LastSegment::Keep)));
  if (Status status = check(); !status) {
    result.status = PlanStatus::InvalidProblem;
    result.stopReason = status.error().message;
    return std::move(result);
  }
  Schedule base = baseSchedule(problem);
  result.bound = problem.baseCost();
  result.plainPeak = simulate(problem, base).peak;
  result.budget = limitOf(options.budget, result.plainPeak);

  // Without a limit every plan fits, and none is cheaper than the base order.
  bool unlimited = options.budget.kind == Budget::Kind::None;
  CandidatePool pool(problem, unlimited ? result.plainPeak : result.budget);
  Candidate plain;
  plain.plan.schedule = std::move(base);
  pool.offer(std::move(plain));
  floor = floorOf(problem);
  if (options.kind == StrategyKind::Best)
    searchBest(pool);
  else if (options.kind != StrategyKind::None)
    search(options.kind, pool);
  count("candidates", pool.offers());
  result.smallestPeak = pool.smallest().plan.peak;
  smallestSchedule = pool.smallest().plan.schedule;
  if (pool.best())
    accept(*pool.best());
  else
    refuse(pool.smallest());
  return std::move(result);
}

PlanResult solve(const Problem &problem, const StrategyOptions &options) {
  return options.order == PlanOrder::Base ? JointSolver(problem, options).run()
                                          : solveReordered(problem, options);
}

} // namespace remat::planning
