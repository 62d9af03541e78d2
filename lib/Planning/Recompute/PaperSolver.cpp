//===- PaperSolver.cpp - plans under the paper's formula ------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Chen.h"
#include "remat/Planning/Recompute/Formula.h"
#include "remat/Planning/Recompute/LowerSetProgram.h"
#include "remat/Planning/Recompute/PaperGraph.h"
#include "remat/Planning/Recompute/Refusal.h"
#include "remat/Planning/Recompute/Simulator.h"
#include "remat/Planning/Recompute/Witness.h"

#include <algorithm>
#include <numeric>

namespace remat::planning {

namespace {

/// Above this the exact program would take hours and the family gigabytes.
constexpr int64_t maxLowerSets = 200000;

/// `graph` with its nodes renumbered by position in `order`.
LowerSetGraph lowerSetGraph(const PaperGraph &graph, const std::vector<int32_t> &order) {
  std::vector<int32_t> place(graph.n);
  for (int32_t i = 0; i < graph.n; ++i)
    place[order[i]] = i;
  LowerSetGraph result;
  result.predecessors.resize(graph.n);
  result.successors.resize(graph.n);
  for (auto [u, v] : graph.edges) {
    result.predecessors[place[v]].push_back(place[u]);
    result.successors[place[u]].push_back(place[v]);
  }
  for (auto *lists : {&result.predecessors, &result.successors})
    for (std::vector<int32_t> &list : *lists) {
      std::sort(list.begin(), list.end());
      list.erase(std::unique(list.begin(), list.end()), list.end());
    }
  for (int32_t v : order) {
    result.cost.push_back(graph.T[v]);
    result.cached.push_back(graph.M[v]);
    result.work.push_back(2 * graph.M[v]);
  }
  return result;
}

/// Widths of the cells, as shifts, of an exact program: each answer trims the next
/// run, which makes all of them together several times faster than the last one.
constexpr int exactCells[] = {6, 3, 0};

/// Of one program in a search for the smallest bound: bisection and answers.
constexpr double expectedRuns = 16;

/// One call of `solvePaper`.
class PaperSolver {
public:
  PaperSolver(const PaperGraph &graph, const StrategyOptions &options)
      : graph(graph), options(options), order(graph.topologicalOrder()),
        nodes(lowerSetGraph(graph, order)),
        lastSegment(options.lastSegment.value_or(LastSegment::Recompute)),
        wholeWork(std::accumulate(nodes.work.begin(), nodes.work.end(), int64_t(0))),
        gridShift(gridShiftFor(std::accumulate(nodes.cost.begin(), nodes.cost.end(), int64_t(0)))) {
  }

  Result<PaperPlan> run();

private:
  using Sequence = std::vector<std::vector<int32_t>>; ///< by position in `order`

  LowerSetProgram program(const LowerSetFamily &family) {
    // How many runs a bisection takes is not known; the share is a guess that
    // never falls.
    LowerSetProgram::Progress report;
    if (options.progress)
      report = [this](double runs) {
        shown = std::max(shown, std::min(1.0, runs / expectedRuns));
        return options.progress(shown);
      };
    return LowerSetProgram(family, gridShift, report);
  }
  Result<std::optional<Sequence>> findSequence();
  std::optional<Sequence> stopEarly(const std::optional<LowerSetPath> &known,
                                    const LowerSetFamily &family);
  std::optional<Sequence> kusumoto(const LowerSetFamily &family, const LowerSetFamily &pruned);
  void refuse(const Sequence &smallest);
  void accept(const Sequence &sequence);
  Sequence toSequence(const LowerSetFamily &family, const std::vector<int32_t> &sets) const;
  LowerSetSequence toNodeIds(const Sequence &sequence) const;
  std::string name() const;
  void count(const char *key, int64_t number) {
    answer.result.statistics.emplace_back(key, number);
  }
  void countRuns(const LowerSetProgram &program);

  const PaperGraph &graph;
  const StrategyOptions &options;
  std::vector<int32_t> order; ///< by position: node id
  LowerSetGraph nodes;        ///< numbered by position
  LastSegment lastSegment;
  int64_t wholeWork;
  int gridShift;
  int64_t bound = 0; ///< of the formula
  double shown = 0;  ///< progress
  PaperPlan answer;
};

std::string PaperSolver::name() const {
  std::string text(toString(options.kind));
  if (options.kind == StrategyKind::None)
    return text;
  if (options.kind == StrategyKind::Kusumoto)
    text += " family=" + std::string(toString(options.family)) +
            " objective=" + std::string(toString(options.objective));
  return text + " last-segment=" + std::string(toString(lastSegment));
}

PaperSolver::Sequence PaperSolver::toSequence(const LowerSetFamily &family,
                                              const std::vector<int32_t> &sets) const {
  Sequence sequence;
  for (int32_t set : sets)
    sequence.push_back(family.members(set));
  return sequence;
}

LowerSetSequence PaperSolver::toNodeIds(const Sequence &sequence) const {
  LowerSetSequence result = sequence;
  for (std::vector<int32_t> &set : result) {
    for (int32_t &v : set)
      v = order[v];
    std::sort(set.begin(), set.end());
  }
  return result;
}

void PaperSolver::countRuns(const LowerSetProgram &program) {
  count("programs", program.runCount());
  count("states", program.stateCount());
  count("grid", int64_t(1) << gridShift);
}

/// Returns the answer of a program that was stopped: `known`, which fits, or the whole graph as
/// one segment where that fits, or nothing.
std::optional<PaperSolver::Sequence>
PaperSolver::stopEarly(const std::optional<LowerSetPath> &known, const LowerSetFamily &family) {
  answer.result.stopReason = "stopped before the program was done";
  if (known)
    return toSequence(family, known->sets);
  std::vector<int32_t> all(graph.n);
  std::iota(all.begin(), all.end(), 0);
  Sequence whole{all};
  if (options.budget.kind == Budget::Kind::Bytes &&
      evaluateSequence(nodes, whole).peak > options.budget.amount)
    return std::nullopt;
  return whole;
}

/// Runs the program over `family`; the answer over the pruned part of it comes
/// first and trims the large one.
std::optional<PaperSolver::Sequence> PaperSolver::kusumoto(const LowerSetFamily &family,
                                                           const LowerSetFamily &pruned) {
  bool exact = options.family == Family::Exact;
  LowerSetProgram small = program(pruned), large = program(family);
  LowerSetProgram &main = exact ? large : small;
  // `smallPath`: where the answer to the smallest bound of the pruned family goes.
  auto minimum = [&](std::optional<LowerSetPath> *smallPath) -> std::optional<int64_t> {
    std::optional<int64_t> feasible = small.minimalBound(wholeWork);
    if (!exact || !feasible)
      return feasible;
    if (smallPath)
      *smallPath = small.solve(*feasible, options.objective);
    return large.minimalBound(*feasible);
  };
  std::optional<LowerSetPath> smallAnswer;
  if (options.budget.kind == Budget::Kind::Minimum) {
    std::optional<int64_t> smallest = minimum(&smallAnswer);
    if (!smallest)
      return stopEarly(smallAnswer, pruned);
    bound = *smallest;
  }
  std::optional<LowerSetPath> path = small.solve(bound, options.objective);
  const LowerSetFamily *pathOf = &pruned;
  for (int coarser : exactCells)
    if (exact && !small.wasStopped())
      if (std::optional<LowerSetPath> next =
              large.solve(bound, options.objective, path ? &*path : nullptr, coarser)) {
        path = std::move(next);
        pathOf = &family;
      }
  bool stopped = small.wasStopped() || large.wasStopped();
  if (!path && !stopped) {
    // The smallest bound is part of the answer that refuses this one.
    if (std::optional<int64_t> smallest = minimum(nullptr)) {
      bound = *smallest;
      path = main.solve(*smallest, options.objective);
      pathOf = &main.lowerSets();
    }
    stopped = small.wasStopped() || large.wasStopped();
  }
  countRuns(main);
  if (stopped)
    return path ? stopEarly(path, *pathOf) : stopEarly(smallAnswer, pruned);
  if (!path)
    return std::nullopt;
  return toSequence(*pathOf, path->sets);
}

Result<std::optional<PaperSolver::Sequence>> PaperSolver::findSequence() {
  count("nodes", graph.n);
  size_t edges = 0;
  for (const std::vector<int32_t> &list : nodes.successors)
    edges += list.size();
  count("edges", static_cast<int64_t>(edges));
  std::vector<int32_t> all(graph.n);
  std::iota(all.begin(), all.end(), 0);
  if (options.kind == StrategyKind::None)
    return std::optional(Sequence{all});

  LowerSetFamily pruned = LowerSetFamily::pruned(nodes);
  std::optional<LowerSetFamily> every;
  if (options.kind == StrategyKind::Chen || options.family == Family::Exact)
    every = LowerSetFamily::all(nodes, maxLowerSets);
  if (options.kind == StrategyKind::Kusumoto && options.family == Family::Exact && !every)
    return Error{ErrorCode::InvalidOption,
                 "family=exact: the graph has more than " + std::to_string(maxLowerSets) +
                     " lower sets on its " + std::to_string(graph.n) + " nodes; use family=approx"};
  const LowerSetFamily &family = every ? *every : pruned;
  count("lower_sets", family.size());
  if (options.kind == StrategyKind::Chen)
    return std::optional(toSequence(family, chenSequence(family)));
  return kusumoto(family, pruned);
}

/// Sets plan and formula from `sequence`, which fits.
void PaperSolver::accept(const Sequence &sequence) {
  PlanResult &result = answer.result;
  SequenceFormula formula = evaluateSequence(nodes, sequence);
  bool none = options.kind == StrategyKind::None;
  result.formula =
      FormulaAnswer{Cost(none ? 0 : formula.overhead), Bytes(formula.peak), toNodeIds(sequence)};
  answer.joint = jointProblem(graph, result.formula->sequence);
  Schedule schedule =
      none ? baseSchedule(answer.joint)
           : canonicalSchedule(graph, answer.joint, result.formula->sequence, lastSegment);
  Simulation simulation = simulate(answer.joint, schedule);
  result.plan = Plan{std::move(schedule), simulation.peak, simulation.cost};
  result.plainPeak = simulate(answer.joint, baseSchedule(answer.joint)).peak;
  result.smallestPeak = simulation.peak;
  result.status = simulation.cost == result.bound ? PlanStatus::Optimal : PlanStatus::Feasible;
  count("segments", static_cast<int64_t>(sequence.size()));
  result.stopReason += (result.stopReason.empty() ? "" : "; ");
  result.stopReason += "formula peak " + std::to_string(formula.peak) + " is within the bound " +
                       std::to_string(bound);
  if (result.budget && simulation.peak > *result.budget) {
    // Only where gradients read more than the formula knows (`backward`).
    result.budget.reset();
    result.stopReason +=
        "; what the gradients read keeps " + std::to_string(simulation.peak.count) + " live";
  }
}

/// Answers that no sequence fits; `smallest` has the smallest peak.
void PaperSolver::refuse(const Sequence &smallest) {
  accept(smallest);
  PlanResult &result = answer.result;
  Bytes budget(options.budget.amount);
  result.budget = budget;
  result.smallestPeak = result.formula->peak;
  result.witness = witnessOf(answer.joint, result.plan->schedule, budget, floorOf(answer.joint));
  result.status = budget < result.witness->floor ? PlanStatus::Infeasible : PlanStatus::NoPlanFound;
  result.plan.reset();
  result.formula.reset();
  std::vector<std::string> less;
  if (options.kind != StrategyKind::Kusumoto)
    less.emplace_back("strategy=kusumoto");
  else if (options.family != Family::Exact)
    less.emplace_back("family=exact");
  result.stopReason = describeRefusal(answer.joint, result, BudgetOf::Formula, "", less);
}

Result<PaperPlan> PaperSolver::run() {
  PlanResult &result = answer.result;
  result.strategy = name();
  if (options.kind == StrategyKind::Best)
    return Error{ErrorCode::InvalidOption,
                 "strategy=best plans joint graphs, not the formula of a paper graph; use none, "
                 "chen or kusumoto"};
  switch (options.budget.kind) {
  case Budget::Kind::Percent:
    return Error{ErrorCode::InvalidOption,
                 "a percentage cannot bound the formula of a paper graph; write the bound in the "
                 "graph's own units or min"};
  case Budget::Kind::Bytes:
    bound = options.budget.amount;
    break;
  case Budget::Kind::Minimum:
  case Budget::Kind::None:
    bound = wholeWork;
    break;
  }
  if (options.budget.kind == Budget::Kind::Bytes)
    result.budget = Bytes(bound);
  answer.joint = jointProblem(graph);
  result.bound = answer.joint.baseCost();
  result.plainPeak = result.smallestPeak = simulate(answer.joint, baseSchedule(answer.joint)).peak;
  Result<std::optional<Sequence>> sequence = findSequence();
  if (!sequence)
    return sequence.error();
  if (!*sequence)
    return std::move(answer); // stopped
  int64_t peak = evaluateSequence(nodes, **sequence).peak;
  if (options.budget.kind == Budget::Kind::Bytes && peak > options.budget.amount) {
    refuse(**sequence);
  } else {
    if (options.budget.kind == Budget::Kind::Minimum)
      result.budget = Bytes(bound = peak);
    accept(**sequence);
  }
  return std::move(answer);
}

} // namespace

Status verifyFormula(const PaperGraph &graph, const PlanResult &given,
                     std::optional<Bytes> budget) {
  std::vector<int32_t> ids(graph.n);
  std::iota(ids.begin(), ids.end(), 0);
  const FormulaAnswer &promised = *given.formula;
  SequenceFormula found = evaluateSequence(lowerSetGraph(graph, ids), promised.sequence);
  if (given.strategy == toString(StrategyKind::None))
    found.overhead = 0;
  if (promised.overhead.count != found.overhead)
    return Error{ErrorCode::InvalidPlan,
                 "paper.overhead: the formula's overhead is " + std::to_string(found.overhead) +
                     ", but the plan promises " + std::to_string(promised.overhead.count)};
  if (promised.peak.count != found.peak)
    return Error{ErrorCode::InvalidPlan,
                 "paper.peak: the formula's peak is " + std::to_string(found.peak) +
                     ", but the plan promises " + std::to_string(promised.peak.count)};
  if (budget && *budget < promised.peak)
    return Error{ErrorCode::InvalidPlan, "paper.peak: the formula's peak " +
                                             std::to_string(found.peak) + " exceeds the budget " +
                                             std::to_string(budget->count)};
  return {};
}

Result<PaperPlan> solvePaper(const PaperGraph &graph, const StrategyOptions &options) {
  if (Status status = graph.check(); !status)
    return status.error();
  return PaperSolver(graph, options).run();
}

} // namespace remat::planning
