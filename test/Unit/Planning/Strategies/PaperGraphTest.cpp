//===- PaperGraphTest.cpp - joint graphs, options and refusals of paper graphs ===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/PaperGraph.h"
#include "remat/Planning/Recompute/PaperIO.h"
#include "remat/Planning/Recompute/Simulator.h"
#include "remat/Planning/Recompute/Verify.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace remat::planning;

namespace {

PaperGraph chain(int32_t n) {
  PaperGraph graph;
  graph.name = "chain";
  graph.n = n;
  graph.T.assign(n, 1);
  graph.M.assign(n, 1);
  for (int32_t v = 0; v + 1 < n; ++v)
    graph.edges.emplace_back(v, v + 1);
  return graph;
}

StrategyOptions bounded(int64_t budget) {
  StrategyOptions options;
  options.kind = StrategyKind::Kusumoto;
  options.budget = {Budget::Kind::Bytes, budget};
  return options;
}

TEST(PaperGraph, JointGraphPullsGradients) {
  // 0 -> 1 -> 2 and 0 -> 2: grad(0) reads grad(1), grad(2) and the values 0, 1.
  PaperGraph graph = chain(3);
  graph.edges.emplace_back(0, 2);
  graph.M = {7, 5, 3};
  Problem joint = jointProblem(graph);
  ASSERT_TRUE(joint.check());
  ASSERT_EQ(joint.graph.ops.size(), 6u);
  EXPECT_EQ(joint.graph.ops[3].id, 3 + 2);
  EXPECT_TRUE(joint.graph.ops[3].inputs.empty());
  EXPECT_EQ(joint.graph.ops[4].inputs, (std::vector<ValueId>{0, 1, 3}));
  EXPECT_EQ(joint.graph.ops[5].id, 3 + 0);
  EXPECT_EQ(joint.graph.ops[5].inputs, (std::vector<ValueId>{0, 1, 3, 4}));
  EXPECT_EQ(joint.graph.values[4].bytes, Bytes(5));
  EXPECT_EQ(joint.baseCost(), Cost(3));
}

TEST(PaperGraph, JointGraphFollowsTheSegments) {
  PaperGraph graph = chain(2);
  graph.n = 4; // two chains 0 -> 1 and 2 -> 3, the second first
  graph.T.assign(4, 1);
  graph.M.assign(4, 1);
  graph.edges = {{0, 1}, {2, 3}};
  Problem joint = jointProblem(graph, {{2, 3}, {0, 1, 2, 3}});
  std::vector<int64_t> ids;
  for (const Op &op : joint.graph.ops)
    ids.push_back(op.id);
  EXPECT_EQ(ids, (std::vector<int64_t>{2, 3, 0, 1, 5, 4, 7, 6}));
}

/// A chain node that reads its own output, like a ReLU, is run again where a
/// segment begins with it.
TEST(PaperGraph, OutputsThatGradientsReadRunAgain) {
  PaperGraph graph = chain(4);
  graph.backward = {{{}, {}}, {{1}, {0}}, {{2}, {1}}, {{2}, {2}}};
  LowerSetSequence sequence{{0}, {0, 1, 2, 3}};
  Problem joint = jointProblem(graph, sequence);
  Schedule schedule = canonicalSchedule(graph, joint, sequence, LastSegment::Recompute);
  // Forward, segment {1,2,3} again and its gradients; then 1 again for grad(0).
  EXPECT_EQ(schedule, (Schedule{0, 1, 2, 3, 1, 2, 3, 4, 5, 6, 1, 7}));
  EXPECT_EQ(joint.graph.ops[7].inputs, (std::vector<ValueId>{1, 6}));
}

TEST(PaperGraph, BackwardOfAFileIsRead) {
  Result<PaperGraph> graph = readPaperGraph(
      R"({"n": 2, "T": [1, 1], "M": [1, 1], "edges": [[0, 1]], "backward": [
          {"need": [], "needs_out": false, "targets": []},
          {"need": [], "needs_out": true, "targets": [0]}]})",
      "f.json", "");
  ASSERT_TRUE(graph) << graph.error().message;
  ASSERT_EQ(graph->backward.size(), 2u);
  EXPECT_EQ(graph->backward[1].reads, (std::vector<int32_t>{1}));
  EXPECT_EQ(graph->backward[1].differentiates, (std::vector<int32_t>{0}));
}

TEST(PaperGraph, FilesAreReadBackEqual) {
  PaperGraph graph = chain(3);
  graph.T = {1, 10, 0};
  graph.M = {5, 0, 7};
  graph.edges.emplace_back(0, 2);
  std::sort(graph.edges.begin(), graph.edges.end());
  graph.backward = {{{}, {}}, {{1}, {0}}, {{0, 2}, {1}}};
  Result<PaperGraph> again = readPaperGraph(writePaperGraph(graph), "f.json", "chain");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->name, "chain");
  EXPECT_EQ(again->T, graph.T);
  EXPECT_EQ(again->M, graph.M);
  EXPECT_EQ(again->edges, graph.edges);
  ASSERT_EQ(again->backward.size(), 3u);
  EXPECT_EQ(again->backward[2].reads, graph.backward[2].reads);
  EXPECT_EQ(again->backward[2].differentiates, graph.backward[2].differentiates);
}

/// Only gradients that read more than the formula knows exceed its bound.
TEST(PaperSolver, OutputsThatGradientsReadMayExceedTheBound) {
  PaperGraph graph = chain(2);
  graph.M = {1, 10};
  graph.backward = {{{}, {}}, {{0, 1}, {0}}};
  StrategyOptions options;
  options.kind = StrategyKind::None;
  Result<PaperPlan> answer = solvePaper(graph, options);
  ASSERT_TRUE(answer && answer->result.plan);
  EXPECT_EQ(answer->result.plan->peak, Bytes(22));
  options.kind = StrategyKind::Kusumoto;
  options.budget.kind = Budget::Kind::Minimum;
  answer = solvePaper(graph, options);
  ASSERT_TRUE(answer && answer->result.plan);
  EXPECT_EQ(answer->result.formula->peak, Bytes(21));
  EXPECT_GT(answer->result.plan->peak, Bytes(21));
  EXPECT_FALSE(answer->result.budget);
  EXPECT_TRUE(answer->result.stopReason.ends_with("; what the gradients read keeps " +
                                                  std::to_string(answer->result.plan->peak.count) +
                                                  " live"))
      << answer->result.stopReason;
  EXPECT_TRUE(verify(answer->joint, *answer->result.plan, answer->result.budget));
}

void expectCheckError(const PaperGraph &graph, const char *message) {
  Status status = graph.check();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, message);
}

TEST(PaperGraph, RefusesABackwardOfOtherNodes) {
  PaperGraph graph = chain(3);
  graph.backward.resize(2);
  expectCheckError(graph, "backward has 2 entries for 3 nodes");
  graph.backward.resize(3);
  graph.backward[2].reads = {0};
  expectCheckError(graph,
                   "backward[2] reads node 0, which is neither its own nor one of its inputs");
  graph.backward[2].reads = {2, 1};
  graph.backward[1].differentiates = {1};
  expectCheckError(graph, "backward[1] differentiates node 1, which is not one of its inputs");
  graph.backward[1].differentiates = {0};
  EXPECT_TRUE(graph.check());
}

TEST(PaperSolver, ChainOfSingles) {
  // Spec section 10: overhead 1, peak n + 1; the whole at once: T(V) and 2 M(V).
  for (int32_t n : {2, 5, 9}) {
    StrategyOptions options = bounded(2 * n);
    options.objective = Objective::Time;
    Result<PaperPlan> answer = solvePaper(chain(n), options);
    ASSERT_TRUE(answer && answer->result.formula);
    EXPECT_EQ(answer->result.formula->overhead, Cost(1));
    EXPECT_EQ(answer->result.formula->peak, Bytes(n + 1));
    options.objective = Objective::Memory;
    answer = solvePaper(chain(n), options);
    ASSERT_TRUE(answer && answer->result.formula);
    EXPECT_EQ(answer->result.formula->overhead, Cost(n));
    EXPECT_EQ(answer->result.formula->peak, Bytes(2 * n));
  }
}

TEST(PaperSolver, KeepingTheLastSegmentSavesItsCost) {
  StrategyOptions options = bounded(7);
  options.objective = Objective::Memory;
  Result<PaperPlan> recompute = solvePaper(chain(8), options);
  options.lastSegment = LastSegment::Keep;
  Result<PaperPlan> keep = solvePaper(chain(8), options);
  ASSERT_TRUE(recompute && keep && recompute->result.plan && keep->result.plan);
  const LowerSetSequence &sequence = keep->result.formula->sequence;
  ASSERT_GT(sequence.size(), 1u);
  auto last = static_cast<int64_t>(8 - sequence[sequence.size() - 2].size());
  EXPECT_EQ(recompute->result.plan->cost - keep->result.plan->cost, Cost(last));
  EXPECT_EQ(recompute->result.plan->peak, keep->result.plan->peak);
  EXPECT_TRUE(verify(keep->joint, *keep->result.plan, keep->result.budget));
}

TEST(PaperSolver, RefusesPercentages) {
  StrategyOptions options;
  options.kind = StrategyKind::Kusumoto;
  options.budget = {Budget::Kind::Percent, 500000};
  Result<PaperPlan> answer = solvePaper(chain(3), options);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::InvalidOption);
  EXPECT_EQ(answer.error().message,
            "a percentage cannot bound the formula of a paper graph; write the bound in the "
            "graph's own units or min");
}

TEST(PaperSolver, RefusesTooManyLowerSets) {
  PaperGraph graph = chain(1);
  graph.n = 30; // no edges: 2^30 lower sets
  graph.T.assign(30, 1);
  graph.M.assign(30, 1);
  StrategyOptions options = bounded(60);
  options.family = Family::Exact;
  Result<PaperPlan> answer = solvePaper(graph, options);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, "family=exact: the graph has more than 200000 lower sets on "
                                    "its 30 nodes; use family=approx");
}

TEST(PaperSolver, AnEarlyEndKeepsWhatWasFound) {
  PaperGraph graph = chain(9);
  StrategyOptions options;
  options.family = Family::Exact;
  options.kind = StrategyKind::Kusumoto;
  options.budget.kind = Budget::Kind::Minimum;
  int64_t last = 0, kinds = 0;
  // A chain of 9 is stopped at each of its first steps.
  for (int steps = 0; steps < 200; ++steps) {
    int left = steps;
    options.progress = [&](double) { return left-- > 0; };
    Result<PaperPlan> answer = solvePaper(graph, options);
    ASSERT_TRUE(answer);
    ASSERT_TRUE(answer->result.plan) << steps;
    int64_t peak = answer->result.formula->peak.count;
    EXPECT_EQ(answer->result.budget, Bytes(peak));
    EXPECT_EQ(answer->result.stopReason.starts_with("stopped before the program was done; "),
              left < 0);
    kinds += peak != last;
    last = peak;
  }
  EXPECT_EQ(last, 7);
  EXPECT_GE(kinds, 2); // the whole chain as one segment comes first
  options.progress = [](double) { return false; };
  options.budget = {Budget::Kind::Bytes, 7};
  EXPECT_FALSE(solvePaper(graph, options)->result.plan);
  options.budget.amount = 18;
  EXPECT_TRUE(solvePaper(graph, options)->result.plan);
}

TEST(PaperSolver, SaysWhatTheSmallestBoundIs) {
  Result<PaperPlan> answer = solvePaper(chain(9), bounded(4));
  ASSERT_TRUE(answer);
  const PlanResult &result = answer->result;
  EXPECT_EQ(result.status, PlanStatus::NoPlanFound);
  EXPECT_FALSE(result.plan);
  EXPECT_EQ(result.smallestPeak, Bytes(7));
  EXPECT_EQ(result.stopReason,
            "found no plan that fits the budget 4 B of the formula: the floor is 3 B; the smallest "
            "peak that "
            "kusumoto family=approx objective=best last-segment=recompute reaches is 7 B; raise "
            "the budget to that, or set it to min; family=exact may reach less");
}

TEST(PaperSolver, ProvesWhatIsBelowTheFloor) {
  // A gradient, the gradient it reads and the value between them are 3.
  Result<PaperPlan> answer = solvePaper(chain(9), bounded(2));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->result.status, PlanStatus::Infeasible);
  ASSERT_TRUE(answer->result.witness);
  EXPECT_EQ(answer->result.witness->floor, Bytes(3));
}

TEST(PaperSolver, StopsWhenAsked) {
  StrategyOptions options = bounded(199); // one segment needs 200
  options.progress = [](double) { return false; };
  Result<PaperPlan> answer = solvePaper(chain(100), options);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->result.status, PlanStatus::NoPlanFound);
  EXPECT_EQ(answer->result.stopReason, "stopped before the program was done");
}

TEST(PaperSolver, AcceptsNodesWithoutCostOrBytes) {
  PaperGraph graph = chain(6);
  graph.T = {0, 5, 0, 0, 2, 0};
  graph.M = {0, 3, 0, 4, 0, 0};
  for (Family family : {Family::Exact, Family::Approximate}) {
    StrategyOptions options;
    options.kind = StrategyKind::Kusumoto;
    options.family = family;
    options.budget.kind = Budget::Kind::Minimum;
    Result<PaperPlan> answer = solvePaper(graph, options);
    ASSERT_TRUE(answer && answer->result.plan);
    EXPECT_TRUE(verify(answer->joint, *answer->result.plan, answer->result.budget));
  }
}

} // namespace
