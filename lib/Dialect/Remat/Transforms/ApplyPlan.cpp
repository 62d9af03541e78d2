//===- ApplyPlan.cpp - a plan becomes remat.recompute ops ---------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/ApplyPlan.h"

#include "Executions.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "remat/Analysis/ValueBytes.h"
#include "remat/Dialect/Remat/Transforms/PlanAttribute.h"
#include "remat/Planning/Recompute/Simulator.h"
#include "remat/Planning/Recompute/Verify.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace remat;
using planning::OpId;

namespace {
/// What folded ops became for the reader at hand. An op is cloned again only
/// when it reads other values than its latest clone.
class FoldedClones {
public:
  /// Returns the clone of `op` on `inputs`, or null.
  Operation *find(Operation *op, ArrayRef<Value> inputs) const {
    auto found = clones.find(op);
    return found != clones.end() && inputs == ArrayRef(found->second.inputs) ? found->second.clone
                                                                             : nullptr;
  }
  void insert(Operation *op, ArrayRef<Value> inputs, Operation *clone) {
    clones[op] = {SmallVector<Value>(inputs), clone};
  }

private:
  struct Clone {
    SmallVector<Value> inputs;
    Operation *clone;
  };
  llvm::DenseMap<Operation *, Clone> clones;
};

/// Which instance of a value is the latest. Ops that have run read instances, so
/// that an op's operands lead back to the originals only through here.
class Instances {
public:
  Value latest(Value original) const {
    Value instance = current.lookup(original);
    return instance ? instance : original;
  }
  Value original(Value instance) const {
    Value value = originals.lookup(instance);
    return value ? value : instance;
  }
  void set(Value original, Value instance) {
    current[original] = instance;
    originals[instance] = original;
  }

private:
  llvm::DenseMap<Value, Value> current, originals;
};

/// Builds the body of one region.
class BodyBuilder {
public:
  BodyBuilder(const Instances &instances, MLIRContext *context)
      : instances(instances), body(new Block), builder(context) {
    region.push_back(body);
    builder.setInsertionPointToEnd(body);
  }

  void run(Operation *root, const std::vector<Operation *> &cone);
  /// Closes the body and puts the op before `anchor`.
  RecomputeOp finish(const RecomputeGroup &group, Value trigger, Operation *anchor, Location loc);
  int64_t clones = 0;

private:
  /// Returns what stands in the body for `read`, which an op reads.
  Value lookup(Value read);
  Operation *clone(Operation *op, ArrayRef<Value> inputs);

  const Instances &instances;
  Region region;
  Block *body;
  OpBuilder builder;
  llvm::DenseMap<Value, Value> local;      ///< original -> its instance in the body
  llvm::MapVector<Value, Value> arguments; ///< value outside -> block argument
  FoldedClones folded;
};

/// Rewrites one function.
class Applier {
public:
  Applier(func::FuncOp entry, const StepGraph &step) : entry(entry), step(step) {}

  ApplyCounts run(const Executions &executions);

private:
  void moveTo(ArrayRef<OpId> order);
  void emit(const RecomputeGroup &group);
  Operation *gatherBefore(OpId op);
  void redirect(Operation *op, const std::vector<Operation *> &cone);
  void eraseUnread(ArrayRef<OpId> moved);

  func::FuncOp entry;
  const StepGraph &step;
  Instances instances;
  FoldedClones folded;
  ApplyCounts counts;
};
} // namespace

//===----------------------------------------------------------------------===//
// BodyBuilder
//===----------------------------------------------------------------------===//

Value BodyBuilder::lookup(Value read) {
  Value original = instances.original(read);
  if (Value inside = local.lookup(original))
    return inside;
  Value &argument = arguments[instances.latest(original)];
  if (!argument)
    argument = body->addArgument(original.getType(), original.getLoc());
  return argument;
}

Operation *BodyBuilder::clone(Operation *op, ArrayRef<Value> inputs) {
  IRMapping mapping;
  for (auto [original, inside] : llvm::zip_equal(valuesRead(op), inputs))
    mapping.map(original, inside);
  ++clones;
  return builder.clone(*op, mapping);
}

void BodyBuilder::run(Operation *root, const std::vector<Operation *> &cone) {
  auto runOne = [&](Operation *op, bool isFolded) {
    SmallVector<Value> inputs =
        llvm::map_to_vector(valuesRead(op), [&](Value v) { return lookup(v); });
    Operation *copy = isFolded ? folded.find(op, inputs) : nullptr;
    if (!copy)
      copy = clone(op, inputs);
    if (isFolded)
      folded.insert(op, inputs, copy);
    for (auto [original, inside] : llvm::zip_equal(op->getResults(), copy->getResults()))
      local[original] = inside;
  };
  for (Operation *op : cone)
    runOne(op, /*isFolded=*/true);
  runOne(root, /*isFolded=*/false);
}

RecomputeOp BodyBuilder::finish(const RecomputeGroup &group, Value trigger, Operation *anchor,
                                Location loc) {
  SmallVector<Value> yields, inputs;
  for (Value value : group.yields)
    yields.push_back(local.lookup(value));
  YieldOp::create(builder, loc, yields);
  for (auto [outside, argument] : arguments)
    inputs.push_back(outside);
  builder.setInsertionPoint(anchor);
  auto op = RecomputeOp::create(builder, loc, TypeRange(ValueRange(yields)), inputs,
                                trigger ? ValueRange(trigger) : ValueRange());
  op.getBody().takeBody(region);
  return op;
}

//===----------------------------------------------------------------------===//
// Applier
//===----------------------------------------------------------------------===//

/// Brings the block into the plan's order: folded ops before the first that reads
/// them, what nothing reads to the end.
void Applier::moveTo(ArrayRef<OpId> order) {
  if (llvm::is_sorted(order))
    return;
  Block &block = entry.getBody().front();
  Operation *first = &block.front();
  llvm::DenseSet<Operation *> moved;
  auto move = [&](Operation *op) {
    if (!moved.insert(op).second)
      return;
    if (op == first)
      first = op->getNextNode();
    else
      op->moveBefore(first);
  };
  for (OpId op : order) {
    for (Operation *folded : step.cone[op])
      move(folded);
    move(step.root[op]);
  }
}

/// Brings the folded ops that `op` alone runs next to it, so that what is put
/// before the first of them, which is returned, comes before all of its work.
Operation *Applier::gatherBefore(OpId op) {
  Operation *first = step.root[op];
  llvm::DenseSet<Operation *> gathered = {first};
  for (Operation *folded : llvm::reverse(step.cone[op])) {
    bool alone =
        llvm::all_of(folded->getUsers(), [&](Operation *user) { return gathered.contains(user); });
    if (!alone || folded->use_empty())
      continue;
    folded->moveBefore(first);
    gathered.insert(folded);
    first = folded;
  }
  return first;
}

void Applier::emit(const RecomputeGroup &group) {
  bool atEnd = group.before == static_cast<OpId>(step.root.size());
  Operation *anchor = atEnd ? entry.getBody().front().getTerminator() : gatherBefore(group.before);
  BodyBuilder body(instances, entry.getContext());
  for (OpId op : group.ops)
    body.run(step.root[op], step.cone[op]);
  Value trigger = instances.latest(group.trigger);
  RecomputeOp op = body.finish(group, trigger, anchor, step.root[group.ops.front()]->getLoc());
  for (auto [original, instance] : llvm::zip_equal(group.yields, op.getResults()))
    instances.set(original, instance);
  ++counts.regions;
  counts.executions += static_cast<int64_t>(group.ops.size());
  counts.clones += body.clones;
}

void Applier::redirect(Operation *op, const std::vector<Operation *> &cone) {
  auto latest = [&](Value value) { return instances.latest(value); };
  for (Operation *producer : cone) {
    llvm::SetVector<Value> reads = valuesRead(producer);
    SmallVector<Value> inputs = llvm::map_to_vector(reads, latest);
    bool same = llvm::equal(reads, inputs);
    Operation *copy = same ? producer : folded.find(producer, inputs);
    if (!copy) {
      IRMapping mapping;
      for (auto [original, instance] : llvm::zip_equal(reads, inputs))
        mapping.map(original, instance);
      copy = OpBuilder(op).clone(*producer, mapping);
      folded.insert(producer, inputs, copy);
    }
    for (auto [original, instance] : llvm::zip_equal(producer->getResults(), copy->getResults()))
      instances.set(original, instance);
  }
  op->walk([&](Operation *inner) {
    for (OpOperand &operand : inner->getOpOperands())
      operand.set(latest(operand.get()));
  });
}

/// Folded ops all of whose readers read a clone are gone from the model, so they
/// go from the program. So do first executions that nothing reads.
void Applier::eraseUnread(ArrayRef<OpId> moved) {
  llvm::DenseSet<Operation *> candidates;
  for (OpId op : moved)
    candidates.insert(step.root[op]);
  for (const std::vector<Operation *> &cone : step.cone)
    candidates.insert(cone.begin(), cone.end());
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(entry.getBody().front())))
    if (candidates.contains(&op) && op.use_empty())
      op.erase();
}

ApplyCounts Applier::run(const Executions &executions) {
  counts.unread = executions.unread;
  moveTo(executions.order);
  ArrayRef<RecomputeGroup> groups = executions.groups;
  auto emitUpTo = [&](OpId op) {
    for (; !groups.empty() && groups.front().before == op; groups = groups.drop_front())
      emit(groups.front());
  };
  for (OpId op : executions.order) {
    if (llvm::binary_search(executions.moved, op))
      continue;
    emitUpTo(op);
    redirect(step.root[op], step.cone[op]);
  }
  emitUpTo(static_cast<OpId>(step.root.size()));
  redirect(entry.getBody().front().getTerminator(), {});
  eraseUnread(executions.moved);
  return counts;
}

/// Returns which promise of `plan` about the base order does not hold; empty if
/// none.
static std::string brokenBase(PlanAttr plan, const planning::Problem &problem) {
  planning::Bytes peak = planning::simulate(problem, planning::baseSchedule(problem)).peak;
  if (plan.getPlainPeak().value_or(peak.count) != peak.count)
    return "the base order's peak is " + planning::formatBytes(peak) +
           ", but its plain_peak says " +
           planning::formatBytes(planning::Bytes(*plan.getPlainPeak()));
  int64_t cost = problem.baseCost().count;
  if (plan.getBaseCost().value_or(cost) != cost)
    return "the base order costs " + std::to_string(cost) + " " +
           std::string(planning::toString(problem.costUnit)) + ", but its base_cost says " +
           std::to_string(*plan.getBaseCost());
  return "";
}

/// Checks what `plan` promises, by code that did not make it: one that does not
/// hold was made for something else.
static LogicalResult checkPromises(func::FuncOp entry, PlanAttr plan, const StepGraph &step,
                                   planning::Schedule schedule) {
  // A plan without a table promises no cost, so that any table will do.
  const planning::DeviceTable *table = planning::findDeviceTable(plan.getCostTable());
  planning::Problem problem = planning::makeProblem(
      step.graph, table ? *table : planning::deviceTables().front(), plan.getScope(),
      /*donation=*/true);
  if (planning::Status status = problem.check(); !status)
    return emitError(entry.getLoc()) << status.error().message;
  planning::Simulation found = planning::simulate(problem, schedule);
  planning::Plan promised{
      std::move(schedule), planning::Bytes(plan.getPeak().value_or(found.peak.count)),
      planning::Cost(plan.getCost().value_or(found.cost.count)),
      plan.getOrder().empty() ? planning::PlanOrder::Base : planning::PlanOrder::Reorder};
  std::optional<planning::Bytes> budget;
  if (plan.getBudget())
    budget = planning::Bytes(*plan.getBudget());
  planning::Status status = planning::verify(problem, promised, budget);
  std::string broken = status ? brokenBase(plan, problem) : status.error().message;
  if (broken.empty())
    return success();
  return emitError(entry.getLoc())
         << '@' << entry.getSymName() << " has a plan that does not hold: " << broken
         << "; plan this program anew";
}

FailureOr<ApplyCounts> remat::applyPlan(func::FuncOp entry) {
  auto plan = entry->getAttrOfType<PlanAttr>(RematDialect::getPlanAttrName());
  if (!plan)
    return emitError(entry.getLoc())
           << '@' << entry.getSymName()
           << " has no plan; run remat-plan first, or write 'remat.plan' by hand";
  FailureOr<StepGraph> step = buildStepGraph(entry, analysisOptionsOf(plan));
  if (failed(step))
    return failure();
  FailureOr<planning::Schedule> schedule = scheduleOf(entry, plan, step->graph);
  if (failed(schedule) || failed(checkPromises(entry, plan, *step, *schedule)))
    return failure();
  ApplyCounts counts = Applier(entry, *step).run(resolveExecutions(entry, *step, *schedule));
  entry->removeAttr(RematDialect::getPlanAttrName());
  entry->setAttr(RematDialect::getClonesAttrName(),
                 IntegerAttr::get(IntegerType::get(entry.getContext(), 64), counts.clones));
  remark::analysis(entry.getLoc(), remark::RemarkOpts::name("applied").category("remat").function(
                                       entry.getSymName()))
      << remark::metric("regions", counts.regions)
      << remark::metric("recomputations", counts.executions)
      << remark::metric("unread", counts.unread) << remark::metric("clones", counts.clones);
  return counts;
}
