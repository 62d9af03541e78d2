//===- InputsPeakTest.cpp - the least peak of an op -----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/InputsPeak.h"

#include "remat/Planning/Search/ProvenFloor.h"

#include "ExhaustiveSearch.h"
#include "TestProblems.h"

#include <gtest/gtest.h>

using namespace remat::planning;
using namespace remat::planning::search;

namespace {

/// Lets a last op read all that nothing else reads, everything run again, and every
/// value have bytes that count: those without any are left out of the game.
void joinAll(Problem &problem) {
  problem.scope = BudgetScope::NonArguments;
  problem.donation = false;
  for (Value &value : problem.graph.values)
    value.bytes += Bytes(1);
  std::vector<char> isRead(problem.graph.values.size(), 0);
  std::vector<ValueId> unread;
  for (Op &op : problem.graph.ops) {
    op.recomputable = true;
    for (ValueId value : op.inputs)
      isRead[value] = 1;
  }
  for (const Op &op : problem.graph.ops)
    for (ValueId value : op.results)
      if (!isRead[value])
        unread.push_back(value);
  setOutputs(problem, {addOp(problem, unread, {1})});
}

class InputsPeaks : public testing::TestWithParam<Shape> {};

TEST_P(InputsPeaks, EqualTheSmallestPeakOfAllOrdersForTheLastOp) {
  TestRandom random(70 + static_cast<uint64_t>(GetParam()));
  int aboveWorkingSets = 0, cut = 0, sooner = 0;
  for (int turn = 0; turn < 300; ++turn) {
    Problem problem = shapedProblem(random, GetParam(), 8);
    joinAll(problem);
    SearchGraph graph(problem);
    int32_t last = graph.opCount() - 1;
    int64_t smallest =
        ExhaustiveSearch(problem, ScheduleClass::AnyOrder).smallestPeak().peak - graph.fixedBytes();
    InputsPeak whole = inputsPeak(graph, last, 1'000'000);
    ASSERT_TRUE(whole.ended);
    ASSERT_EQ(whole.bytes, smallest) << "turn " << turn;
    InputsPeak part = inputsPeak(graph, last, 3);
    EXPECT_LE(part.states, 3);
    ASSERT_LE(part.bytes, smallest) << "turn " << turn;
    ASSERT_TRUE(!part.ended || part.bytes == smallest);
    cut += !part.ended;
    int64_t least = random.below(2 * smallest) + 1;
    InputsPeak more = inputsPeak(graph, last, 1'000'000, least);
    ASSERT_TRUE(more.ended);
    ASSERT_EQ(more.bytes, std::max(smallest, least)) << "turn " << turn;
    ASSERT_LE(inputsPeak(graph, last, 3, least).bytes, more.bytes) << "turn " << turn;
    InputsPeak enough = inputsPeak(graph, last, 1'000'000, smallest);
    ASSERT_EQ(enough.bytes, smallest);
    sooner += enough.states < whole.states;
    aboveWorkingSets += smallest > floorOf(problem).bytes.count - graph.fixedBytes();
  }
  EXPECT_GT(cut, 30);
  EXPECT_GT(sooner, 0) << "a search that only asks for more looks at fewer states";
  if (GetParam() != Shape::Chain)
    EXPECT_GT(aboveWorkingSets, 15);
}

INSTANTIATE_TEST_SUITE_P(Shapes, InputsPeaks, testing::ValuesIn(allShapes),
                         [](const auto &info) { return toString(info.param); });

/// What sum reads is made in two ways; each has the other's 20 bytes beside it.
TEST(InputsPeak, CountsWhatWaitsWhileTheRestIsMade) {
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  ValueId left = addOp(problem, {addOp(problem, {}, {50})}, {20});
  ValueId right = addOp(problem, {addOp(problem, {}, {60})}, {20});
  setOutputs(problem, {addOp(problem, {left, right}, {10})});
  SearchGraph graph(problem);
  EXPECT_EQ(inputsPeak(graph, 1, 100).bytes, 70) << "50 + 20";
  EXPECT_EQ(inputsPeak(graph, 4, 100).bytes, 90) << "right first: 80, then 20 + 50 + 20";
  EXPECT_EQ(floorOf(problem).bytes, Bytes(80));
  ProvenFloor floor = provenFloor(graph);
  EXPECT_EQ(floor.bytes, 90);
  EXPECT_EQ(floor.op, 4);
  EXPECT_EQ(provenFloor(graph, 64, 0).bytes, 80);
}

} // namespace
