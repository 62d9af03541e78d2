//===- Solve.cpp - plans for joint graphs ---------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/JointSearch.h"
#include "remat/Planning/Recompute/Refusal.h"
#include "remat/Planning/Recompute/Strategy.h"
#include "remat/Planning/Recompute/Witness.h"
#include "remat/Planning/Search/Best.h"
#include "remat/Planning/Search/NearbyPlan.h"
#include "remat/Planning/Search/Reorder.h"

#include <algorithm>
#include <tuple>

namespace remat::planning {

namespace {

/// Plans in one order: the base order of `problem`, which messages call `orderName`.
class JointSolver {
public:
  JointSolver(const Problem &problem, const StrategyOptions &options,
              const char *orderName = "this base order")
      : problem(problem), options(options), orderName(orderName) {}

  PlanResult run();
  /// The schedule of the smallest peak, after a run on a valid problem.
  const Schedule &smallest() const { return smallestSchedule; }

private:
  Status check() const;
  std::vector<Granularity> granularities() const;
  void search(StrategyKind kind, CandidatePool &pool);
  void searchBest(CandidatePool &pool);
  void accept(const Candidate &best);
  void refuse(const Candidate &smallest);
  void count(const char *key, int64_t number) { result.statistics.emplace_back(key, number); }

  const Problem &problem;
  const StrategyOptions &options;
  const char *orderName;
  PlanResult result;
  Schedule smallestSchedule;
  Floor floor;        ///< proven
  std::string remark; ///< what came between, for `stopReason`
};

Status JointSolver::check() const {
  if (Status status = problem.check(); !status)
    return status;
  int64_t sum = 0;
  for (const Value &value : problem.graph.values)
    sum += value.bytes.count;
  if (sum >= kFormulaLimit)
    return Error{ErrorCode::InvalidInput, "the values sum to " + std::to_string(sum) +
                                              " bytes; strategies add up less than 2^60"};
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

void JointSolver::refuse(const Candidate &smallest) {
  result.witness = witnessOf(problem, smallest.plan.schedule, *result.budget, floor);
  bool proven = *result.budget < result.witness->floor;
  result.status = proven ? PlanStatus::Infeasible : PlanStatus::NoPlanFound;
  result.stopReason = describeRefusal(problem, result, BudgetOf::Peak, remark);
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

/// Plans in the base order and in that of `search::reorder`.
class OrderSolver {
public:
  OrderSolver(const Problem &problem, const StrategyOptions &options)
      : problem(problem), options(options) {}

  PlanResult run();

private:
  StrategyOptions half(double from);
  void toBaseIds(Schedule &schedule) const;
  bool isBetter(const Plan &plan, const Plan &than) const;
  PlanResult choose(PlanResult base, PlanResult moved) const;
  PlanResult refuse(PlanResult base, const PlanResult &moved, const Schedule &smallest) const;

  const Problem &problem;
  const StrategyOptions &options;
  search::Order order;
  bool stopped = false; ///< by `options.progress`
};

/// Options for one of the two orders, which is half of the work.
StrategyOptions OrderSolver::half(double from) {
  StrategyOptions part = options;
  part.warmStart.reset();
  if (options.progress)
    part.progress = [this, from](double share) {
      stopped = stopped || !options.progress(from + share / 2);
      return !stopped;
    };
  return part;
}

/// From ops of the permuted problem to those of `problem`.
void OrderSolver::toBaseIds(Schedule &schedule) const {
  for (OpId &op : schedule)
    op = order[op];
}

bool OrderSolver::isBetter(const Plan &plan, const Plan &than) const {
  return options.budget.kind == Budget::Kind::Minimum
             ? std::tie(plan.peak, plan.cost) < std::tie(than.peak, than.cost)
             : std::tie(plan.cost, plan.peak) < std::tie(than.cost, than.peak);
}

/// The better of two answers of which one has a plan.
PlanResult OrderSolver::choose(PlanResult base, PlanResult moved) const {
  if (!moved.plan || (base.plan && !isBetter(*moved.plan, *base.plan))) {
    base.stopReason += "; in the base order, of which the bound speaks: the reordered one gave "
                       "nothing better";
    return base;
  }
  toBaseIds(moved.plan->schedule);
  moved.plan->order = PlanOrder::Reorder;
  moved.stopReason += "; in the reordered order, of which the bound speaks";
  return moved;
}

/// What is proven of either order is not proven of every order: the floor is.
PlanResult OrderSolver::refuse(PlanResult base, const PlanResult &moved,
                               const Schedule &smallest) const {
  Floor floor = floorOf(problem);
  std::string remark = base.status == PlanStatus::Infeasible &&
                               moved.status == PlanStatus::Infeasible && *base.budget >= floor.bytes
                           ? "it is proven that none fits in the base order or the reordered one"
                           : "";
  base.status = *base.budget < floor.bytes ? PlanStatus::Infeasible : PlanStatus::NoPlanFound;
  base.bound = problem.baseCost();
  base.witness = witnessOf(problem, smallest, *base.budget, floor);
  base.stopReason = describeRefusal(problem, base, BudgetOf::Peak, remark);
  return base;
}

PlanResult OrderSolver::run() {
  StrategyOptions part = half(0);
  JointSolver baseSolver(problem, part);
  PlanResult base = baseSolver.run();
  base.strategy += " order=reorder";
  if (base.status == PlanStatus::InvalidProblem)
    return base;
  order = search::reorder(problem);
  if (std::ranges::is_sorted(order)) {
    if (base.plan)
      base.stopReason += "; in the base order, of which the bound speaks: no other order was "
                         "found that needs less";
    else
      base = refuse(base, base, baseSolver.smallest());
    return base;
  }
  Problem permuted = search::permuted(problem, order);
  part = half(0.5);
  if (options.budget.kind == Budget::Kind::Percent) // of the base order's peak
    part.budget = {Budget::Kind::Bytes, base.budget->count};
  JointSolver movedSolver(permuted, part, "the reordered order");
  PlanResult moved = movedSolver.run();
  int64_t movedPeak = moved.plainPeak.count;
  bool movedIsSmaller = moved.smallestPeak < base.smallestPeak;
  Bytes smallestPeak = std::min(base.smallestPeak, moved.smallestPeak);
  moved.strategy = base.strategy;
  moved.plainPeak = base.plainPeak;
  base.smallestPeak = moved.smallestPeak = smallestPeak;
  Schedule smallest = movedIsSmaller ? movedSolver.smallest() : baseSolver.smallest();
  if (movedIsSmaller)
    toBaseIds(smallest);
  PlanResult result = base.plan || moved.plan ? choose(std::move(base), std::move(moved))
                                              : refuse(std::move(base), moved, smallest);
  result.statistics.emplace_back("reordered_plain_peak", movedPeak);
  return result;
}

} // namespace

PlanResult solve(const Problem &problem, const StrategyOptions &options) {
  return options.order == PlanOrder::Base ? JointSolver(problem, options).run()
                                          : OrderSolver(problem, options).run();
}

} // namespace remat::planning
