//===- GoldenTest.cpp - graphs with known lower-set answers ---------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Chen.h"
#include "remat/Planning/Recompute/Formula.h"
#include "remat/Planning/Recompute/LowerSetProgram.h"
#include "remat/Planning/Recompute/PaperGraph.h"
#include "remat/Planning/Recompute/Simulator.h"
#include "remat/Planning/Recompute/Verify.h"

#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <numeric>

using namespace remat::planning;
using nlohmann::json;

namespace {

const json &golden() {
  static const json content =
      json::parse(std::ifstream(REMAT_TEST_INPUTS "/golden-lower-sets.json"));
  return content;
}

PaperGraph graphNamed(const std::string &name) {
  const json &at = golden()["graphs"][name];
  PaperGraph graph;
  graph.name = name;
  graph.n = at["n"];
  graph.T = at["T"].get<std::vector<int64_t>>();
  graph.M = at["M"].get<std::vector<int64_t>>();
  for (const json &edge : at["edges"])
    graph.edges.emplace_back(edge[0], edge[1]);
  return graph;
}

/// Solves and checks what holds for every answer: the plan passes `verify`, its
/// liveness peak is not above the formula's, its cost is what the formula says.
PlanResult solveChecked(const PaperGraph &graph, const StrategyOptions &options) {
  Result<PaperPlan> answer = solvePaper(graph, options);
  EXPECT_TRUE(answer) << answer.error().message;
  const PlanResult &result = answer->result;
  EXPECT_EQ(result.plan.has_value(), result.formula.has_value());
  if (!result.plan)
    return result;
  Status status = verify(answer->joint, *result.plan, result.budget);
  EXPECT_TRUE(status) << graph.name << ": " << status.error().message;
  EXPECT_LE(result.plan->peak, result.formula->peak) << graph.name;
  EXPECT_EQ(result.plan->cost, answer->joint.baseCost() + result.formula->overhead) << graph.name;
  return result;
}

StrategyOptions optionsFor(Family family, Objective objective, int64_t budget) {
  StrategyOptions options;
  options.kind = StrategyKind::Kusumoto;
  options.family = family;
  options.objective = objective;
  options.budget = {Budget::Kind::Bytes, budget};
  return options;
}

int64_t livenessPeak(const PaperGraph &graph, const LowerSetSequence &sequence) {
  Problem joint = jointProblem(graph, sequence);
  EXPECT_TRUE(joint.check()) << graph.name;
  return simulate(joint, canonicalSchedule(graph, joint, sequence, LastSegment::Recompute))
      .peak.count;
}

/// The formula on the paper graph itself; the golden graphs are not numbered in
/// topological order, which the formula does not need.
SequenceFormula evaluate(const PaperGraph &graph, const LowerSetSequence &sequence) {
  LowerSetGraph nodes;
  nodes.predecessors.resize(graph.n);
  nodes.successors.resize(graph.n);
  for (auto [u, v] : graph.edges) {
    nodes.predecessors[v].push_back(u);
    nodes.successors[u].push_back(v);
  }
  nodes.cost = graph.T;
  nodes.cached = nodes.work = graph.M;
  for (int64_t &bytes : nodes.work)
    bytes *= 2;
  return evaluateSequence(nodes, sequence);
}

int64_t statistic(const PlanResult &result, const std::string &key) {
  for (const auto &[name, number] : result.statistics)
    if (name == key)
      return number;
  ADD_FAILURE() << "no statistic " << key;
  return -1;
}

TEST(Golden, HasTheWholeLowerSetPart) {
  EXPECT_EQ(golden()["graphs"].size(), 13u);
  EXPECT_EQ(golden()["cases"].size(), 37u);
  EXPECT_EQ(golden()["evaluations"].size(), 26u);
}

TEST(Golden, MinimalBudgetsAndFamilies) {
  for (const auto &[name, expected] : golden()["graphs"].items()) {
    PaperGraph graph = graphNamed(name);
    for (Family family : {Family::Exact, Family::Approximate}) {
      StrategyOptions options;
      options.kind = StrategyKind::Kusumoto;
      options.family = family;
      options.objective = Objective::Time;
      options.budget.kind = Budget::Kind::Minimum;
      PlanResult result = solveChecked(graph, options);
      bool exact = family == Family::Exact;
      ASSERT_TRUE(result.formula) << name;
      EXPECT_EQ(result.formula->peak.count,
                expected[exact ? "min_budget_exact" : "min_budget_approx"])
          << name;
      EXPECT_EQ(statistic(result, "lower_sets"), expected[exact ? "num_lower_sets" : "num_pruned"])
          << name;
    }
    EXPECT_EQ(std::accumulate(graph.T.begin(), graph.T.end(), int64_t(0)), expected["sumT"]);
    EXPECT_EQ(std::accumulate(graph.M.begin(), graph.M.end(), int64_t(0)), expected["sumM"]);
  }
}

TEST(Golden, Vanilla) {
  for (const auto &[name, expected] : golden()["graphs"].items()) {
    PaperGraph graph = graphNamed(name);
    StrategyOptions options;
    options.kind = StrategyKind::None;
    PlanResult result = solveChecked(graph, options);
    ASSERT_TRUE(result.plan);
    EXPECT_EQ(result.formula->peak.count, expected["vanilla_peak"]["no_liveness"]) << name;
    EXPECT_EQ(result.plan->peak.count, expected["vanilla_peak"]["liveness"]) << name;
    EXPECT_EQ(result.status, PlanStatus::Optimal) << name;
  }
}

TEST(Golden, Chen) {
  for (const auto &[name, expected] : golden()["graphs"].items()) {
    StrategyOptions options;
    options.kind = StrategyKind::Chen;
    PlanResult result = solveChecked(graphNamed(name), options);
    ASSERT_TRUE(result.formula);
    EXPECT_EQ(result.formula->overhead.count, expected["chen"]["overhead"]) << name;
    EXPECT_EQ(result.formula->peak.count, expected["chen"]["peak"]) << name;
    EXPECT_EQ(json(result.formula->sequence), expected["chen"]["seq"]) << name;
  }
}

/// Each point (budget, overhead) is reached, and one unit less is not enough.
TEST(Golden, ParetoFront) {
  for (const auto &[name, expected] : golden()["graphs"].items()) {
    PaperGraph graph = graphNamed(name);
    for (const json &point : expected["pareto_exact"]) {
      int64_t budget = point[0], overhead = point[1];
      PlanResult at = solveChecked(graph, optionsFor(Family::Exact, Objective::Time, budget));
      ASSERT_TRUE(at.formula) << name;
      EXPECT_EQ(at.formula->overhead.count, overhead) << name;
      PlanResult below =
          solveChecked(graph, optionsFor(Family::Exact, Objective::Time, budget - 1));
      if (below.formula)
        EXPECT_GT(below.formula->overhead.count, overhead) << name;
    }
  }
}

TEST(Golden, Cases) {
  const std::tuple<const char *, Family, Objective> kinds[] = {
      {"exact_time", Family::Exact, Objective::Time},
      {"exact_memory", Family::Exact, Objective::Memory},
      {"approx_time", Family::Approximate, Objective::Time},
      {"approx_memory", Family::Approximate, Objective::Memory}};
  for (const json &oneCase : golden()["cases"]) {
    std::string name = oneCase["graph"];
    int64_t budget = oneCase["budget"];
    PaperGraph graph = graphNamed(name);
    for (auto [key, family, objective] : kinds) {
      const json &expected = oneCase[key];
      std::string where = name + " " + key + " at " + std::to_string(budget);
      PlanResult result = solveChecked(graph, optionsFor(family, objective, budget));
      ASSERT_EQ(result.plan.has_value(), expected["feasible"].get<bool>()) << where;
      if (!result.plan) {
        EXPECT_GT(result.smallestPeak.count, budget) << where;
        ASSERT_TRUE(result.witness) << where;
        EXPECT_FALSE(result.witness->largest.empty()) << where;
        continue;
      }
      EXPECT_EQ(result.formula->overhead.count, expected["overhead"]) << where;
      EXPECT_LE(result.formula->peak.count, budget) << where;
      auto example = expected["example_seq"].get<LowerSetSequence>();
      EXPECT_EQ(evaluate(graph, example).peak, expected["peak_of_example"]) << where;
      EXPECT_EQ(livenessPeak(graph, example), expected["liveness_peak_of_example"]) << where;
    }
    if (const json &peak = oneCase["min_peak_at_optimal_overhead"]; !peak.is_null()) {
      PlanResult tight =
          solveChecked(graph, optionsFor(Family::Exact, Objective::Time, peak.get<int64_t>()));
      EXPECT_EQ(tight.formula->overhead.count, oneCase["exact_time"]["overhead"]) << name;
    }
  }
}

TEST(Golden, Evaluations) {
  for (const json &evaluation : golden()["evaluations"]) {
    std::string name = evaluation["graph"];
    PaperGraph graph = graphNamed(name);
    auto sequence = evaluation["seq"].get<LowerSetSequence>();
    SequenceFormula formula = evaluate(graph, sequence);
    EXPECT_EQ(formula.overhead, evaluation["overhead"]) << name;
    EXPECT_EQ(formula.peak, evaluation["peak"]) << name;
    EXPECT_EQ(json(formula.segmentPeaks), evaluation["segment_peaks"]) << name;
    EXPECT_EQ(livenessPeak(graph, sequence), evaluation["liveness_peak"]) << name;
  }
}

} // namespace
