//===- PlanOracle.h - a literal reading of the rules of a plan --*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_TEST_UNIT_PLANNING_PLANORACLE_H
#define REMAT_TEST_UNIT_PLANNING_PLANORACLE_H

#include "remat/Planning/Recompute/Plan.h"

#include <algorithm>
#include <optional>
#include <set>

namespace remat::planning {

/// What a step-by-step interpreter sees of a schedule.
struct OracleRun {
  int64_t peak = 0, peakStep = -1, cost = 0, flops = 0;
  std::vector<int64_t> liveAtStep;
};

/// Executes a schedule as docs/concepts/plan.md words it, with a set of values
/// in memory, looking ahead through the rest of the schedule before it frees
/// one. Shares nothing with the simulator or the verifier. Slow on purpose:
/// O(steps^2 * values).
class PlanOracle {
public:
  explicit PlanOracle(const Problem &problem) : problem(problem), graph(problem.graph) {}

  /// Nothing when the schedule breaks one of R1 to R4.
  std::optional<OracleRun> run(const Schedule &schedule, PlanOrder order = PlanOrder::Base) const {
    if (!executionsAreValid(schedule, order))
      return std::nullopt;
    OracleRun run;
    int64_t always = 0;
    if (problem.scope == BudgetScope::Total)
      for (ValueId argument : graph.arguments)
        always += graph.values[argument].bytes.count;
    run.peak = always;
    std::set<ValueId> inMemory;
    for (size_t step = 0; step < schedule.size(); ++step) {
      const Op &op = graph.ops[schedule[step]];
      for (ValueId input : op.inputs)
        if (graph.values[input].producer != kNoOp && !inMemory.contains(input))
          return std::nullopt;
      inMemory.insert(op.results.begin(), op.results.end());
      int64_t live = always;
      for (ValueId value : inMemory)
        live += charge(value);
      live += copies(schedule, step);
      run.liveAtStep.push_back(live);
      if (live > run.peak) {
        run.peak = live;
        run.peakStep = static_cast<int64_t>(step);
      }
      run.cost += problem.cost[schedule[step]].count;
      run.flops += op.work.flops.count;
      std::erase_if(inMemory, [&](ValueId value) { return !isNeeded(value, schedule, step + 1); });
    }
    return run;
  }

  /// Whether `plan` keeps every rule R1 to R7.
  bool accepts(const Plan &plan, std::optional<Bytes> budget) const {
    std::optional<OracleRun> seen = run(plan.schedule, plan.order);
    return seen && seen->peak == plan.peak.count && seen->cost == plan.cost.count &&
           (!budget || seen->peak <= budget->count);
  }

private:
  bool executionsAreValid(const Schedule &schedule, PlanOrder order) const {
    std::vector<OpId> firsts;
    for (OpId op : schedule) {
      if (op < 0 || op >= static_cast<OpId>(graph.ops.size()))
        return false;
      bool again = std::find(firsts.begin(), firsts.end(), op) != firsts.end();
      if (again && !graph.ops[op].recomputable)
        return false;
      if (!again)
        firsts.push_back(op);
    }
    if (firsts.size() != graph.ops.size())
      return false;
    for (size_t i = 0; i < firsts.size(); ++i)
      for (size_t j = i + 1; j < firsts.size(); ++j)
        if (firsts[j] < firsts[i] && (order == PlanOrder::Base || !maySwap(firsts[j], firsts[i])))
          return false;
    return true;
  }

  /// Whether `earlier`, which stands before `later` in base order, may first run
  /// after it as far as inputs do not say otherwise.
  bool maySwap(OpId earlier, OpId later) const {
    if (!graph.ops[earlier].recomputable && !graph.ops[later].recomputable)
      return false;
    const std::vector<ValueId> &read = graph.ops[earlier].inputs;
    for (size_t i = 0; i < graph.outputs.size(); ++i)
      if (problem.donation && graph.donated[i] &&
          graph.values[graph.outputs[i]].producer == later &&
          std::find(read.begin(), read.end(), graph.arguments[*graph.donated[i]]) != read.end())
        return false;
    return true;
  }

  /// Whether the instance of `value` in memory is read at `from` or later,
  /// before its op runs again, or is an output's last instance.
  bool isNeeded(ValueId value, const Schedule &schedule, size_t from) const {
    for (size_t step = from; step < schedule.size(); ++step) {
      const Op &op = graph.ops[schedule[step]];
      if (std::find(op.inputs.begin(), op.inputs.end(), value) != op.inputs.end())
        return true;
      if (schedule[step] == graph.values[value].producer)
        return false;
    }
    return std::find(graph.outputs.begin(), graph.outputs.end(), value) != graph.outputs.end();
  }

  /// Bytes of the arguments whose buffers other values have by now, or take over at this
  /// step, though what they held is needed now or later.
  int64_t copies(const Schedule &schedule, size_t step) const {
    int64_t bytes = 0;
    for (size_t i = 0; problem.donation && i < graph.outputs.size(); ++i) {
      if (!graph.donated[i])
        continue;
      ValueId argument = graph.arguments[*graph.donated[i]];
      OpId taker = graph.values[graph.outputs[i]].producer;
      auto taken = std::find(schedule.begin(), schedule.end(), taker) - schedule.begin();
      bool isNeeded = false;
      for (size_t later = std::max(step, static_cast<size_t>(taken) + 1); later < schedule.size();
           ++later) {
        const std::vector<ValueId> &read = graph.ops[schedule[later]].inputs;
        isNeeded |=
            schedule[later] == taker || std::find(read.begin(), read.end(), argument) != read.end();
      }
      if (taker != kNoOp && taken <= static_cast<std::ptrdiff_t>(step) && isNeeded)
        bytes += graph.values[argument].bytes.count;
    }
    return bytes;
  }

  int64_t charge(ValueId value) const {
    for (size_t i = 0; i < graph.outputs.size(); ++i)
      if (graph.outputs[i] == value &&
          (problem.scope == BudgetScope::Temporaries || (problem.donation && graph.donated[i])))
        return 0;
    return graph.values[value].bytes.count;
  }

  const Problem &problem;
  const Graph &graph;
};

} // namespace remat::planning

#endif // REMAT_TEST_UNIT_PLANNING_PLANORACLE_H
