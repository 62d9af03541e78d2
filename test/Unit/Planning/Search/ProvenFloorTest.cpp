//===- ProvenFloorTest.cpp - floors against the smallest peak -------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/ProvenFloor.h"

#include "ExhaustiveSearch.h"
#include "TestProblems.h"

#include <gtest/gtest.h>

using namespace remat::planning;
using namespace remat::planning::search;

namespace {

class ProvenFloors : public testing::TestWithParam<Shape> {};

TEST_P(ProvenFloors, AreNeverAboveTheSmallestPeak) {
  TestRandom random(30 + static_cast<uint64_t>(GetParam()));
  int equal = 0, aboveWorkingSets = 0, needsFlow = 0, needsInputsPeak = 0;
  for (int turn = 0; turn < 2000; ++turn) {
    Problem problem = shapedProblem(random, GetParam(), 10);
    if (random.oneIn(2))
      for (Op &op : problem.graph.ops)
        op.recomputable = random.oneIn(2);
    SearchGraph graph(problem);
    int64_t smallest = ExhaustiveSearch(problem).smallestPeak().peak - graph.fixedBytes();
    ProvenFloor floor = provenFloor(graph), quick = provenFloor(graph, 0, 0),
                flows = provenFloor(graph, 64, 0);
    ASSERT_LE(floor.bytes, smallest) << "turn " << turn;
    ASSERT_LE(quick.bytes, flows.bytes);
    ASSERT_LE(flows.bytes, floor.bytes);
    int64_t workingSets = floorOf(problem).bytes.count - graph.fixedBytes();
    EXPECT_GE(quick.bytes, workingSets) << "turn " << turn;
    equal += floor.bytes == smallest;
    aboveWorkingSets += floor.bytes > workingSets;
    needsFlow += flows.bytes > quick.bytes;
    needsInputsPeak += floor.bytes > flows.bytes;
  }
  EXPECT_GT(equal, 1000);
  EXPECT_GT(aboveWorkingSets, 100);
  EXPECT_GT(needsFlow, 10);
  EXPECT_TRUE(needsInputsPeak > 30 || GetParam() != Shape::Dag) << needsInputsPeak;
}

INSTANTIATE_TEST_SUITE_P(Shapes, ProvenFloors, testing::ValuesIn(allShapes),
                         [](const auto &info) { return toString(info.param); });

/// once (8 bytes) is read by big's op, which reads nothing else; big (100) is
/// read at the end, after an op that needs 50.
TEST(ProvenFloor, CountsWhatHasToStayForRecomputations) {
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  ValueId once = addOp(problem, {}, {8});
  problem.graph.ops.back().recomputable = false;
  ValueId big = addOp(problem, {once}, {20});
  ValueId wide = addOp(problem, {addOp(problem, {}, {50})}, {1});
  setOutputs(problem, {addOp(problem, {big, wide}, {1})});
  SearchGraph graph(problem);
  ProvenFloor floor = provenFloor(graph);
  EXPECT_EQ(floor.bytes, 59) << "50 + 1, and 8 to make big again";
  EXPECT_EQ(floor.op, 3);
  EXPECT_EQ(provenFloor(graph, 0, 0).bytes, 51);
  EXPECT_EQ(ExhaustiveSearch(problem).smallestPeak().peak, 59);
}

TEST(ProvenFloor, NamesEndForTheOutputs) {
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  setOutputs(problem, {addOp(problem, {}, {20}), addOp(problem, {}, {20})});
  SearchGraph graph(problem);
  EXPECT_EQ(provenFloor(graph).bytes, 40);
  problem.graph.ops[0].recomputable = false;
  EXPECT_EQ(provenFloor(SearchGraph(problem)).op, 1) << "the first op that shows it";
}

} // namespace
