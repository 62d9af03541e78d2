//===- RunReport.cpp - what remat-run says ---------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RunReport.h"

#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace remat;
using planning::Bytes;

namespace {
/// A row of the table and a field of the JSON: a figure of a step.
struct Figure {
  const char *title;
  const char *key;
  std::optional<double> (*value)(const StepRun &run);
  bool isBytes;
};
} // namespace

static std::optional<double> count(Bytes bytes) { return static_cast<double>(bytes.count); }

static const Figure figures[] = {
    {"arguments", "arguments_bytes",
     [](const StepRun &run) { return count(totalBytes(run.step->arguments)); }, true},
    {"results", "results_bytes",
     [](const StepRun &run) { return count(totalBytes(run.step->results)); }, true},
    {"arena", "arena_bytes", [](const StepRun &run) { return count(run.step->arena); }, true},
    {"most live in the arena", "live_bytes",
     [](const StepRun &run) { return count(run.step->live); }, true},
    {"peak the runtime mapped", "mapped_peak_bytes",
     [](const StepRun &run) { return count(run.measurement.mapped); }, true},
    {"growth of the process", "resident_growth_bytes",
     [](const StepRun &run) -> std::optional<double> {
       return run.measurement.resident ? count(*run.measurement.resident) : std::nullopt;
     },
     true},
    {"compilation", "compile_ms",
     [](const StepRun &run) -> std::optional<double> { return run.step->compileSeconds * 1e3; },
     false},
    {"first run", "first_ms",
     [](const StepRun &run) -> std::optional<double> { return run.measurement.firstSeconds * 1e3; },
     false},
    {"median step", "step_ms",
     [](const StepRun &run) -> std::optional<double> {
       return run.measurement.medianSeconds() * 1e3;
     },
     false},
};

static std::string cell(const Figure &figure, const StepRun &run) {
  std::optional<double> value = figure.value(run);
  if (!value)
    return "unknown";
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (figure.isBytes)
    stream << static_cast<int64_t>(*value) << " B";
  else
    stream << llvm::format("%.3f ms", *value);
  return text;
}

void remat::printTable(const RunReport &report, llvm::raw_ostream &stream) {
  constexpr int titleWidth = 24, width = 20;
  const char *names[] = {"before", "after"};
  stream << llvm::left_justify("", titleWidth);
  for (size_t i = 0; i < report.runs.size(); ++i)
    stream << llvm::right_justify(report.runs.size() == 1 ? "step" : names[i], width);
  stream << "\n";
  for (const Figure &figure : figures) {
    stream << llvm::left_justify(figure.title, titleWidth);
    for (const StepRun &run : report.runs)
      stream << llvm::right_justify(cell(figure, run), width);
    stream << "\n";
  }
  for (const StepRun &run : report.runs)
    if (run.nonFinite)
      stream << "note: the results of " << run.step->file << " hold " << run.nonFinite
             << " elements that are infinite or NaN\n";
  if (const auto &difference = report.difference) {
    const BufferSpec &spec = report.runs[0].step->results[difference->result];
    stream << "different: result " << difference->result << ", " << spec.type << ", element "
           << difference->element << " is " << difference->before << " before and "
           << difference->after << " after\n";
  } else if (report.runs.size() == 2) {
    stream << "equal: all " << report.runs[0].step->results.size()
           << " results agree bit for bit\n";
  }
  if (const auto &reference = report.reference)
    stream << (report.isWithinTolerance() ? "within" : "beyond") << " the tolerance of "
           << llvm::format("%g", report.options.tolerance) << ": result " << reference->result
           << " of " << reference->program << " is farthest from " << report.options.reference
           << ", at element " << reference->distance.element << " by "
           << llvm::format("%g", reference->distance.largest) << ", "
           << llvm::format("%g", reference->distance.relative())
           << " of the result's largest magnitude\n";
}

/// JSON has no number for what is infinite.
static llvm::json::Value number(double value) {
  return std::isfinite(value) ? llvm::json::Value(value) : llvm::json::Value(nullptr);
}

static void writeReport(const RunReport &report, llvm::json::OStream &json) {
  json.object([&] {
    json.attribute("schema_version", 1);
    json.attribute("inputs", report.options.inputs);
    json.attribute("seed", static_cast<int64_t>(report.options.seed));
    json.attribute("repeat", report.options.repeat);
    json.attributeArray("steps", [&] {
      for (const StepRun &run : report.runs)
        json.object([&] {
          json.attribute("file", run.step->file);
          for (const Figure &figure : figures) {
            std::optional<double> value = figure.value(run);
            if (!value)
              json.attribute(figure.key, nullptr);
            else if (figure.isBytes)
              json.attribute(figure.key, static_cast<int64_t>(*value));
            else
              json.attribute(figure.key, *value);
          }
          json.attribute("non_finite", run.nonFinite);
        });
    });
    if (report.runs.size() == 2)
      json.attribute("equal", !report.difference);
    if (const auto &difference = report.difference)
      json.attributeObject("difference", [&] {
        json.attribute("result", static_cast<int64_t>(difference->result));
        json.attribute("element", difference->element);
        json.attribute("before", difference->before);
        json.attribute("after", difference->after);
      });
    if (const auto &reference = report.reference)
      json.attributeObject("reference", [&] {
        json.attribute("file", report.options.reference);
        json.attribute("tolerance", report.options.tolerance);
        json.attribute("within", report.isWithinTolerance());
        json.attribute("step", reference->program);
        json.attribute("result", static_cast<int64_t>(reference->result));
        json.attribute("element", reference->distance.element);
        json.attribute("largest_error", number(reference->distance.largest));
        json.attribute("relative_error", number(reference->distance.relative()));
      });
  });
}

llvm::Error remat::writeJson(const RunReport &report, const std::string &path) {
  return llvm::writeToOutput(path, [&](llvm::raw_ostream &stream) {
    llvm::json::OStream json(stream, 2);
    writeReport(report, json);
    stream << "\n";
    return llvm::Error::success();
  });
}
