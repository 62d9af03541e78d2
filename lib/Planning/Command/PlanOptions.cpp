//===- PlanOptions.cpp - the command line of remat-plan -------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanOptions.h"

#include "CommandLine.h"
#include "OptionReader.h"
#include "Spelling.h"

#include <CLI/CLI.hpp>

namespace remat::planning {

namespace {

constexpr Spelling<InputFormat> formats[] = {
    {InputFormat::Problem, "problem"},
    {InputFormat::Neutral, "neutral"},
    {InputFormat::Paper, "paper"},
    {InputFormat::Checkmate, "checkmate"},
};

constexpr const char *description =
    "Plans recomputation: reads a training step as a graph of ops and values, finds a\n"
    "schedule that meets a budget of device memory, and writes it as plan.json.\n"
    "What came out is said on stderr.\n"
    "\n"
    "remat-plan pack packs buffers with lifetimes into one arena; see remat-plan pack --help.";

constexpr const char *closing =
    "Sizes are bytes, in the scope that every message names: total (arguments, outputs and\n"
    "temporaries), non-arguments (outputs and temporaries) or temporaries. A budget is 8GiB,\n"
    "800MB, 123, 50% (of the base order's peak) or min (the smallest peak the strategy\n"
    "reaches); in a paper graph it is a number in the graph's own units, or min. Costs are\n"
    "femtoseconds, or units of the table paper. Options that take yes or no are off unless\n"
    "given.\n"
    "Exit status: 0 a plan was found (or the given one holds); 1 no plan fits (plan.json\n"
    "then says why), the time limit came before a plan, or the given plan breaks a rule;\n"
    "2 an option or a file is wrong; 3 a plan failed its own check, which is a defect;\n"
    "130 or 143 ended by SIGINT or SIGTERM: the best plan so far is written if there is one,\n"
    "else nothing. The same signal again ends it at once, and that plan is lost. A file is\n"
    "written whole or not at all.";

void addInputOptions(CLI::App &app, RawOptions &raw) {
  app.add_option("INPUT", raw.input, "File to plan; - is standard input. xz files are unpacked")
      ->type_name("");
  app.add_option("--format", raw.format,
                 "problem.json, a neutral graph, the paper's graph {n, T, M, edges}, or a graph "
                 "of Checkmate or Moccasin")
      ->type_name("problem|neutral|paper|checkmate")
      ->default_str("problem")
      ->group("Input");
  app.add_option("--graph", raw.graph, "Which graph of a paper file (default: its only one)")
      ->type_name("NAME")
      ->group("Input");
  app.add_flag("--fold-free,!--no-fold-free", raw.foldFree,
               "Neutral graphs: fold constants, broadcasts and views into the ops that read "
               "them (default: no)")
      ->group("Input");
  app.add_option("--cost", raw.cost,
                 "Cost table (default: h100 for neutral graphs, the file's costs for problems)")
      ->type_name(deviceTableNames("|"))
      ->group("Input");
}

void addStrategyOptions(CLI::App &app, RawOptions &raw) {
  const char *group = "Strategy";
  app.add_option("--strategy", raw.strategy,
                 "How plans are made (default: best; kusumoto for paper graphs)")
      ->type_name("none|chen|kusumoto|best")
      ->group(group);
  app.add_option("--effort", raw.effort, "Steps that best may take; never a time")
      ->type_name("fast|default|max")
      ->default_str("default")
      ->group(group);
  app.add_option("--order", raw.order,
                 "Order in which ops first run: the base order; or the best plan of that and of up "
                 "to three others made to need less memory")
      ->type_name("base|reorder")
      ->default_str("base")
      ->group(group);
  app.add_option(
         "--time-limit", raw.timeLimit,
         "End the search after this time, such as 500ms, 30s, 5min or 1h; a number alone is "
         "seconds. The best plan so far is the answer, which then depends on the machine "
         "(default: no limit)")
      ->type_name("TIME")
      ->group(group);
  app.add_option("--warm-start", raw.warmStart,
                 "Start best from this plan.json, made for another budget or a similar graph: ops "
                 "are matched by id")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--family", raw.family, "Lower sets that kusumoto searches")
      ->type_name("exact|approx")
      ->default_str("approx")
      ->group(group);
  app.add_option("--objective", raw.objective,
                 "What kusumoto prefers within the budget; best tries time and memory")
      ->type_name("best|time|memory|memory-pareto")
      ->default_str("best")
      ->group(group);
  app.add_option("--last-segment", raw.lastSegment,
                 "Keep the last segment's values or recompute them (default: keep; recompute "
                 "for paper graphs)")
      ->type_name("keep|recompute")
      ->group(group);
  app.add_option("--granularity", raw.granularity,
                 "Ops per node of the search; auto tries each and takes the best plan")
      ->type_name("auto|op|cluster|layer")
      ->default_str("auto")
      ->group(group);
}

void addBudgetOptions(CLI::App &app, RawOptions &raw) {
  const char *group = "Budget";
  app.add_option("--budget", raw.budget, "Bytes that may be live at once (default: no limit)")
      ->type_name("SIZE|PERCENT|min")
      ->group(group);
  app.add_option("--budget-scope", raw.scope,
                 "What budget and peak count (default: non-arguments for neutral graphs, the "
                 "file's scope for problems)")
      ->type_name("total|non-arguments|temporaries")
      ->group(group);
}

void addOutputOptions(CLI::App &app, RawOptions &raw) {
  const char *group = "Output";
  app.add_option("-o,--output", raw.output, "Where plan.json goes; - is standard output")
      ->type_name("FILE")
      ->default_str("-")
      ->group(group);
  app.add_option("--verify", raw.verify,
                 "Check this plan.json against INPUT and a given --budget instead of planning")
      ->type_name("FILE")
      ->group(group);
  app.add_flag("--pareto", raw.pareto,
               "Plan every budget instead of one: pareto.json goes to --output, a table to stderr "
               "(default: no)")
      ->group(group);
  app.add_option("--emit-problem", raw.emitProblem, "Also write the problem as problem.json")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--emit-folded", raw.emitFolded,
                 "With --fold-free: also write the folded graph as a neutral graph, whose ids "
                 "the plan uses")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--emit-joint", raw.emitJoint,
                 "Paper graphs: also write forward and gradients as a neutral graph, whose ids "
                 "the plan uses")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--emit-paper", raw.emitPaper,
                 "Also write the forward as a paper graph, one node for each node of the search; "
                 "without --granularity, one for each layer")
      ->type_name("FILE")
      ->group(group);
  app.add_flag("--progress", raw.progress,
               "Report progress every 2 s (default: only when stderr is a terminal)")
      ->group(group);
}

} // namespace

std::string_view toString(InputFormat format) { return spell(formats, format); }

std::optional<InputFormat> parseInputFormat(std::string_view text) {
  return findSpelled(formats, text);
}

Result<std::variant<PlanOptions, PlanInformation>> parsePlanOptions(int argc, char **argv) {
  using Parsed = std::variant<PlanOptions, PlanInformation>;
  RawOptions raw;
  CLI::App app(description, "remat-plan");
  prepareApp(app);
  app.set_version_flag("--version", std::string("remat-plan ") + REMAT_VERSION,
                       "Print the version and leave");
  app.footer(closing);
  addInputOptions(app, raw);
  addStrategyOptions(app, raw);
  addBudgetOptions(app, raw);
  addOutputOptions(app, raw);
  Result<std::optional<PlanInformation>> information = parseCommandLine(app, argc, argv);
  if (!information)
    return information.error();
  if (*information)
    return Parsed(std::move(**information));
  for (const CLI::Option *option : app.get_options())
    if (option->count() > 0)
      raw.given.insert(option->get_name());
  Result<PlanOptions> options = readOptions(raw);
  if (!options)
    return options.error();
  return Parsed(std::move(*options));
}

} // namespace remat::planning
