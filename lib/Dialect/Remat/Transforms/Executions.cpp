//===- Executions.cpp - who reads which instance of a value -------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Executions.h"

#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace remat;
using planning::OpId;

llvm::SetVector<Value> remat::valuesRead(Operation *op) {
  llvm::SetVector<Value> values(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), values);
  return values;
}

namespace {
/// One run of an op.
struct Execution {
  OpId op;
  int32_t group = -1; ///< -1: a first execution
  /// The values that it reads, and the execution that made each of them.
  std::vector<std::pair<Value, size_t>> reads;
  bool needed = false;
};

class Resolver {
public:
  Resolver(func::FuncOp entry, const StepGraph &step);
  Executions run(const planning::Schedule &schedule);

private:
  void resolve(const planning::Schedule &schedule);
  void markNeeded();
  std::vector<std::pair<Value, size_t>> latest(const std::vector<Value> &values) const;

  const StepGraph &step;
  llvm::DenseMap<Operation *, OpId> opOf;
  std::vector<std::vector<Value>> reads; ///< by op: values of other ops, through the cone
  std::vector<Value> returned;
  std::vector<size_t> current; ///< by op: its latest execution
  std::vector<Execution> executions;
  std::vector<std::pair<Value, size_t>> atEnd;
  std::vector<OpId> groupBefore, order;
};
} // namespace

Resolver::Resolver(func::FuncOp entry, const StepGraph &step) : step(step) {
  for (auto [index, op] : llvm::enumerate(step.root))
    opOf[op] = static_cast<OpId>(index);
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

std::vector<std::pair<Value, size_t>> Resolver::latest(const std::vector<Value> &values) const {
  std::vector<std::pair<Value, size_t>> made;
  for (Value value : values)
    made.emplace_back(value, current[opOf.lookup(value.getDefiningOp())]);
  return made;
}

void Resolver::resolve(const planning::Schedule &schedule) {
  current.assign(step.root.size(), 0);
  auto atEndOfStep = static_cast<OpId>(step.root.size());
  std::vector<char> ran(step.root.size(), 0);
  bool inGroup = false;
  for (OpId op : schedule) {
    bool isFirst = !ran[op];
    ran[op] = 1;
    if (isFirst) {
      order.push_back(op);
      if (inGroup)
        groupBefore.back() = op;
    } else if (!inGroup) {
      groupBefore.push_back(atEndOfStep);
    }
    inGroup = !isFirst;
    int32_t group = isFirst ? -1 : static_cast<int32_t>(groupBefore.size()) - 1;
    executions.push_back({op, group, latest(reads[op]), isFirst});
    current[op] = executions.size() - 1;
  }
  atEnd = latest(returned);
}

void Resolver::markNeeded() {
  for (auto [value, maker] : atEnd)
    executions[maker].needed = true;
  for (const Execution &execution : llvm::reverse(executions))
    if (execution.needed)
      for (auto [value, maker] : execution.reads)
        executions[maker].needed = true;
}

Executions Resolver::run(const planning::Schedule &schedule) {
  resolve(schedule);
  markNeeded();
  Executions answer;
  answer.order = order;
  answer.groups.resize(groupBefore.size());
  auto yieldTo = [&](int32_t reader, const std::vector<std::pair<Value, size_t>> &made) {
    for (auto [value, maker] : made)
      if (int32_t group = executions[maker].group; group >= 0 && group != reader)
        answer.groups[group].yields.insert(value);
  };
  for (const Execution &execution : executions) {
    if (!execution.needed) {
      ++answer.unread;
      continue;
    }
    if (execution.group >= 0)
      answer.groups[execution.group].ops.push_back(execution.op);
    yieldTo(execution.group, execution.reads);
  }
  yieldTo(-1, atEnd);
  for (auto [group, before] : llvm::zip_equal(answer.groups, groupBefore))
    group.before = before;
  llvm::erase_if(answer.groups, [](const RecomputeGroup &group) { return group.ops.empty(); });
  return answer;
}

Executions remat::resolveExecutions(func::FuncOp entry, const StepGraph &step,
                                    const planning::Schedule &schedule) {
  return Resolver(entry, step).run(schedule);
}
