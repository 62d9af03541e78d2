//===- FoldFreeTest.cpp - what folding leaves -----------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Graph/FoldFree.h"

#include "TestProblems.h"
#include "remat/Planning/Graph/NeutralIO.h"

#include <gtest/gtest.h>

using namespace remat::planning;

namespace {

/// Adds an op of `kind` with one result.
ValueId add(Problem &problem, OpKind kind, std::vector<ValueId> inputs, int64_t bytes,
            int64_t flops) {
  ValueId value = addOp(problem, std::move(inputs), {bytes});
  Op &op = problem.graph.ops.back();
  op.kind = kind;
  op.work = {Flops(flops), Bytes(1000), Bytes(bytes), 32};
  return value;
}

TEST(FoldFree, FoldsChainsOfFreeOpsIntoEachReader) {
  Problem problem;
  ValueId arg = addArgument(problem, 4);
  ValueId iota = add(problem, OpKind::Constant, {}, 40, 10);
  ValueId wide = add(problem, OpKind::Broadcast, {iota}, 400, 1);
  ValueId view = add(problem, OpKind::View, {arg}, 4, 0);
  ValueId first = add(problem, OpKind::Elementwise, {view, wide, iota}, 50, 100);
  ValueId second = add(problem, OpKind::Elementwise, {wide, first}, 60, 200);
  setOutputs(problem, {second});
  Graph folded = foldFree(problem.graph);
  ASSERT_TRUE(folded.check()) << folded.check().error().message;
  ASSERT_EQ(folded.ops.size(), 2u);
  EXPECT_EQ(folded.values.size(), 3u);
  const Op &a = folded.ops[0], &b = folded.ops[1];
  EXPECT_EQ(a.inputs, (std::vector<ValueId>{0})); // the argument behind the view
  EXPECT_EQ(a.work.flops, Flops(111));            // iota once, though read twice
  EXPECT_EQ(a.work.bytesRead, Bytes(4));
  EXPECT_EQ(a.work.bytesWritten, Bytes(50));
  EXPECT_EQ(b.inputs, (std::vector<ValueId>{1}));
  EXPECT_EQ(b.work.flops, Flops(211));
  EXPECT_EQ(b.work.bytesRead, Bytes(50));
  EXPECT_EQ(a.id, 1);
  EXPECT_EQ(b.id, 2);
  EXPECT_EQ(folded.outputs, (std::vector<ValueId>{2}));
  EXPECT_EQ(folded.values[2].name, problem.graph.values[second].name);
}

TEST(FoldFree, KeepsOutputsAndWhatIsNotFree) {
  Problem problem;
  ValueId constant = add(problem, OpKind::Constant, {}, 4, 0); // an output
  ValueId pinned = add(problem, OpKind::Constant, {}, 4, 0);   // may run once only
  problem.graph.ops.back().recomputable = false;
  ValueId merge = add(problem, OpKind::View, {constant, pinned}, 8, 0); // two inputs
  ValueId barrier = add(problem, OpKind::Barrier, {merge}, 8, 0);
  setOutputs(problem, {constant, add(problem, OpKind::Dot, {barrier}, 8, 5)});
  EXPECT_EQ(foldFree(problem.graph).ops.size(), 5u);
}

TEST(FoldFree, KeepsDonationsAndFreeOpsThatNobodyReadsVanish) {
  Problem problem;
  ValueId arg = addArgument(problem, 4);
  add(problem, OpKind::View, {arg}, 4, 0);
  setOutputs(problem, {arg, add(problem, OpKind::Elementwise, {arg}, 4, 1)});
  problem.graph.donated[1] = 0;
  Graph folded = foldFree(problem.graph);
  ASSERT_TRUE(folded.check()) << folded.check().error().message;
  EXPECT_EQ(folded.ops.size(), 1u);
  EXPECT_EQ(folded.outputs, (std::vector<ValueId>{0, 1}));
  EXPECT_EQ(folded.donated[1], 0);
}

TEST(FoldFree, TheWrittenGraphReadsBackWithTheSameWork) {
  TestRandom random(5);
  int foldedOps = 0;
  for (int round = 0; round < 300; ++round) {
    Problem problem;
    for (int64_t left = random.below(3); left > 0; --left)
      addArgument(problem, random.below(20));
    constexpr OpKind kinds[] = {OpKind::Constant, OpKind::Broadcast, OpKind::View,
                                OpKind::Elementwise, OpKind::Dot};
    for (int64_t left = 1 + random.below(12); left > 0; --left) {
      std::vector<ValueId> inputs;
      for (size_t value = 0; value < problem.graph.values.size(); ++value)
        if (random.oneIn(3))
          inputs.push_back(static_cast<ValueId>(value));
      add(problem, kinds[random.below(5)], inputs, random.below(30), random.below(9));
    }
    add(problem, OpKind::Dot, {}, 1, 1);
    setOutputs(problem, {static_cast<ValueId>(problem.graph.values.size()) - 1});
    Graph folded = foldFree(problem.graph);
    ASSERT_TRUE(folded.check()) << folded.check().error().message;
    foldedOps += static_cast<int>(problem.graph.ops.size() - folded.ops.size());
    Result<Graph> again = readNeutralGraph(*writeNeutralGraph(folded), "");
    ASSERT_TRUE(again) << again.error().message;
    ASSERT_EQ(again->ops.size(), folded.ops.size());
    for (size_t op = 0; op < folded.ops.size(); ++op) {
      EXPECT_EQ(again->ops[op].id, folded.ops[op].id);
      EXPECT_EQ(again->ops[op].inputs, folded.ops[op].inputs);
      EXPECT_EQ(again->ops[op].work.flops, folded.ops[op].work.flops);
      EXPECT_EQ(again->ops[op].work.bytesRead, folded.ops[op].work.bytesRead);
    }
  }
  EXPECT_GT(foldedOps, 300);
}

} // namespace
