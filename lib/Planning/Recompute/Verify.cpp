//===- Verify.cpp - the independent check of a plan -----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shares no code with the strategies or the simulator, down to what a value is
// charged. The simulator walks the steps and keeps one open instance per value;
// this file writes down every instance as an interval of steps, finds the
// instance behind each use by binary search, and sweeps the sorted ends.
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Verify.h"

#include <algorithm>
#include <utility>

namespace remat::planning {

namespace {

/// One execution's result while it is in memory: steps [birth, death], both in.
struct Instance {
  ValueId value;
  size_t birth, death;
};

class PlanVerifier {
public:
  PlanVerifier(const Problem &problem, const Plan &plan)
      : problem(problem), graph(problem.graph), schedule(plan.schedule), plan(plan) {}

  Status run(std::optional<Bytes> budget) {
    if (Status status = checkExecutions(); !status)
      return status;
    if (Status status = checkInputs(); !status)
      return status;
    if (Status status = plan.order == PlanOrder::Base ? checkBaseOrder() : checkOtherOrder();
        !status)
      return status;
    return checkPromises(budget);
  }

  /// Requires: R1 to R4.
  Bytes peak() {
    bool sound = checkExecutions() && checkInputs();
    return sound ? measurePeak() : Bytes(0);
  }

private:
  static Error broken(const char *rule, std::string message) {
    return {ErrorCode::InvalidPlan, std::string(rule) + ": " + std::move(message)};
  }

  static std::string at(size_t step) { return "step " + std::to_string(step); }

  /// R1 and R3; fills `runs`.
  Status checkExecutions() {
    runs.resize(graph.ops.size());
    for (size_t step = 0; step < schedule.size(); ++step) {
      OpId op = schedule[step];
      if (op < 0 || static_cast<size_t>(op) >= graph.ops.size()) // R1
        return broken("R1", at(step) + " executes op " + std::to_string(op) +
                                ", but the graph has ops 0 to " +
                                std::to_string(graph.ops.size() - 1));
      runs[op].push_back(step);
      if (runs[op].size() > 1 && !graph.ops[op].recomputable) // R3
        return broken("R3", at(step) + " executes " + graph.describe(op) + " again after step " +
                                std::to_string(runs[op].front()) +
                                ", but it may not be recomputed");
    }
    return {};
  }

  /// R4; fills `instances`.
  Status checkInputs() {
    firstInstance.resize(graph.ops.size());
    resultIndex.resize(graph.values.size());
    for (size_t op = 0; op < runs.size(); ++op) {
      firstInstance[op] = instances.size();
      for (size_t index = 0; index < graph.ops[op].results.size(); ++index)
        resultIndex[graph.ops[op].results[index]] = index;
      for (size_t birth : runs[op])
        for (ValueId value : graph.ops[op].results)
          instances.push_back({value, birth, birth});
    }
    for (size_t step = 0; step < schedule.size(); ++step)
      for (ValueId value : graph.ops[schedule[step]].inputs) {
        OpId producer = graph.values[value].producer;
        if (producer == kNoOp)
          continue;
        const std::vector<size_t> &births = runs[producer];
        auto next = std::lower_bound(births.begin(), births.end(), step);
        if (next == births.begin()) // R4
          return broken("R4", at(step) + " executes " + graph.describe(schedule[step]) +
                                  ", whose input from " + graph.describe(producer) +
                                  " was not executed before");
        Instance &read = instance(producer, next - births.begin() - 1, value);
        read.death = std::max(read.death, step);
      }
    return {};
  }

  /// The instance of `value` made by run number `run` of `op`.
  Instance &instance(OpId op, size_t run, ValueId value) {
    return instances[firstInstance[op] + run * graph.ops[op].results.size() + resultIndex[value]];
  }

  Error neverExecuted(size_t op) const {
    return broken("R2", graph.describe(static_cast<OpId>(op)) + " is never executed");
  }

  /// R2 for two ops that ran: `earlier` does so first.
  Status expectInOrder(size_t earlier, size_t later, const char *why) const {
    if (runs[earlier].front() < runs[later].front())
      return {};
    return broken("R2", graph.describe(static_cast<OpId>(later)) + " is first executed at " +
                            at(runs[later].front()) + ", before " +
                            graph.describe(static_cast<OpId>(earlier)) + " at " +
                            at(runs[earlier].front()) + "; " + why);
  }

  /// R2 of a plan in base order.
  Status checkBaseOrder() const {
    for (size_t op = 0; op < runs.size(); ++op) {
      if (runs[op].empty())
        return neverExecuted(op);
      if (op > 0)
        if (Status status = expectInOrder(op - 1, op, "first executions keep the base order");
            !status)
          return status;
    }
    return {};
  }

  /// R2 of a plan in another order; that inputs come first is R4.
  Status checkOtherOrder() const {
    std::optional<size_t> once; // the last op so far that may run only once
    for (size_t op = 0; op < runs.size(); ++op) {
      if (runs[op].empty())
        return neverExecuted(op);
      if (graph.ops[op].recomputable)
        continue;
      if (once)
        if (Status status =
                expectInOrder(*once, op, "ops that may run only once keep the base order");
            !status)
          return status;
      once = op;
    }
    for (size_t i = 0; problem.donation && i < graph.outputs.size(); ++i)
      if (graph.donated[i].has_value())
        if (Status status = checkTakeover(graph.arguments[*graph.donated[i]],
                                          graph.values[graph.outputs[i]].producer);
            !status)
          return status;
    return {};
  }

  /// R2: what reads `argument` before `taker` in base order still does.
  Status checkTakeover(ValueId argument, OpId taker) const {
    for (OpId op = 0; op < taker; ++op) {
      const std::vector<ValueId> &inputs = graph.ops[op].inputs;
      if (std::find(inputs.begin(), inputs.end(), argument) == inputs.end())
        continue;
      if (Status status = expectInOrder(op, taker, "it takes over a buffer that the other reads");
          !status)
        return status;
    }
    return {};
  }

  /// R5, R6, R7.
  Status checkPromises(std::optional<Bytes> budget) {
    Bytes peak = measurePeak();
    if (peak != plan.peak) // R5
      return broken("R5", "the schedule's peak is " + formatBytes(peak) +
                              ", but the plan promises " + formatBytes(plan.peak));
    __int128 cost = 0;
    for (OpId op : schedule)
      cost += problem.cost[op].count;
    if (cost != plan.cost.count) { // R6
      // Digits of a 128-bit sum are not worth a printer: a sum beyond 64 bits
      // cannot be a promise.
      bool fits = cost == static_cast<int64_t>(cost);
      return broken("R6", "the schedule costs " +
                              (fits ? std::to_string(static_cast<int64_t>(cost))
                                    : std::string("more than 2^63")) +
                              " " + std::string(toString(problem.costUnit)) +
                              ", but the plan promises " + std::to_string(plan.cost.count));
    }
    if (budget && peak > *budget) // R7
      return broken("R7", "the schedule's peak " + formatBytes(peak) + " exceeds the budget " +
                              formatBytes(*budget));
    return {};
  }

  /// Bytes of each value that the scope counts step by step.
  int64_t counted(ValueId value, bool isOutput, bool takesOver) const {
    if (isOutput && problem.scope == BudgetScope::Temporaries)
      return 0;
    if (takesOver && problem.donation)
      return 0;
    return graph.values[value].bytes.count;
  }

  /// An argument whose buffer was taken over, and what runs later needs what it held, was
  /// copied by then: adds the ends of these copies.
  void addCopies(std::vector<std::pair<size_t, int64_t>> &ends) const {
    std::vector<size_t> lastRead(graph.values.size(), 0);
    for (size_t op = 0; problem.donation && op < runs.size(); ++op)
      for (ValueId value : graph.ops[op].inputs)
        lastRead[value] = std::max(lastRead[value], runs[op].back());
    for (size_t i = 0; problem.donation && i < graph.outputs.size(); ++i) {
      OpId taker = graph.values[graph.outputs[i]].producer;
      if (!graph.donated[i].has_value() || taker == kNoOp)
        continue;
      ValueId argument = graph.arguments[*graph.donated[i]];
      size_t from = runs[taker].front(), to = std::max(lastRead[argument], runs[taker].back());
      if (to <= from)
        continue;
      ends.emplace_back(from, graph.values[argument].bytes.count);
      ends.emplace_back(to + 1, -graph.values[argument].bytes.count);
    }
  }

  Bytes measurePeak() {
    std::vector<bool> isOutput(graph.values.size()), takesOver(graph.values.size());
    for (size_t i = 0; i < graph.outputs.size(); ++i) {
      isOutput[graph.outputs[i]] = true;
      if (graph.donated[i].has_value())
        takesOver[graph.outputs[i]] = true;
    }
    // (step, change): an instance counts from its birth, and no more in the
    // step after its death. At one step what left sorts before what came.
    std::vector<std::pair<size_t, int64_t>> ends;
    for (const Instance &made : instances) {
      int64_t bytes = counted(made.value, isOutput[made.value], takesOver[made.value]);
      bool isLast = made.birth == runs[graph.values[made.value].producer].back();
      ends.emplace_back(made.birth, bytes);
      if (!(isOutput[made.value] && isLast))
        ends.emplace_back(made.death + 1, -bytes);
    }
    addCopies(ends);
    std::sort(ends.begin(), ends.end());
    int64_t live = 0;
    if (problem.scope == BudgetScope::Total)
      for (const Value &value : graph.values)
        live += value.producer == kNoOp ? value.bytes.count : 0;
    int64_t peak = live;
    for (auto [step, change] : ends) {
      live += change;
      peak = std::max(peak, live);
    }
    return Bytes(peak);
  }

  const Problem &problem;
  const Graph &graph;
  const Schedule &schedule;
  const Plan &plan;
  std::vector<std::vector<size_t>> runs; ///< runs[op]: steps, ascending
  std::vector<size_t> firstInstance;     ///< by OpId: index into `instances`
  std::vector<size_t> resultIndex;       ///< by ValueId: position in its op's results
  std::vector<Instance> instances;       ///< by op, then run, then result
};

} // namespace

Status verify(const Problem &problem, const Plan &plan, std::optional<Bytes> budget) {
  return PlanVerifier(problem, plan).run(budget);
}

Bytes measuredPeak(const Problem &problem, const Schedule &schedule) {
  Plan plan{schedule, Bytes(0), Cost(0)};
  return PlanVerifier(problem, plan).peak();
}

} // namespace remat::planning
