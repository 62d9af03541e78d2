//===- RealiseTest.cpp - lower-set sequences as schedules -----------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Realise.h"
#include "TestProblems.h"
#include "remat/Planning/Recompute/Simulator.h"

#include <gtest/gtest.h>

using namespace remat::planning;

namespace {

/// arg -> 0 -> 1 -> 2 -> 3 and backward ops 4 (reads 3, 2), 5 (reads 4, 2, 1),
/// 6 (reads 5, 1, 0): a chain of four and its gradients. Bytes 10 each.
struct Chain {
  Problem problem;

  explicit Chain(int64_t bytes = 10) {
    problem.scope = BudgetScope::NonArguments;
    ValueId before = addArgument(problem, 1);
    for (int i = 0; i < 4; ++i)
      before = addOp(problem, {before}, {bytes});
    ValueId d = addOp(problem, {4, 3}, {bytes});
    ValueId c = addOp(problem, {d, 3, 2}, {bytes});
    setOutputs(problem, {addOp(problem, {c, 2, 1}, {bytes})});
    for (OpId op = 4; op < 7; ++op)
      problem.graph.ops[op].phase = Phase::Backward;
  }

  Schedule realise(const std::vector<int32_t> &segmentOf, int32_t segments, LastSegment lastSegment,
                   Placement placement) const {
    return JointForward(problem, Granularity::Op)
        .realise(segmentOf, segments, lastSegment, Retention::Crossing, placement);
  }
};

TEST(Realise, OneKeptSegmentIsTheBaseOrder) {
  Chain chain;
  for (Placement placement : {Placement::Segment, Placement::JustInTime})
    EXPECT_EQ(chain.realise({0, 0, 0, 0}, 1, LastSegment::Keep, placement),
              baseSchedule(chain.problem));
}

TEST(Realise, OneThrownSegmentRunsAgain) {
  Chain chain;
  // 4 reads the results of 3 and 2, so all four run again before it at once.
  EXPECT_EQ(chain.realise({0, 0, 0, 0}, 1, LastSegment::Recompute, Placement::Segment),
            (Schedule{0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(chain.realise({0, 0, 0, 0}, 1, LastSegment::Recompute, Placement::JustInTime),
            (Schedule{0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6}));
}

TEST(Realise, ASegmentRunsAgainAtItsFirstNeed) {
  Chain chain;
  // Segments {0,1} and {2,3}: 1 crosses, 0 is missing; only 6 reads 0.
  for (Placement placement : {Placement::Segment, Placement::JustInTime})
    EXPECT_EQ(chain.realise({0, 0, 1, 1}, 2, LastSegment::Keep, placement),
              (Schedule{0, 1, 2, 3, 4, 5, 0, 6}));
}

TEST(Realise, PlacementsDiffer) {
  // Segment {0,1,2} and {3}; 2 crosses. 5 reads 1 first: as a segment 0 comes
  // along, and just in time too, for 1 is made of it; 6 finds both there.
  Chain chain;
  EXPECT_EQ(chain.realise({0, 0, 0, 1}, 2, LastSegment::Keep, Placement::Segment),
            (Schedule{0, 1, 2, 3, 4, 0, 1, 5, 6}));
  // With 1 an own argument reader, 0 waits for its own need.
  chain.problem.graph.ops[1].inputs = {0};
  ASSERT_TRUE(chain.problem.check());
  EXPECT_EQ(chain.realise({0, 0, 0, 1}, 2, LastSegment::Keep, Placement::Segment),
            (Schedule{0, 1, 2, 3, 4, 0, 1, 5, 6}));
  EXPECT_EQ(chain.realise({0, 0, 0, 1}, 2, LastSegment::Keep, Placement::JustInTime),
            (Schedule{0, 1, 2, 3, 4, 1, 5, 0, 6}));
}

TEST(Realise, WhatNobodyReadsIsNotRunAgain) {
  Chain chain;
  chain.problem.graph.ops[6].inputs = {6, 2}; // 6 no longer reads the result of 0
  ASSERT_TRUE(chain.problem.check());
  EXPECT_EQ(chain.realise({0, 0, 1, 1}, 2, LastSegment::Keep, Placement::Segment),
            baseSchedule(chain.problem));
}

TEST(Realise, OutputsAreThereAnyway) {
  Chain chain;
  setOutputs(chain.problem, {1, 7});
  EXPECT_EQ(chain.realise({0, 0, 1, 1}, 2, LastSegment::Keep, Placement::Segment),
            baseSchedule(chain.problem));
}

TEST(Realise, OpsThatMayNotRunAgainStay) {
  Chain chain;
  chain.problem.graph.ops[1].recomputable = false;
  // Nodes are 0, 2 and 3 now: op 1 is between them, and what reads it finds it.
  JointForward forward(chain.problem, Granularity::Op);
  ASSERT_EQ(forward.nodeCount(), 3);
  EXPECT_EQ(forward.realise({0, 0, 0}, 1, LastSegment::Recompute, Retention::Crossing,
                            Placement::Segment),
            (Schedule{0, 1, 2, 3, 0, 2, 3, 4, 5, 6}));
  EXPECT_EQ(forward.realise({0, 0, 0}, 1, LastSegment::Recompute, Retention::Crossing,
                            Placement::JustInTime),
            (Schedule{0, 1, 2, 3, 2, 3, 4, 5, 0, 6}));
}

/// Forward and backward by turns: 0 reads the argument; 1, backward, reads 0; 2,
/// forward, reads 0, and another time 1 too; 3, backward, reads 1 and 2.
TEST(Realise, WhatHasNotRunYetDoesNotRunAgain) {
  for (bool readsGradient : {false, true}) {
    Problem problem;
    ValueId first = addOp(problem, {addArgument(problem, 1)}, {10});
    ValueId gradient = addOp(problem, {first}, {10});
    ValueId second =
        readsGradient ? addOp(problem, {first, gradient}, {10}) : addOp(problem, {first}, {10});
    setOutputs(problem, {addOp(problem, {gradient, second}, {10})});
    problem.graph.ops[1].phase = problem.graph.ops[3].phase = Phase::Backward;
    ASSERT_TRUE(problem.check());
    JointForward forward(problem, Granularity::Op);
    ASSERT_EQ(forward.nodeCount(), 2);
    for (Placement placement : {Placement::Segment, Placement::JustInTime})
      EXPECT_EQ(forward.realise({0, 0}, 1, LastSegment::Recompute, Retention::Crossing, placement),
                (Schedule{0, 0, 1, 2, 2, 3}));
  }
}

/// A node of two ops, of which one value crosses and the backward reads both.
TEST(Realise, RetentionOfWholeNodes) {
  Problem problem;
  problem.scope = BudgetScope::NonArguments;
  ValueId arg = addArgument(problem, 1);
  ValueId inner = addOp(problem, {arg}, {100}), crossing = addOp(problem, {inner}, {10}),
          last = addOp(problem, {crossing}, {5});
  ValueId grad = addOp(problem, {last, crossing}, {1});
  setOutputs(problem, {addOp(problem, {grad, inner}, {1})});
  for (OpId op : {3, 4})
    problem.graph.ops[op].phase = Phase::Backward;
  problem.graph.ops[0].kind = problem.graph.ops[2].kind = OpKind::Dot;
  problem.graph.ops[1].kind = OpKind::Elementwise;
  JointForward forward(problem, Granularity::Cluster);
  ASSERT_EQ(forward.nodeCount(), 2);
  LowerSetGraph crossingBytes = forward.lowerSetGraph(Retention::Crossing);
  LowerSetGraph wholeBytes = forward.lowerSetGraph(Retention::Whole);
  EXPECT_EQ(crossingBytes.cached, (std::vector<int64_t>{10, 0}));
  EXPECT_EQ(wholeBytes.cached, (std::vector<int64_t>{110, 5}));
  EXPECT_EQ(crossingBytes.work, (std::vector<int64_t>{120, 5}));
  EXPECT_EQ(wholeBytes.work, crossingBytes.work);
  EXPECT_EQ(crossingBytes.cost, (std::vector<int64_t>{2, 1}));
  EXPECT_EQ(forward.realise({0, 1}, 2, LastSegment::Keep, Retention::Crossing, Placement::Segment),
            (Schedule{0, 1, 2, 3, 0, 4}));
  EXPECT_EQ(forward.realise({0, 1}, 2, LastSegment::Keep, Retention::Whole, Placement::Segment),
            baseSchedule(problem));
}

} // namespace
