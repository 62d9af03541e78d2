//===- JointSolver.h - plans for joint graphs -------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_JOINTSOLVER_H
#define REMAT_PLANNING_RECOMPUTE_JOINTSOLVER_H

#include "remat/Planning/Recompute/Problem.h"
#include "remat/Planning/Recompute/Strategy.h"

namespace remat::planning {

class CandidatePool;
struct Candidate;

/// Returns the options, as every tool spells them, that may reach a smaller peak than `options`.
/// `proven`: that no plan fits in the orders tried, so that only another may help.
std::vector<std::string> optionsForLess(const StrategyOptions &options, bool proven);

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

/// Plans in the base order, in each of `search::reorderings`, and, with strategy best,
/// once more in the order of the best plan without the executions it does not need.
PlanResult solveReordered(const Problem &problem, const StrategyOptions &options);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_JOINTSOLVER_H
