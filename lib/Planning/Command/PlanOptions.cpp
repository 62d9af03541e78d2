//===- PlanOptions.cpp - the command line of remat-plan -------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanOptions.h"

#include "Help.h"
#include "Spelling.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <set>

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
    "What came out is said on stderr.";

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
    "else nothing. A file is written whole or not at all.";

std::string tableNames() {
  std::string names;
  for (const DeviceTable &table : deviceTables())
    names += (names.empty() ? "" : "|") + std::string(table.name);
  return names;
}

/// The options as text, before they are given meaning.
struct RawOptions {
  std::string input, format = "problem", graph;
  std::string strategy, effort = "default", order = "base", family = "approx", objective = "best",
                        lastSegment, granularity = "auto", budget, scope, cost, timeLimit;
  std::string output = "-", emitFolded, emitJoint, emitPaper, emitProblem, verify, warmStart;
  bool foldFree = false, pareto = false, progress = false;
  std::set<std::string> given; ///< "--budget"; spelled long
};

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
      ->type_name(tableNames())
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
  app.add_option("--time-limit", raw.timeLimit,
                 "End the search after this many seconds, with the best plan so far, which then "
                 "depends on the machine (default: no limit)")
      ->type_name("SECONDS")
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

Error invalid(const std::string &option, const std::string &message) {
  return {ErrorCode::InvalidOption, option + ": " + message};
}

/// Reads an option that is one of several words.
template <typename T>
Status readWord(const char *option, const std::string &text,
                std::optional<T> (*parse)(std::string_view), const std::string &known, T &value) {
  if (std::optional<T> parsed = parse(text)) {
    value = *parsed;
    return {};
  }
  return invalid(option, "unknown value \"" + text + "\"; known values: " + known);
}

class OptionReader {
public:
  explicit OptionReader(const RawOptions &raw) : raw(raw) {}

  Result<PlanOptions> run() {
    for (Status (OptionReader::*step)() :
         {&OptionReader::readInput, &OptionReader::readStrategy, &OptionReader::readBudget,
          &OptionReader::readOutputs, &OptionReader::refuseIdle})
      if (Status status = (this->*step)(); !status)
        return status.error();
    return std::move(options);
  }

private:
  /// Fails when an option is given that the input format does not have.
  Status expectFormat(bool given, const char *option, InputFormat wanted) const {
    if (!given || options.format == wanted)
      return {};
    return invalid(option, "needs --format=" + std::string(toString(wanted)) +
                               ", but the format is " + std::string(toString(options.format)));
  }

  Status refuseFor(InputFormat format, bool given, const char *option, const char *why) const {
    if (given && options.format == format)
      return invalid(option, std::string("does not apply to ") +
                                 (format == InputFormat::Paper ? "paper" : "Checkmate") +
                                 " graphs: " + why);
    return {};
  }

  Status refuseForPaper(bool given, const char *option, const char *why) const {
    return refuseFor(InputFormat::Paper, given, option, why);
  }

  Status readInput() {
    if (raw.input.empty())
      return Error{ErrorCode::InvalidOption,
                   "no input is given; name a file, or - for standard input"};
    options.input = raw.input;
    options.graph = raw.graph;
    options.foldFree = raw.foldFree;
    if (Status status = readWord("--format", raw.format, parseInputFormat,
                                 "problem, neutral, paper, checkmate", options.format);
        !status)
      return status;
    if (Status status = expectFormat(!raw.graph.empty(), "--graph", InputFormat::Paper); !status)
      return status;
    if (Status status = expectFormat(raw.foldFree, "--fold-free", InputFormat::Neutral); !status)
      return status;
    for (InputFormat format : {InputFormat::Paper, InputFormat::Checkmate})
      if (Status status =
              refuseFor(format, !raw.cost.empty(), "--cost", "they hold their own costs");
          !status)
        return status;
    if (raw.cost.empty())
      return {};
    options.table = findDeviceTable(raw.cost);
    if (!options.table) {
      std::string known = tableNames();
      for (size_t bar; (bar = known.find('|')) != std::string::npos;)
        known.replace(bar, 1, ", ");
      return invalid("--cost", "unknown value \"" + raw.cost + "\"; known values: " + known);
    }
    return {};
  }

  Status readStrategy() {
    StrategyOptions &strategy = options.strategy;
    bool isPaper = options.format == InputFormat::Paper;
    strategy.kind = isPaper ? StrategyKind::Kusumoto : StrategyKind::Best;
    if (!raw.strategy.empty())
      if (Status status = readWord("--strategy", raw.strategy, parseStrategyKind,
                                   "none, chen, kusumoto, best", strategy.kind);
          !status)
        return status;
    if (Status status = refuseForPaper(strategy.kind == StrategyKind::Best, "--strategy=best",
                                       "it plans joint graphs; write one with --emit-joint");
        !status)
      return status;
    if (Status status =
            readWord("--effort", raw.effort, parseEffort, "fast, default, max", strategy.effort);
        !status)
      return status;
    if (Status status =
            readWord("--order", raw.order, parsePlanOrder, "base, reorder", strategy.order);
        !status)
      return status;
    if (Status status = refuseForPaper(strategy.order == PlanOrder::Reorder, "--order=reorder",
                                       "it plans joint graphs; write one with --emit-joint");
        !status)
      return status;
    if (Status status =
            readWord("--family", raw.family, parseFamily, "exact, approx", strategy.family);
        !status)
      return status;
    if (Status status = readWord("--objective", raw.objective, parseObjective,
                                 "best, time, memory, memory-pareto", strategy.objective);
        !status)
      return status;
    if (!raw.lastSegment.empty()) {
      strategy.lastSegment.emplace();
      if (Status status = readWord("--last-segment", raw.lastSegment, parseLastSegment,
                                   "keep, recompute", *strategy.lastSegment);
          !status)
        return status;
    }
    if (Status status = readTimeLimit(); !status)
      return status;
    if (raw.granularity == "auto")
      return {};
    strategy.granularity.emplace();
    if (Status status = readWord("--granularity", raw.granularity, parseGranularity,
                                 "auto, op, cluster, layer", *strategy.granularity);
        !status)
      return status;
    return refuseForPaper(true, "--granularity", "their nodes are what the search works on");
  }

  Status readTimeLimit() {
    if (raw.timeLimit.empty())
      return {};
    const char *end = raw.timeLimit.data() + raw.timeLimit.size();
    double seconds = 0;
    auto [read, error] = std::from_chars(raw.timeLimit.data(), end, seconds);
    if (error != std::errc() || read != end || !(seconds > 0) || !std::isfinite(seconds))
      return invalid("--time-limit",
                     "expected a number of seconds above 0, found \"" + raw.timeLimit + "\"");
    options.timeLimit = seconds;
    return {};
  }

  Status readBudget() {
    if (!raw.budget.empty()) {
      Result<Budget> budget = parseBudget(raw.budget);
      if (!budget)
        return invalid("--budget", budget.error().message);
      options.strategy.budget = *budget;
    }
    if (raw.scope.empty())
      return {};
    if (Status status = refuseForPaper(true, "--budget-scope", "they have no arguments"); !status)
      return status;
    if (Status status = refuseFor(InputFormat::Checkmate, true, "--budget-scope",
                                  "they have neither arguments nor outputs");
        !status)
      return status;
    options.scope.emplace();
    return readWord("--budget-scope", raw.scope, parseBudgetScope, budgetScopeNames(),
                    *options.scope);
  }

  Status readOutputs() {
    options.output = raw.output;
    options.emitFolded = raw.emitFolded;
    options.emitJoint = raw.emitJoint;
    options.emitPaper = raw.emitPaper;
    options.emitProblem = raw.emitProblem;
    options.verify = raw.verify;
    options.warmStart = raw.warmStart;
    options.pareto = raw.pareto;
    options.progress = raw.progress;
    if (!raw.emitFolded.empty() && !raw.foldFree)
      return invalid("--emit-folded", "needs --fold-free");
    if (Status status = expectFormat(!raw.emitJoint.empty(), "--emit-joint", InputFormat::Paper);
        !status)
      return status;
    if (Status status = refuseForPaper(!raw.emitPaper.empty(), "--emit-paper", "they are some");
        !status)
      return status;
    if (!raw.verify.empty() && raw.input == "-" && raw.verify == "-")
      return invalid("--verify", "the plan and the input cannot both be standard input");
    if (raw.input == "-" && raw.warmStart == "-")
      return invalid("--warm-start", "the plan and the input cannot both be standard input");
    std::vector<std::pair<const char *, const std::string *>> outputs = {
        {"--emit-problem", &raw.emitProblem},
        {"--emit-folded", &raw.emitFolded},
        {"--emit-joint", &raw.emitJoint},
        {"--emit-paper", &raw.emitPaper}};
    if (raw.verify.empty())
      outputs.insert(outputs.begin(), {"--output", &raw.output});
    for (size_t i = 0; i < outputs.size(); ++i) {
      auto [option, path] = outputs[i];
      if (*path == raw.input && *path != "-" && !path->empty())
        return invalid(option, "would overwrite the input " + raw.input);
      for (size_t j = 0; j < i; ++j)
        if (!path->empty() && *path == *outputs[j].second)
          return invalid(option, "goes to the same place as " + std::string(outputs[j].first) +
                                     ": " + (*path == "-" ? "standard output" : *path));
    }
    return {};
  }

  /// Fails when one of `names` is given, which has no effect beside `reason`.
  Status refuseBeside(const std::string &reason, std::initializer_list<const char *> names) const {
    for (const char *name : names)
      if (raw.given.contains(name))
        return invalid(name, "has no effect with " + reason + "; leave it out");
    return {};
  }

  /// Fails when an option is given that changes nothing. --emit-paper has a
  /// granularity of its own.
  Status refuseIdle() {
    bool verifies = !options.verify.empty();
    if (verifies) {
      if (Status status =
              refuseBeside("--verify", {"--output", "--strategy", "--effort", "--order", "--family",
                                        "--objective", "--last-segment", "--progress",
                                        "--warm-start", "--pareto", "--time-limit"});
          !status)
        return status;
      if (Status status = options.format == InputFormat::Paper
                              ? refuseBeside("--verify", {"--emit-problem", "--emit-joint"})
                              : Status();
          !status)
        return status;
    }
    StrategyKind kind = options.strategy.kind;
    std::string strategy = "--strategy=" + std::string(toString(kind));
    if (kind != StrategyKind::Kusumoto)
      if (Status status = refuseBeside(strategy, {"--family", "--objective"}); !status)
        return status;
    if (kind != StrategyKind::Best)
      if (Status status = refuseBeside(strategy, {"--effort", "--warm-start", "--pareto"}); !status)
        return status;
    if (options.pareto)
      if (Status status = refuseBeside("--pareto", {"--budget", "--warm-start", "--order"});
          !status)
        return status;
    if (!options.warmStart.empty())
      if (Status status = refuseBeside("--warm-start", {"--order"}); !status)
        return status;
    if (!options.warmStart.empty() && options.strategy.budget.kind != Budget::Kind::Bytes &&
        options.strategy.budget.kind != Budget::Kind::Percent)
      return invalid("--warm-start", "needs --budget with a size or a percentage");
    bool segments = kind == StrategyKind::Chen || kind == StrategyKind::Kusumoto;
    if (!segments)
      if (Status status = refuseBeside(strategy, {"--last-segment"}); !status)
        return status;
    if ((verifies || !segments) && options.emitPaper.empty())
      return refuseBeside(verifies ? "--verify" : strategy, {"--granularity"});
    return {};
  }

  const RawOptions &raw;
  PlanOptions options;
};

/// What the parser says, in the form of our messages.
std::string tidy(std::string message) {
  while (!message.empty() &&
         (std::isspace(static_cast<unsigned char>(message.back())) || message.back() == '.'))
    message.pop_back();
  if (!message.empty())
    message[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(message[0])));
  return message;
}

/// Only flags are converted; the parser says "Could not convert: --flag = text".
Error describeConversion(const std::string &message) {
  size_t name = message.find("--"), equals = message.find(" = ");
  if (name == std::string::npos || equals == std::string::npos || equals < name)
    return {ErrorCode::InvalidOption, tidy(message)};
  return invalid(message.substr(name, equals - name),
                 "unknown value \"" + message.substr(equals + 3) + "\"; known values: true, false");
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
  app.set_help_flag("-h,--help", "Print this help and leave");
  app.set_version_flag("--version", std::string("remat-plan ") + REMAT_VERSION,
                       "Print the version and leave");
  app.footer(closing);
  app.allow_extras();
  app.formatter(std::make_shared<HelpFormatter>());
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  addInputOptions(app, raw);
  addStrategyOptions(app, raw);
  addBudgetOptions(app, raw);
  addOutputOptions(app, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp &) {
    return Parsed(PlanInformation{app.help()});
  } catch (const CLI::CallForVersion &call) {
    return Parsed(PlanInformation{std::string(call.what()) + "\n"});
  } catch (const CLI::ArgumentMismatch &error) {
    std::string option = error.what();
    return Error{ErrorCode::InvalidOption,
                 option.substr(0, option.find(':')) + ": a value is missing"};
  } catch (const CLI::ConversionError &error) {
    return describeConversion(error.what());
  } catch (const CLI::ParseError &error) {
    return Error{ErrorCode::InvalidOption, tidy(error.what())};
  }
  for (const CLI::Option *option : app.get_options()) {
    if (option->count() > 0)
      raw.given.insert(option->get_name());
    if (option->count() > 1)
      return Error{ErrorCode::InvalidOption, option->get_name() + ": given " +
                                                 std::to_string(option->count()) +
                                                 " times; give it once"};
  }
  if (std::vector<std::string> extras = app.remaining(); !extras.empty()) {
    bool isOption = extras.front().starts_with("-");
    return Error{ErrorCode::InvalidOption,
                 (isOption ? "unknown option " : "more than one input: ") + extras.front() +
                     (isOption ? "; remat-plan --help lists them" : "")};
  }
  Result<PlanOptions> options = OptionReader(raw).run();
  if (!options)
    return options.error();
  return Parsed(std::move(*options));
}

} // namespace remat::planning
