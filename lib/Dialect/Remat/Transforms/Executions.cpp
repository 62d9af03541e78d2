//===- Executions.cpp - who reads which instance of a value -------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Executions.h"

#include "mlir/Transforms/RegionUtils.h"
#include "remat/Analysis/ValueBytes.h"

using namespace mlir;
using namespace remat;
using planning::OpId;

llvm::SetVector<Value> remat::valuesRead(Operation *op) {
  llvm::SetVector<Value> values(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), values);
  return values;
}

namespace {
/// A value and the execution that made it.
using Made = std::pair<Value, size_t>;

/// One run of an op.
struct Execution {
  OpId op;
  bool isFirst;
  std::vector<Made> reads;
  bool needed = false;
  int32_t group = -1; ///< -1: a first execution, or left out
};

class Resolver {
public:
  Resolver(func::FuncOp entry, const StepGraph &step);
  Executions run(const planning::Schedule &schedule);

private:
  void resolve(const planning::Schedule &schedule);
  void markNeeded();
  void formGroups();
  void findYields();
  void chooseTriggers();
  /// Adds what execution `maker` made to the values that groups may run after.
  void offerResults(size_t maker);
  /// Returns the trigger of a group that runs from execution `first` to `last`,
  /// with `next` the first execution behind it; null at the end of the step.
  /// Requires: what was made before `first` is offered, and groups come in order.
  Value chooseTrigger(size_t first, size_t last, const Execution *next);
  /// Returns the value that `next` reads and that was made last before `first`, floats
  /// first; null if there is none.
  Value chooseRead(size_t first, const Execution &next) const;
  bool isBackward(Value value) const;
  std::vector<Made> latest(const std::vector<Value> &values) const;

  const StepGraph &step;
  llvm::DenseMap<Operation *, OpId> opOf;
  llvm::DenseMap<Value, planning::ValueId> idOf;
  std::vector<std::vector<Value>> reads; ///< by op: values of other ops, through the cone
  std::vector<Value> returned;
  std::vector<size_t> current; ///< by op: its latest execution
  std::vector<Execution> executions;
  std::vector<Made> atEnd;
  llvm::DenseMap<Made, size_t> lastRead; ///< by whom, atEnd the greatest; needed readers only
  std::vector<Made> offered[2];          ///< by whether floats, in order; less what is read no more
  Value latestFirst[2];                  ///< likewise, of first executions the last one
  Executions answer;
};
} // namespace

Resolver::Resolver(func::FuncOp entry, const StepGraph &step) : step(step) {
  for (auto [index, op] : llvm::enumerate(step.root))
    opOf[op] = static_cast<OpId>(index);
  for (auto [index, value] : llvm::enumerate(step.value))
    if (value)
      idOf[value] = static_cast<planning::ValueId>(index);
  auto keepMade = [&](llvm::SetVector<Value> values) {
    std::vector<Value> made(values.begin(), values.end());
    llvm::erase_if(made, [&](Value value) { return !opOf.contains(value.getDefiningOp()); });
    return made;
  };
  for (auto [root, cone] : llvm::zip_equal(step.root, step.cone)) {
    llvm::SetVector<Value> values = valuesRead(root);
    for (Operation *folded : cone)
      values.insert_range(valuesRead(folded));
    reads.push_back(keepMade(std::move(values)));
  }
  returned = keepMade(valuesRead(entry.getBody().front().getTerminator()));
}

std::vector<Made> Resolver::latest(const std::vector<Value> &values) const {
  std::vector<Made> made;
  for (Value value : values)
    made.emplace_back(value, current[opOf.lookup(value.getDefiningOp())]);
  return made;
}

void Resolver::resolve(const planning::Schedule &schedule) {
  current.assign(step.root.size(), 0);
  std::vector<char> ran(step.root.size(), 0);
  for (OpId op : schedule) {
    executions.push_back({op, !ran[op], latest(reads[op])});
    current[op] = executions.size() - 1;
    ran[op] = 1;
  }
  atEnd = latest(returned);
}

/// Marks the executions that something reads. Not the planner's `withoutUnread`: that
/// one walks over a problem, without the IR values that cones read, and keeps
/// executions that the order it looks for needs.
void Resolver::markNeeded() {
  std::vector<char> runsLater(step.root.size(), 0);
  auto read = [&](const Made &made, size_t reader) {
    executions[made.second].needed = true;
    size_t &last = lastRead[made];
    last = std::max(last, reader);
  };
  for (const Made &made : atEnd)
    read(made, executions.size());
  for (size_t i = executions.size(); i-- > 0;) {
    Execution &execution = executions[i];
    // What nothing reads at all still runs once, as in the program.
    execution.needed |= execution.isFirst && !runsLater[execution.op];
    if (!execution.needed)
      continue;
    runsLater[execution.op] = 1;
    for (const Made &made : execution.reads)
      read(made, i);
  }
}

void Resolver::formGroups() {
  bool inGroup = false;
  for (Execution &execution : executions) {
    if (execution.isFirst)
      answer.order.push_back(execution.op);
    if (!execution.needed) {
      ++answer.unread;
      if (execution.isFirst)
        answer.moved.push_back(execution.op);
      continue;
    }
    if (execution.isFirst && inGroup)
      answer.groups.back().before = execution.op;
    else if (!execution.isFirst && !inGroup)
      answer.groups.emplace_back().before = static_cast<OpId>(step.root.size());
    inGroup = !execution.isFirst;
    if (execution.isFirst)
      continue;
    execution.group = static_cast<int32_t>(answer.groups.size()) - 1;
    answer.groups.back().ops.push_back(execution.op);
  }
  llvm::sort(answer.moved);
}

void Resolver::findYields() {
  auto yieldTo = [&](int32_t reader, const std::vector<Made> &reads) {
    for (auto [value, maker] : reads)
      if (int32_t group = executions[maker].group; group >= 0 && group != reader)
        answer.groups[group].yields.insert(value);
  };
  for (const Execution &execution : executions)
    if (execution.needed)
      yieldTo(execution.group, execution.reads);
  yieldTo(-1, atEnd);
}

/// True for a value in memory that an op behind the loss makes.
bool Resolver::isBackward(Value value) const {
  auto found = idOf.find(value);
  if (found == idOf.end())
    return false;
  const planning::Value &made = step.graph.values[found->second];
  return made.producer != planning::kNoOp && made.bytes.count > 0 &&
         step.graph.ops[made.producer].phase != planning::Phase::Forward;
}

void Resolver::offerResults(size_t maker) {
  if (!executions[maker].needed)
    return;
  for (Value value : step.root[executions[maker].op]->getResults()) {
    if (!isBackward(value))
      continue;
    bool isFloat = floatBits(value.getType()) > 0;
    offered[isFloat].emplace_back(value, maker);
    if (executions[maker].isFirst)
      latestFirst[isFloat] = value;
  }
}

Value Resolver::chooseRead(size_t first, const Execution &next) const {
  using Rank = std::tuple<bool, size_t, unsigned>;
  std::pair<Rank, Value> best;
  for (auto [value, maker] : next.reads) {
    if (maker >= first || !isBackward(value))
      continue;
    Rank rank = {floatBits(value.getType()) > 0, maker, cast<OpResult>(value).getResultNumber()};
    if (!best.second || best.first < rank)
      best = {rank, value};
  }
  return best.second;
}

Value Resolver::chooseTrigger(size_t first, size_t last, const Execution *next) {
  if (next)
    if (Value read = chooseRead(first, *next))
      return read;
  for (bool isFloat : {true, false}) {
    std::vector<Made> &open = offered[isFloat];
    // What is read no more here is not behind any later group. A region yields nothing
    // that is not read behind it.
    while (!open.empty() && lastRead.lookup(open.back()) <= last)
      open.pop_back();
    if (!open.empty())
      return open.back().first;
  }
  return latestFirst[true] ? latestFirst[true] : latestFirst[false];
}

void Resolver::chooseTriggers() {
  std::vector<std::pair<size_t, size_t>> span(answer.groups.size()); // first and last execution
  std::vector<const Execution *> next(answer.groups.size());
  int32_t open = -1;
  for (auto [index, execution] : llvm::enumerate(executions)) {
    if (execution.group >= 0) {
      if (open != execution.group)
        span[execution.group].first = index;
      open = execution.group;
      span[open].second = index;
    } else if (open >= 0 && execution.needed) {
      next[open] = &execution;
      open = -1;
    }
  }
  size_t made = 0;
  for (auto [group, place, behind] : llvm::zip_equal(answer.groups, span, next)) {
    for (; made < place.first; ++made)
      offerResults(made);
    group.trigger = chooseTrigger(place.first, place.second, behind);
  }
}

Executions Resolver::run(const planning::Schedule &schedule) {
  resolve(schedule);
  markNeeded();
  formGroups();
  findYields();
  chooseTriggers();
  return std::move(answer);
}

Executions remat::resolveExecutions(func::FuncOp entry, const StepGraph &step,
                                    const planning::Schedule &schedule) {
  return Resolver(entry, step).run(schedule);
}
