//===- PlanCommand.cpp - the remat-plan command ---------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanCommand.h"

#include "Files.h"
#include "PackCommand.h"
#include "PlanOptions.h"
#include "SearchWatch.h"
#include "Summary.h"
#include "remat/Planning/Graph/FoldFree.h"
#include "remat/Planning/Graph/NeutralIO.h"
#include "remat/Planning/Recompute/CheckmateIO.h"
#include "remat/Planning/Recompute/PaperIO.h"
#include "remat/Planning/Recompute/Pareto.h"
#include "remat/Planning/Recompute/PlanIO.h"
#include "remat/Planning/Recompute/ProblemIO.h"
#include "remat/Planning/Recompute/Refusal.h"
#include "remat/Planning/Recompute/Simulator.h"
#include "remat/Planning/Recompute/Verify.h"
#include "remat/Planning/Recompute/WarmStart.h"

#include <cstdio>

namespace remat::planning {

namespace {

/// A run of the command. `paper` is set for paper graphs, whose problem is the
/// joint graph.
class Run {
public:
  Run(PlanOptions options, const Planner &planner)
      : options(std::move(options)), planner(planner) {}

  int run() {
    if (Status status = load(); !status)
      return fail(status.error());
    if (!options.verify.empty())
      return checkGivenPlan();
    return plan();
  }

  static int fail(const Error &error, PlanExit exit = PlanExitBadInput) {
    std::fprintf(stderr, "remat-plan: error: %s\n", error.message.c_str());
    return exit;
  }

private:
  Status load() {
    Result<std::string> text = readInput(options.input);
    if (!text)
      return text.error();
    std::string name = inputName(options.input);
    switch (options.format) {
    case InputFormat::Problem:
      return loadProblem(*text, name);
    case InputFormat::Neutral:
      return loadNeutral(*text, name);
    case InputFormat::Paper:
      return loadPaper(*text, name);
    case InputFormat::Checkmate:
      return loadCheckmate(*text, name);
    }
    return {};
  }

  Status loadProblem(const std::string &text, const std::string &name) {
    Result<Problem> read = readProblem(text, name);
    if (!read)
      return read.error();
    problem = std::move(*read);
    if (options.table) {
      BudgetScope scope = problem.scope;
      std::string memoryModel = problem.memoryModel;
      bool donation = problem.donation;
      problem = makeProblem(std::move(problem.graph), *options.table, scope, donation);
      problem.memoryModel = memoryModel;
    }
    if (options.scope)
      problem.scope = *options.scope;
    return finishProblem(name);
  }

  Status loadNeutral(const std::string &text, const std::string &name) {
    Result<Graph> graph = readNeutralGraph(text, name);
    if (!graph)
      return graph.error();
    if (options.foldFree)
      *graph = foldFree(*graph);
    BudgetScope scope = options.scope.value_or(BudgetScope::NonArguments);
    const DeviceTable *table = options.table ? options.table : findDeviceTable("h100");
    problem = makeProblem(std::move(*graph), *table, scope, scope == BudgetScope::Total);
    if (Status status = finishProblem(name); !status || options.emitFolded.empty())
      return status;
    Result<std::string> folded = writeNeutralGraph(problem.graph);
    if (!folded)
      return folded.error();
    return writeOutput(options.emitFolded, *folded);
  }

  Status loadPaper(const std::string &text, const std::string &name) {
    Result<PaperGraph> graph = readPaperGraph(text, name, options.graph);
    if (!graph)
      return graph.error();
    paper = std::move(*graph);
    problem = jointProblem(*paper);
    return {};
  }

  Status loadCheckmate(const std::string &text, const std::string &name) {
    Result<Problem> read = readCheckmateProblem(text, name);
    if (!read)
      return read.error();
    problem = std::move(*read);
    return finishProblem(name);
  }

  /// Costs of another table and sums after folding may break a rule that the
  /// file itself keeps.
  Status finishProblem(const std::string &name) {
    if (Status status = problem.check(); !status)
      return Error{status.error().code, name + ": " + status.error().message};
    if (Status status = writeContracted(name); !status)
      return status;
    return writeOptional(options.emitProblem, [&] { return writeProblem(problem); });
  }

  /// --emit-paper.
  Status writeContracted(const std::string &name) const {
    if (options.emitPaper.empty())
      return {};
    Result<PaperGraph> contracted = contractedPaperGraph(
        problem.graph, options.strategy.granularity.value_or(Granularity::Layer));
    if (!contracted)
      return Error{contracted.error().code, name + ": " + contracted.error().message};
    return writeOutput(options.emitPaper, writePaperGraph(*contracted));
  }

  template <typename Writer>
  static Status writeOptional(const std::string &path, Writer write) {
    return path.empty() ? Status() : writeOutput(path, write());
  }

  int plan() {
    SearchWatch watch(options.progress, options.timeLimit);
    options.strategy.progress = [&](double share) { return watch(share); };
    if (Status status = loadWarmStart(); !status)
      return fail(status.error());
    if (options.pareto)
      return planEveryBudget(watch);
    PlanResult result;
    if (paper) {
      Result<PaperPlan> solved = solvePaper(*paper, options.strategy);
      if (!solved)
        return fail(solved.error());
      problem = std::move(solved->joint);
      result = std::move(solved->result);
    } else {
      result = planner(problem, options.strategy);
    }
    std::string early = watch.reason();
    if (!early.empty() && !result.plan && result.status != PlanStatus::Infeasible)
      return reportEarlyEnd(watch, result);
    if (!early.empty())
      result.stopReason = early + (result.stopReason.empty() ? "" : "; ") + result.stopReason;
    if (result.plan)
      if (Status status = verify(problem, *result.plan, result.budget); !status)
        return fail({ErrorCode::InvalidPlan, "defect: the plan of " + result.strategy +
                                                 " breaks a rule and is not written; " +
                                                 status.error().message},
                    PlanExitDefect);
    if (Status status = writeResults(result); !status)
      return fail(status.error());
    if (result.plan) {
      std::fputs(summarizePlan(problem, result).c_str(), stderr);
      return reportWritten(watch, "plan");
    }
    fail({ErrorCode::InvalidOption, result.stopReason});
    for (const RefusalNote &note : refusalNotes(problem, result))
      std::fprintf(stderr, "remat-plan: note: %s\n", note.text.c_str());
    return PlanExitRefused;
  }

  /// --warm-start.
  Status loadWarmStart() {
    if (options.warmStart.empty())
      return {};
    Result<std::string> text = readInput(options.warmStart);
    if (!text)
      return text.error();
    Result<Schedule> schedule = readWarmStart(problem, *text, inputName(options.warmStart));
    if (!schedule)
      return schedule.error();
    options.strategy.warmStart = std::move(*schedule);
    return {};
  }

  /// --pareto.
  int planEveryBudget(const SearchWatch &watch) {
    Result<ParetoCurve> curve = paretoOf(problem, options.strategy);
    if (!curve)
      return fail(curve.error());
    curve->stopReason = watch.reason();
    for (const ParetoPoint &point : curve->points)
      if (Status status = verify(problem, point.plan, point.plan.peak); !status)
        return fail({ErrorCode::InvalidPlan, "defect: a plan of the curve breaks a rule and "
                                             "nothing is written; " +
                                                 status.error().message},
                    PlanExitDefect);
    if (Status status = writeOutput(options.output, writePareto(problem, *curve)); !status)
      return fail(status.error());
    std::fputs(describePareto(problem, *curve).c_str(), stderr);
    return reportWritten(watch, "curve");
  }

  Status writeResults(const PlanResult &result) {
    if (paper) {
      if (Status status = writeOptional(options.emitProblem, [&] { return writeProblem(problem); });
          !status)
        return status;
      if (!options.emitJoint.empty()) {
        Result<std::string> joint = writeNeutralGraph(problem.graph);
        if (!joint)
          return joint.error();
        if (Status status = writeOutput(options.emitJoint, *joint); !status)
          return status;
      }
    }
    return writeOutput(options.output, writePlan(problem, result));
  }

  /// Says that the search ended early, if it did, and returns the exit status.
  static int reportWritten(const SearchWatch &watch, const char *what) {
    if (std::string early = watch.reason(); !early.empty())
      std::fprintf(stderr, "remat-plan: %s; the best %s so far is written\n", early.c_str(), what);
    return watch.signalStatus();
  }

  /// The search ended early, without a plan that fits.
  int reportEarlyEnd(const SearchWatch &watch, const PlanResult &result) const {
    std::string message = watch.reason() + ", and no plan was found so far that fits the budget";
    if (result.budget)
      message += " " + formatBytes(*result.budget);
    if (paper)
      message += " of the formula";
    else
      message += ", scope " + std::string(toString(problem.scope)) +
                 "; the smallest peak so far is " + formatBytes(result.smallestPeak);
    fail({ErrorCode::InvalidOption,
          message + "; nothing is written; plan for longer or raise the budget"});
    int status = watch.signalStatus();
    return status ? status : PlanExitRefused;
  }

  /// --verify.
  int checkGivenPlan() {
    Result<std::string> text = readInput(options.verify);
    if (!text)
      return fail(text.error());
    std::string name = inputName(options.verify);
    Result<PlanResult> given = readPlan(problem, *text, name);
    if (given && paper)
      given = readPaperPlan(*given, *text, name);
    if (!given)
      return fail(given.error());
    if (!given->plan)
      return fail({ErrorCode::InvalidInput, name +
                                                ": there is no schedule to verify; its status is " +
                                                std::string(toString(given->status))});
    Result<std::optional<Bytes>> budget = budgetToVerify(*given);
    if (!budget)
      return fail(budget.error());
    if (Status status = verify(problem, *given->plan, *budget); !status)
      return fail({status.error().code, name + ": " + status.error().message}, PlanExitRefused);
    Result<PlanFigures> figures = readPlanFigures(*text, name);
    if (!figures)
      return fail(figures.error());
    if (Status status = verifyClaims(problem, *given, *figures); !status)
      return fail({status.error().code, name + ": " + status.error().message}, PlanExitRefused);
    if (Status status = paper ? verifyFormula(*paper, *given, *budget) : Status(); !status)
      return fail({status.error().code, name + ": " + status.error().message}, PlanExitRefused);
    std::fprintf(stderr, "%s: every rule holds; peak %s, scope %s\n", name.c_str(),
                 formatBytes(given->plan->peak).c_str(),
                 std::string(toString(problem.scope)).c_str());
    return PlanExitDone;
  }

  /// The base order of a joint graph follows the sequence of the plan, so the
  /// plan is read again once that is known.
  Result<PlanResult> readPaperPlan(const PlanResult &given, const std::string &text,
                                   const std::string &name) {
    if (!given.formula)
      return Error{ErrorCode::InvalidInput, name + ": key \"paper\" is missing"};
    if (Status status = checkSequence(*paper, given.formula->sequence); !status)
      return Error{status.error().code, name + ": paper.sequence: " + status.error().message};
    problem = jointProblem(*paper, given.formula->sequence);
    return readPlan(problem, text, name);
  }

  Result<std::optional<Bytes>> budgetToVerify(const PlanResult &given) const {
    const Budget &budget = options.strategy.budget;
    switch (budget.kind) {
    case Budget::Kind::None:
      return given.budget;
    case Budget::Kind::Bytes:
      return std::optional(Bytes(budget.amount));
    case Budget::Kind::Percent:
    case Budget::Kind::Minimum:
      break;
    }
    return Error{ErrorCode::InvalidOption,
                 "--budget: give bytes with --verify; a percentage or min needs a plan made here"};
  }

  PlanOptions options;
  const Planner &planner;
  Problem problem;
  std::optional<PaperGraph> paper;
};

} // namespace

int runPlanCommand(int argc, char **argv, const Planner &planner) {
  if (argc > 1 && std::string_view(argv[1]) == "pack")
    return runPackCommand(argc - 1, argv + 1);
  auto parsed = parsePlanOptions(argc, argv);
  if (!parsed)
    return Run::fail(parsed.error());
  if (const auto *information = std::get_if<PlanInformation>(&*parsed)) {
    std::fputs(information->text.c_str(), stdout);
    return PlanExitDone;
  }
  return Run(std::get<PlanOptions>(std::move(*parsed)), planner).run();
}

} // namespace remat::planning
