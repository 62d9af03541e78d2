//===- LayersTest.cpp - contraction of the forward ------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Graph/Layers.h"
#include "TestProblems.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace remat::planning;

namespace {

/// A forward under construction: each op reads values by the op's position and
/// has one result, of `bytes`.
class Builder {
public:
  OpId add(OpKind kind, std::vector<OpId> reads, std::string scope = "", int64_t bytes = 4) {
    addOp(problem, std::move(reads), {bytes}); // one value per op: ids agree
    Op &op = problem.graph.ops.back();
    op.kind = kind;
    op.scope = std::move(scope);
    return static_cast<OpId>(problem.graph.ops.size() - 1);
  }
  OpId light(std::vector<OpId> reads, std::string scope = "") {
    return add(OpKind::Elementwise, std::move(reads), std::move(scope));
  }
  OpId heavy(std::vector<OpId> reads, std::string scope = "") {
    return add(OpKind::Dot, std::move(reads), std::move(scope));
  }
  OpId backward(std::vector<OpId> reads) {
    OpId op = light(std::move(reads));
    problem.graph.ops[op].phase = Phase::Backward;
    return op;
  }
  std::vector<std::vector<OpId>> nodes(Granularity granularity) const {
    return contractForward(problem.graph, granularity).members;
  }
  Op &op(OpId id) { return problem.graph.ops[id]; }

  Problem problem;
};

using Members = std::vector<std::vector<OpId>>;

TEST(Layers, TakesWhatTheBackwardNeeds) {
  Builder b;
  OpId a = b.light({}), c = b.light({a}), unread = b.light({c}), once = b.light({a}),
       e = b.light({once, c});
  b.op(once).recomputable = false;
  b.backward({e});
  // `unread` is read by nobody, `once` may not run again; `a` is needed for c.
  EXPECT_EQ(b.nodes(Granularity::Op), (Members{{a}, {c}, {e}}));
  EXPECT_EQ(contractForward(b.problem.graph, Granularity::Op).nodeOf[unread], -1);
}

TEST(Layers, WhatOnlyAnUnrepeatableOpReadsIsNoNode) {
  Builder b;
  OpId a = b.light({}), once = b.light({a});
  b.op(once).recomputable = false;
  b.backward({once});
  EXPECT_EQ(b.nodes(Granularity::Op), Members{});
}

TEST(Layers, NumbersNodesTopologically) {
  Builder b;
  OpId a = b.light({}), c = b.light({}), d = b.light({c}), e = b.light({a, d});
  b.backward({a, c, d, e});
  ForwardGraph forward = contractForward(b.problem.graph, Granularity::Op);
  EXPECT_EQ(forward.members, (Members{{a}, {c}, {d}, {e}}));
  EXPECT_EQ(forward.predecessors, (std::vector<std::vector<int32_t>>{{}, {}, {1}, {0, 2}}));
  EXPECT_EQ(forward.successors, (std::vector<std::vector<int32_t>>{{3}, {2}, {3}, {}}));
}

TEST(Layers, LightOpsFollowTheirLatestProducer) {
  Builder b;
  OpId dot = b.heavy({}), relu = b.light({dot}), second = b.heavy({relu}),
       add = b.light({relu, second});
  b.backward({relu, add});
  EXPECT_EQ(b.nodes(Granularity::Cluster), (Members{{dot, relu}, {second, add}}));
}

TEST(Layers, WhatReadsArgumentsOnlyGoesWithItsReader) {
  Builder b;
  OpId first = b.heavy({}), bias = b.add(OpKind::Broadcast, {}), second = b.heavy({first}),
       add = b.light({second, bias});
  b.backward({first, add});
  EXPECT_EQ(b.nodes(Granularity::Cluster), (Members{{first}, {bias, second, add}}));
}

TEST(Layers, LayersAreLeafScopes) {
  Builder b;
  OpId conv = b.heavy({}, "Net/Block_0/Conv_0/conv"),
       bias = b.light({conv}, "Net/Block_0/Conv_0/add"),
       mean = b.add(OpKind::Reduce, {bias}, "Net/Block_0/Norm_0/reduce"),
       norm = b.light({bias, mean}, "Net/Block_0/Norm_0/sub"),
       relu = b.light({norm}, "Net/Block_0/relu/max"),
       add = b.light({relu, bias}, "Net/Block_0/add"), last = b.heavy({add}, "Net/Dense_0/dot");
  b.backward({conv, norm, relu, add, last});
  // The addition stands in the block itself, which has layers inside: a node.
  EXPECT_EQ(b.nodes(Granularity::Layer),
            (Members{{conv, bias}, {mean, norm}, {relu}, {add}, {last}}));
}

TEST(Layers, OneScopeUsedTwiceIsTwoLayers) {
  Builder b;
  OpId first = b.heavy({}, "Net/Shared/dot"), other = b.heavy({first}, "Net/Other/dot"),
       second = b.heavy({other}, "Net/Shared/dot");
  b.backward({first, other, second});
  EXPECT_EQ(b.nodes(Granularity::Layer), (Members{{first}, {other}, {second}}));
}

TEST(Layers, AModuleWithoutMatrixWorkIsOneLayer) {
  Builder b;
  OpId dot = b.heavy({}, "Net/Dense_0/dot"), draw = b.light({dot}, "Net/Dropout_0/uniform/shift"),
       less = b.light({draw}, "Net/Dropout_0/compare"),
       drop = b.light({dot, less}, "Net/Dropout_0/select"),
       last = b.heavy({drop}, "Net/Dense_1/dot");
  b.backward({dot, less, drop, last});
  EXPECT_EQ(b.nodes(Granularity::Layer), (Members{{dot}, {draw, less, drop}, {last}}));
}

TEST(Layers, ResidualsGoWithTheLayerThatMadeTheirInput) {
  Builder b;
  OpId dot = b.heavy({}, "Net/Dense_0/dot"), relu = b.light({dot}, "Net/relu/max"),
       mask = b.light({dot}, "Net/gt"), last = b.heavy({relu}, "Net/Dense_1/dot");
  b.backward({relu, mask, last});
  EXPECT_EQ(b.nodes(Granularity::Layer), (Members{{dot, mask}, {relu}, {last}}));
}

TEST(Layers, ResidualsPreferTheirOwnLayer) {
  Builder b;
  OpId dot = b.heavy({}, "Net/Dense_0/dot"), twice = b.light({dot}, "Net/Norm_0/mul"),
       mean = b.add(OpKind::Reduce, {dot}, "Net/Norm_0/reduce"),
       norm = b.light({dot, mean}, "Net/Norm_0/sub"), last = b.heavy({norm}, "Net/Dense_1/dot");
  b.backward({twice, norm, last});
  EXPECT_EQ(b.nodes(Granularity::Layer), (Members{{dot}, {twice, mean, norm}, {last}}));
}

TEST(Layers, ResidualsOfArgumentsGoWithTheirLayer) {
  Builder b;
  OpId dot = b.heavy({}, "Net/Dense_0/dot"), index = b.light({}, "Net/Loss_0/lt"),
       sum = b.add(OpKind::Reduce, {dot}, "Net/Loss_0/reduce"),
       softmax = b.light({dot, sum}, "Net/Loss_0/exp");
  b.backward({dot, index, softmax});
  EXPECT_EQ(b.nodes(Granularity::Layer), (Members{{dot}, {index, sum, softmax}}));
}

TEST(Layers, OpsWithoutScopeFormClusters) {
  Builder b;
  OpId dot = b.heavy({}), relu = b.light({dot}), last = b.heavy({relu}, "Net/Dense_0/dot");
  b.backward({relu, last});
  EXPECT_EQ(b.nodes(Granularity::Layer), (Members{{dot, relu}, {last}}));
}

TEST(Layers, SlashesInParenthesesAreNames) {
  Builder b;
  OpId a = b.heavy({}, "Net/einsum(a/b)/dot"), c = b.heavy({a}, "Net/einsum(a/c)/dot");
  b.backward({a, c});
  EXPECT_EQ(b.nodes(Granularity::Layer), (Members{{a}, {c}}));
}

/// Two layers that read each other's ops form a cycle, which is merged.
TEST(Layers, CyclesAreMerged) {
  Builder b;
  OpId x = b.heavy({}, "Net/A/dot"), y = b.heavy({x}, "Net/B/dot"),
       z = b.light({x, y}, "Net/A/add");
  b.backward({x, y, z});
  EXPECT_EQ(b.nodes(Granularity::Layer), (Members{{x, y, z}}));
}

/// An unrolled cell under one scope is most of the model and no single node.
TEST(Layers, ALayerThatIsMostOfTheModelIsSplit) {
  Builder b;
  OpId state = b.heavy({}, "Net/Cell/dot");
  for (int step = 0; step < 40; ++step) {
    OpId next = b.heavy({state}, "Net/Cell/dot");
    state = b.light({next, state}, "Net/Cell/add");
  }
  b.backward({state});
  EXPECT_EQ(b.nodes(Granularity::Layer).size(), 41u);
}

/// A cycle through more than a share of the model is split instead of merged.
TEST(Layers, LargeCyclesAreSplit) {
  Builder b;
  OpId a = b.heavy({}, "Net/A/dot"), c = b.heavy({a}, "Net/B/dot");
  for (int step = 0; step < 40; ++step) {
    OpId next = b.heavy({a, c}, "Net/A/dot");
    c = b.heavy({c, next}, "Net/B/dot");
    a = next;
  }
  b.backward({a, c});
  ForwardGraph forward = contractForward(b.problem.graph, Granularity::Layer);
  EXPECT_EQ(forward.members.size(), 82u);
}

void expectValid(const Graph &graph, const ForwardGraph &forward) {
  std::vector<int32_t> seen(graph.ops.size(), -1);
  for (size_t node = 0; node < forward.members.size(); ++node) {
    EXPECT_TRUE(std::is_sorted(forward.members[node].begin(), forward.members[node].end()));
    for (OpId op : forward.members[node]) {
      EXPECT_EQ(seen[op], -1);
      seen[op] = static_cast<int32_t>(node);
    }
    for (int32_t predecessor : forward.predecessors[node])
      EXPECT_LT(predecessor, static_cast<int32_t>(node)) << "the quotient has a cycle";
  }
  EXPECT_EQ(seen, forward.nodeOf);
  for (size_t op = 0; op < graph.ops.size(); ++op)
    for (ValueId input : graph.ops[op].inputs) {
      OpId producer = graph.values[input].producer;
      if (producer == kNoOp || seen[op] < 0 || seen[producer] < 0 || seen[op] == seen[producer])
        continue;
      EXPECT_TRUE(std::ranges::binary_search(forward.predecessors[seen[op]], seen[producer]));
      EXPECT_TRUE(std::ranges::binary_search(forward.successors[seen[producer]], seen[op]));
    }
}

TEST(Layers, RandomGraphsHaveAcyclicQuotients) {
  TestRandom random(42);
  const OpKind kinds[] = {OpKind::Constant, OpKind::Elementwise, OpKind::Broadcast, OpKind::View,
                          OpKind::Reduce,   OpKind::Dot,         OpKind::Gather,    OpKind::Slice};
  const char *scopes[] = {"", "N/A/x", "N/B/x", "N/B/C/x", "N/x", "N/D/f/x"};
  for (int graphs = 0; graphs < 400; ++graphs) {
    Builder b;
    int64_t size = 2 + random.below(graphs % 10 == 0 ? 200 : 30);
    for (int64_t i = 0; i < size; ++i) {
      std::vector<OpId> reads;
      for (int64_t back = 1; back <= 6 && back <= i; ++back)
        if (random.oneIn(3))
          reads.push_back(static_cast<OpId>(i - back));
      b.add(kinds[random.below(8)], reads, scopes[random.below(6)], 1 + random.below(100));
      b.op(static_cast<OpId>(i)).recomputable = !random.oneIn(10);
    }
    for (OpId i = 0; i < size; ++i)
      if (random.oneIn(2))
        b.backward({i});
    for (Granularity granularity : {Granularity::Op, Granularity::Cluster, Granularity::Layer}) {
      ForwardGraph forward = contractForward(b.problem.graph, granularity);
      expectValid(b.problem.graph, forward);
      ForwardGraph again = contractForward(b.problem.graph, granularity);
      EXPECT_EQ(forward.members, again.members);
    }
  }
}

} // namespace
