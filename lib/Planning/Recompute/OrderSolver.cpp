//===- OrderSolver.cpp - plans in other orders ----------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/JointSolver.h"
#include "remat/Planning/Recompute/Refusal.h"
#include "remat/Planning/Recompute/Witness.h"
#include "remat/Planning/Search/Reorder.h"

#include <algorithm>
#include <optional>
#include <tuple>

namespace remat::planning {

namespace {

using search::Order;

/// What came out in one order; schedules are in ops of the problem given.
struct Answer {
  PlanResult result;
  Plan smallest;
};

class OrderSolver {
public:
  OrderSolver(const Problem &problem, const StrategyOptions &options)
      : problem(problem), options(options) {}

  PlanResult run();

private:
  Answer planIn(const Order &order, const StrategyOptions &part) const;
  StrategyOptions part(double from, double share);
  Plan smallestOf(const PlanResult &result, const Schedule &schedule) const;
  bool isBetter(const Plan &plan, const Plan &than) const;
  void take(PlanResult &best, PlanResult moved) const;
  std::optional<PlanResult> planAgain(const Plan &plan, Bytes limit);
  void planOnceMore(PlanResult &best, const Plan &smallest);
  void refuse(PlanResult &best, const Schedule &smallest, bool provenInAll) const;

  const Problem &problem;
  const StrategyOptions &options;
  bool stopped = false; ///< by `options.progress`
};

/// Options for a part of the work.
StrategyOptions OrderSolver::part(double from, double share) {
  StrategyOptions part = options;
  part.warmStart.reset();
  if (options.progress)
    part.progress = [this, from, share](double done) {
      stopped = stopped || !options.progress(from + done * share);
      return !stopped;
    };
  return part;
}

Answer OrderSolver::planIn(const Order &order, const StrategyOptions &part) const {
  Problem permuted = search::permuted(problem, order);
  PlanOrder kind = std::ranges::is_sorted(order) ? PlanOrder::Base : PlanOrder::Reorder;
  JointSolver solver(permuted, part,
                     kind == PlanOrder::Base ? "this base order" : "the reordered order");
  Answer answer{solver.run(), {}};
  Schedule smallest = solver.smallest();
  auto toBase = [&](Schedule &schedule) {
    for (OpId &op : schedule)
      op = order[op];
  };
  toBase(smallest);
  answer.smallest = smallestOf(answer.result, smallest);
  if (answer.result.plan) {
    toBase(answer.result.plan->schedule);
    answer.result.plan->order = kind;
  }
  return answer;
}

Plan OrderSolver::smallestOf(const PlanResult &result, const Schedule &schedule) const {
  Plan plan{schedule, result.smallestPeak, Cost(0)};
  for (OpId op : schedule)
    plan.cost += problem.cost[op];
  return plan;
}

bool OrderSolver::isBetter(const Plan &plan, const Plan &than) const {
  return options.budget.kind == Budget::Kind::Minimum
             ? std::tie(plan.peak, plan.cost) < std::tie(than.peak, than.cost)
             : std::tie(plan.cost, plan.peak) < std::tie(than.cost, than.peak);
}

/// Takes the plan of another order if that is better, or the first.
void OrderSolver::take(PlanResult &best, PlanResult moved) const {
  if (!moved.plan || (best.plan && !isBetter(*moved.plan, *best.plan)))
    return;
  best.plan = std::move(moved.plan);
  best.smallestPeak = std::min(best.smallestPeak, best.plan->peak);
  best.bound = moved.bound;
  best.status = moved.status;
  best.witness.reset();
  best.stopReason = moved.stopReason + "; in the " +
                    (best.plan->order == PlanOrder::Base ? "base" : "reordered") +
                    " order, of which the bound speaks";
  best.statistics = std::move(moved.statistics);
}

/// What is proven of these orders is not proven of every order: the floor is.
void OrderSolver::refuse(PlanResult &best, const Schedule &smallest, bool provenInAll) const {
  Floor floor = floorOf(problem);
  std::string remark = provenInAll && *best.budget >= floor.bytes
                           ? "it is proven that none fits in the orders that were tried"
                           : "";
  best.status = *best.budget < floor.bytes ? PlanStatus::Infeasible : PlanStatus::NoPlanFound;
  best.bound = problem.baseCost();
  best.witness = witnessOf(problem, smallest, *best.budget, floor);
  // More effort goes into the same orders.
  best.stopReason = describeRefusal(problem, best, BudgetOf::Peak, remark,
                                    optionsForLess(options, /*proven=*/!remark.empty()));
}

/// An op whose first results nobody reads before it runs again may as well run
/// there for the first time: plans once more in the order that this gives.
std::optional<PlanResult> OrderSolver::planAgain(const Plan &plan, Bytes limit) {
  Schedule needed = search::withoutUnread(problem, plan.schedule);
  if (options.kind != StrategyKind::Best || stopped || needed.size() == plan.schedule.size())
    return std::nullopt;
  Order order = search::orderOf(problem, needed);
  std::vector<OpId> position(order.size());
  for (size_t i = 0; i < order.size(); ++i)
    position[order[i]] = static_cast<OpId>(i);
  for (OpId &op : needed)
    op = position[op];
  StrategyOptions last = part(0.8, 0.2);
  last.warmStart = std::move(needed);
  last.budget = {Budget::Kind::Bytes, limit.count};
  return planIn(order, last).result;
}

/// Plans again from the best plan; where none fits, from the smallest one, as is done
/// for the smallest peak, so that the budget is met if that peak is within it.
void OrderSolver::planOnceMore(PlanResult &best, const Plan &smallest) {
  bool minimum = options.budget.kind == Budget::Kind::Minimum;
  if (!best.budget && !minimum)
    return; // it costs nothing already
  if (!best.plan) {
    std::optional<PlanResult> less = planAgain(smallest, smallest.peak);
    if (!less || !less->plan)
      return;
    best.smallestPeak = std::min(best.smallestPeak, less->plan->peak);
    if (less->plan->peak > *best.budget)
      return;
    take(best, std::move(*less));
  }
  if (std::optional<PlanResult> again =
          planAgain(*best.plan, minimum ? best.plan->peak : *best.budget))
    take(best, std::move(*again));
}

PlanResult OrderSolver::run() {
  StrategyOptions first = part(0, 0.3), second = first;
  JointSolver baseSolver(problem, first);
  PlanResult base = baseSolver.run(), best = base;
  best.strategy += " order=reorder";
  if (base.status == PlanStatus::InvalidProblem)
    return best;
  best.stopReason += "; in the base order, of which the bound speaks: no other gave anything "
                     "better";
  Plan smallest = smallestOf(base, baseSolver.smallest());
  bool provenInAll = base.status == PlanStatus::Infeasible;
  std::optional<Bytes> movedPeak;
  double from = 0.3;
  for (const Order &order : search::reorderings(problem)) {
    second = part(from, 0.25);
    from += 0.25;
    if (options.budget.kind == Budget::Kind::Percent) // of the base order's peak
      second.budget = {Budget::Kind::Bytes, base.budget->count};
    Answer moved = planIn(order, second);
    movedPeak = std::min(movedPeak.value_or(moved.result.plainPeak), moved.result.plainPeak);
    provenInAll &= moved.result.status == PlanStatus::Infeasible;
    if (std::tie(moved.smallest.peak, moved.smallest.cost) <
        std::tie(smallest.peak, smallest.cost)) {
      best.smallestPeak = moved.smallest.peak;
      smallest = std::move(moved.smallest);
    }
    take(best, std::move(moved.result));
  }
  planOnceMore(best, smallest);
  if (!best.plan)
    refuse(best, smallest.schedule, provenInAll);
  if (movedPeak)
    best.statistics.emplace_back("reordered_plain_peak", movedPeak->count);
  return best;
}

} // namespace

PlanResult solveReordered(const Problem &problem, const StrategyOptions &options) {
  return OrderSolver(problem, options).run();
}

} // namespace remat::planning
