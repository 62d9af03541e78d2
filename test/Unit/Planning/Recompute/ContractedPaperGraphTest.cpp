//===- ContractedPaperGraphTest.cpp - a step's forward as a paper graph ----===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/PaperGraph.h"

#include "TestProblems.h"

#include <gtest/gtest.h>

using namespace remat::planning;

namespace {

/// arg -> convolution (10) -> two results (20, 7) -> loss (4); the gradient ops
/// read the convolution and both results.
Problem step() {
  Problem problem;
  problem.graph.name = "step";
  ValueId arg = addArgument(problem, 100);
  ValueId convolution = addOp(problem, {arg}, {10});
  problem.graph.ops.back().kind = OpKind::Convolution;
  ValueId first = addOp(problem, {convolution}, {20, 7});
  ValueId loss = addOp(problem, {first}, {4});
  ValueId gradient = addOp(problem, {first, first + 1}, {20});
  problem.graph.ops.back().phase = Phase::Backward;
  ValueId update = addOp(problem, {gradient, convolution}, {10});
  problem.graph.ops.back().phase = Phase::Update;
  setOutputs(problem, {loss, update});
  return problem;
}

TEST(ContractedPaperGraph, HoldsTheForwardThatGradientsRead) {
  Result<PaperGraph> graph = contractedPaperGraph(step().graph, Granularity::Op);
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_TRUE(graph->check());
  EXPECT_EQ(graph->name, "step");
  // The loss is no node: nothing reads it. So the last node hands both its
  // results to gradients, and the convolution only counts what the next reads.
  EXPECT_EQ(graph->n, 2);
  EXPECT_EQ(graph->T, (std::vector<int64_t>{10, 1}));
  EXPECT_EQ(graph->M, (std::vector<int64_t>{10, 27}));
  EXPECT_EQ(graph->edges, (std::vector<std::pair<int32_t, int32_t>>{{0, 1}}));
}

TEST(ContractedPaperGraph, CountsWhatOtherNodesReadBeforeWhatGradientsRead) {
  Problem problem = step();
  // A forward op on the second result, which the update reads.
  problem.graph.ops[2].inputs = {2};
  problem.graph.ops[4].inputs.push_back(4);
  Result<PaperGraph> graph = contractedPaperGraph(problem.graph, Granularity::Op);
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(graph->M, (std::vector<int64_t>{10, 20, 4}));
}

TEST(ContractedPaperGraph, MergesTheOpsOfALayer) {
  Problem problem = step();
  problem.graph.ops[0].scope = "Model/Conv_0/conv";
  problem.graph.ops[1].scope = "Model/Conv_0/add";
  problem.graph.ops[2].scope = "Model/Loss_0/log";
  Result<PaperGraph> graph = contractedPaperGraph(problem.graph, Granularity::Layer);
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(graph->T, (std::vector<int64_t>{10}));
  EXPECT_EQ(graph->M, (std::vector<int64_t>{37}));
}

TEST(ContractedPaperGraph, RefusesAStepWithoutBackward) {
  Result<PaperGraph> graph = contractedPaperGraph(smallProblem().graph, Granularity::Layer);
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code, ErrorCode::InvalidInput);
  EXPECT_EQ(graph.error().message,
            "there is no forward value that backward or update ops read; a paper graph needs the "
            "loss and its gradients in one program");
}

} // namespace
