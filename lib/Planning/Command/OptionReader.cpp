//===- OptionReader.cpp - what the command line means ---------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OptionReader.h"

#include "Files.h"
#include "remat/Planning/Cost/DeviceTable.h"

#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

namespace remat::planning {

namespace {

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
    if (!options.table)
      return invalid("--cost",
                     "unknown value \"" + raw.cost + "\"; known values: " + deviceTableNames(", "));
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
    static constexpr std::pair<std::string_view, double> units[] = {
        {"", 1}, {"ms", 1e-3}, {"s", 1}, {"min", 60}, {"h", 3600}};
    const char *end = raw.timeLimit.data() + raw.timeLimit.size();
    double number = 0, seconds = 0;
    auto [unit, error] = std::from_chars(raw.timeLimit.data(), end, number);
    if (error == std::errc())
      for (auto [name, length] : units)
        if (name == std::string_view(unit, end))
          seconds = number * length;
    if (!(seconds > 0) || !std::isfinite(seconds))
      return invalid("--time-limit",
                     "expected a time above 0, in ms, s, min or h, or a number of seconds, such as "
                     "500ms or 30; found \"" +
                         raw.timeLimit + "\"");
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
      if (*path != "-" && isSameFile(*path, raw.input))
        return invalid(option, "would overwrite the input " + raw.input);
      for (size_t j = 0; j < i; ++j)
        if (isSameFile(*path, *outputs[j].second))
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

} // namespace

std::string deviceTableNames(const std::string &separator) {
  std::string names;
  for (const DeviceTable &table : deviceTables())
    names += (names.empty() ? "" : separator) + std::string(table.name);
  return names;
}

Result<PlanOptions> readOptions(const RawOptions &raw) { return OptionReader(raw).run(); }

} // namespace remat::planning
