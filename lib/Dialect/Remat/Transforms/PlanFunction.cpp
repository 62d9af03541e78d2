//===- PlanFunction.cpp - asks the planner, annotates the function ------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanRemarks.h"

#include "remat/Dialect/Remat/Transforms/PlanAttribute.h"
#include "remat/Dialect/Remat/Transforms/PlanOptions.h"
#include "remat/Planning/Recompute/PlanIO.h"
#include "remat/Planning/Recompute/ProblemIO.h"
#include "remat/Planning/Recompute/Refusal.h"
#include "remat/Planning/Recompute/Simulator.h"
#include "remat/Planning/Recompute/Verify.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace remat;

/// Writes `content` to `path` as a whole or not at all.
static LogicalResult writeFile(func::FuncOp entry, StringRef path, StringRef content) {
  llvm::Error error = llvm::writeToOutput(path, [&](llvm::raw_ostream &stream) {
    stream << content;
    return llvm::Error::success();
  });
  if (!error)
    return success();
  return emitError(entry.getLoc())
         << "cannot write '" << path << "': " << toString(std::move(error));
}

static planning::Problem problemOf(const StepGraph &step, const PlanRequest &request) {
  planning::Problem problem =
      planning::makeProblem(step.graph, *request.table, request.scope, /*donation=*/true);
  problem.memoryModel = spell(request.analysis.memoryModel).str();
  return problem;
}

/// Reports where a plan breaks a rule, or a file says what its plan is not.
static LogicalResult expectHolds(func::FuncOp entry, const PlanRequest &request,
                                 const planning::Status &status) {
  if (status)
    return success();
  return emitError(entry.getLoc())
         << (request.planFile.empty() ? "the planner made a plan"
                                      : "'" + request.planFile + "' is a plan")
         << " that does not hold: " << status.error().message;
}

/// Leaves of a plan that is held to a larger budget than its own what holds there too.
static void takeBackProof(planning::PlanResult &result, planning::Cost baseCost) {
  result.stopReason = "the plan was made for the budget " + planning::formatBytes(*result.budget);
  result.bound = baseCost;
  result.status = result.plan->cost == baseCost ? planning::PlanStatus::Optimal
                                                : planning::PlanStatus::Feasible;
}

/// Reads a plan from a file instead of making one. A budget of the request stands
/// in place of the file's.
static FailureOr<planning::PlanResult>
readPlanFile(func::FuncOp entry, const planning::Problem &problem, const PlanRequest &request) {
  const std::string &path = request.planFile;
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return emitError(entry.getLoc())
           << "cannot read plan '" << path << "': " << buffer.getError().message();
  planning::Result<planning::PlanResult> plan =
      planning::readPlan(problem, (*buffer)->getBuffer(), path);
  if (!plan)
    return emitError(entry.getLoc()) << plan.error().message;
  if (!plan->plan)
    return emitError(entry.getLoc()) << "'" << path << "' holds no plan: its status is "
                                     << StringRef(planning::toString(plan->status));
  planning::Result<planning::PlanFigures> figures =
      planning::readPlanFigures((*buffer)->getBuffer(), path);
  if (!figures)
    return emitError(entry.getLoc()) << figures.error().message;
  std::optional<planning::Bytes> budget = plan->budget;
  if (request.strategy.budget.kind != planning::Budget::Kind::None) {
    planning::Bytes plainPeak = planning::simulate(problem, planning::baseSchedule(problem)).peak;
    budget = planning::limitOf(request.strategy.budget, plainPeak);
  }
  if (failed(expectHolds(entry, request, planning::verify(problem, *plan->plan, budget))) ||
      failed(expectHolds(entry, request, planning::verifyClaims(problem, *plan, *figures))))
    return failure();
  if (plan->budget && budget > plan->budget)
    takeBackProof(*plan, problem.baseCost());
  plan->budget = budget;
  return *plan;
}

/// Reports why there is no plan, with a note at each op and value that is to blame.
static LogicalResult refuse(func::FuncOp entry, const StepGraph &step,
                            const planning::Problem &problem, const planning::PlanResult &result) {
  auto locate = [&](const planning::RefusalNote &note) {
    if (note.op != planning::kNoOp)
      return step.root[note.op]->getLoc();
    if (!note.value)
      return entry.getBody().front().getTerminator()->getLoc();
    Value value = step.value[*note.value];
    return value ? value.getLoc() : entry.getLoc();
  };
  InFlightDiagnostic diagnostic = emitError(entry.getLoc()) << result.stopReason;
  for (const planning::RefusalNote &note : planning::refusalNotes(problem, result))
    diagnostic.attachNote(locate(note)) << note.text;
  return diagnostic;
}

static FailureOr<planning::PlanResult> findPlan(func::FuncOp entry, const StepGraph &step,
                                                const planning::Problem &problem,
                                                const PlanRequest &request) {
  // Whoever made the plan: it is checked by code that did not.
  if (!request.planFile.empty())
    return readPlanFile(entry, problem, request);
  planning::PlanResult result = planning::solve(problem, request.strategy);
  if (result.plan &&
      failed(expectHolds(entry, request, planning::verify(problem, *result.plan, result.budget))))
    return failure();
  return result;
}

LogicalResult remat::planFunction(func::FuncOp entry, const PlanRequest &request) {
  FailureOr<StepGraph> step = buildStepGraph(entry, request.analysis);
  if (failed(step))
    return failure();
  if (!step->warning.empty())
    emitWarning(entry.getLoc()) << step->warning;
  planning::Problem problem = problemOf(*step, request);
  if (planning::Status status = problem.check(); !status)
    return emitError(entry.getLoc()) << status.error().message;
  if (!request.problemFile.empty() &&
      failed(writeFile(entry, request.problemFile, planning::writeProblem(problem))))
    return failure();
  FailureOr<planning::PlanResult> result = findPlan(entry, *step, problem, request);
  if (failed(result))
    return failure();
  // A refusal is an answer too: its witness goes into the file.
  if (!request.planOutput.empty() &&
      failed(writeFile(entry, request.planOutput, planning::writePlan(problem, *result))))
    return failure();
  if (!result->plan)
    return refuse(entry, *step, problem, *result);
  entry->setAttr(RematDialect::getPlanAttrName(),
                 toAttribute(entry, request.analysis, problem, *result));
  emitPlanRemarks(entry, *step, problem, *result);
  return success();
}
