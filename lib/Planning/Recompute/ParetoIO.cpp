//===- ParetoIO.cpp - pareto.json and the table ---------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Pareto.h"

#include "Json.h"

#include <cstdio>

namespace remat::planning {

namespace {

constexpr double kBytesPerMiB = 1 << 20;

std::string writePoint(const Problem &problem, const ParetoCurve &curve, size_t index) {
  const ParetoPoint &point = curve.points[index];
  JsonObject page;
  page.add("peak", point.plan.peak.count);
  page.add("cost", point.plan.cost.count);
  page.addRaw("overhead", jsonNumber(overheadOf(point.plan.cost, problem.baseCost())));
  page.add("bound", point.bound.count);
  if (index + 1 < curve.points.size()) {
    double price = priceOfByte(point, curve.points[index + 1]);
    page.addRaw("price_per_byte", jsonNumber(price));
    if (problem.costUnit == CostUnit::Femtoseconds)
      page.addRaw("price_us_per_mib", jsonNumber(inMicroseconds(price * kBytesPerMiB)));
  }
  std::vector<int64_t> ids;
  for (OpId op : point.plan.schedule)
    ids.push_back(problem.graph.ops[op].id);
  page.addRaw("schedule", jsonIntegers(ids));
  return page.line();
}

template <typename... Args>
std::string format(const char *form, Args... args) {
  char text[128];
  std::snprintf(text, sizeof text, form, args...);
  return text;
}

} // namespace

double priceOfByte(const ParetoPoint &point, const ParetoPoint &next) {
  return static_cast<double>(point.plan.cost.count - next.plan.cost.count) /
         static_cast<double>(next.plan.peak.count - point.plan.peak.count);
}

std::string writePareto(const Problem &problem, const ParetoCurve &curve) {
  JsonObject page;
  page.add("schema_version", kParetoSchemaVersion);
  page.add("strategy", curve.strategy);
  if (!curve.stopReason.empty())
    page.add("stop_reason", curve.stopReason);
  page.add("scope", toString(problem.scope));
  page.add("plain_peak", curve.plainPeak.count);
  page.add("smallest_peak", curve.points.front().plan.peak.count);
  page.add("floor", curve.floor.bytes.count);
  page.add("cost_unit", toString(problem.costUnit));
  page.add("cost_table", problem.costTable);
  page.add("base_cost", problem.baseCost().count);
  JsonObject counters;
  for (const auto &[name, count] : curve.statistics)
    counters.add(name, count);
  page.addRaw("statistics", counters.line());
  std::vector<std::string> points;
  for (size_t index = 0; index < curve.points.size(); ++index)
    points.push_back(writePoint(problem, curve, index));
  page.addRaw("points", jsonLines(points));
  return page.page();
}

std::string describePareto(const Problem &problem, const ParetoCurve &curve) {
  bool timed = problem.costUnit == CostUnit::Femtoseconds;
  std::string text =
      (problem.graph.name.empty() ? "curve" : problem.graph.name) + ": " +
      std::to_string(curve.points.size()) + (curve.points.size() == 1 ? " plan, " : " plans, ") +
      curve.strategy + ", scope " + std::string(toString(problem.scope)) + "\n" + "  plain peak " +
      formatBytes(curve.plainPeak) + ", proven floor " + formatBytes(curve.floor.bytes) + "\n" +
      format("  %20s %8s %10s %10s  %s\n", "peak", "% plain", "overhead", "over bound",
             timed ? "us per MiB less" : "cost per byte less");
  for (size_t index = curve.points.size(); index-- > 0;) {
    const ParetoPoint &point = curve.points[index];
    text +=
        format("  %18lld B %7.1f%% %9.2f%% %9.2f%%", static_cast<long long>(point.plan.peak.count),
               100 * shareOf(point.plan.peak, curve.plainPeak),
               100 * overheadOf(point.plan.cost, problem.baseCost()),
               100 * overheadOf(point.plan.cost, point.bound));
    if (index > 0) {
      double price = priceOfByte(curve.points[index - 1], point);
      text += format("  %.6g", timed ? inMicroseconds(price * kBytesPerMiB) : price);
    }
    text += "\n";
  }
  return text;
}

} // namespace remat::planning
