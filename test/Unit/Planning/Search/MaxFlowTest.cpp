//===- MaxFlowTest.cpp - maximum flows against brute force ---------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/MaxFlow.h"

#include "TestProblems.h"

#include <gtest/gtest.h>

using namespace remat::planning;
using namespace remat::planning::search;

namespace {

/// A random network, and its minimum cuts by looking at every one.
struct SmallNetwork {
  int32_t nodes;
  std::vector<FlowArc> arcs;
  std::vector<int64_t> terminals;
  std::vector<char> removed;

  SmallNetwork(TestRandom &random, int32_t most)
      : nodes(1 + static_cast<int32_t>(random.below(most))), terminals(nodes), removed(nodes, 0) {
    for (int64_t left = random.below(3 * nodes); left > 0; --left)
      arcs.push_back(
          {node(random), node(random), random.oneIn(3) ? kUnboundedFlow : random.below(12)});
    draw(random);
  }

  int32_t node(TestRandom &random) const { return static_cast<int32_t>(random.below(nodes)); }

  void draw(TestRandom &random) {
    for (int64_t &terminal : terminals)
      terminal = random.below(41) - 20;
    for (char &out : removed)
      out = random.oneIn(6);
  }

  /// Capacity of the cut with `side` at the source; nothing when it is unbounded.
  std::optional<int64_t> cut(uint32_t side) const {
    int64_t sum = 0;
    for (int32_t i = 0; i < nodes; ++i)
      if (!removed[i])
        sum += side >> i & 1 ? std::max<int64_t>(-terminals[i], 0)
                             : std::max<int64_t>(terminals[i], 0);
    for (const FlowArc &arc : arcs)
      if (!removed[arc.from] && !removed[arc.to] && side >> arc.from & 1 && !(side >> arc.to & 1)) {
        if (arc.capacity == kUnboundedFlow)
          return std::nullopt;
        sum += arc.capacity;
      }
    return sum;
  }
};

TEST(MaxFlow, EqualsTheSmallestCutAlsoAfterChanges) {
  TestRandom random(1);
  for (int turn = 0; turn < 3000; ++turn) {
    SmallNetwork network(random, 9);
    MaxFlow flow(network.nodes, network.arcs);
    for (int change = 0; change < 4; ++change, network.draw(random)) {
      uint32_t out = 0;
      for (int32_t node = 0; node < network.nodes; ++node) {
        flow.setTerminal(node, network.terminals[node]);
        flow.setRemoved(node, network.removed[node]);
        out |= static_cast<uint32_t>(network.removed[node]) << node;
      }
      int64_t least = std::numeric_limits<int64_t>::max();
      uint32_t inAll = 0, inSome = 0;
      for (uint32_t side = 0; side < uint32_t(1) << network.nodes; ++side) {
        std::optional<int64_t> capacity = network.cut(side);
        if (!capacity || (side & out) != 0 || *capacity > least)
          continue;
        inAll = *capacity < least ? side : inAll & side;
        inSome = *capacity < least ? side : inSome | side;
        least = *capacity;
      }
      ASSERT_EQ(flow.solve(), least) << "turn " << turn << ", change " << change;
      std::vector<char> minimal = flow.minimalSourceSide(), maximal = flow.maximalSourceSide();
      for (int32_t node = 0; node < network.nodes; ++node) {
        EXPECT_EQ(minimal[node], inAll >> node & 1) << "turn " << turn << ", node " << node;
        EXPECT_EQ(maximal[node], inSome >> node & 1) << "turn " << turn << ", node " << node;
      }
    }
  }
}

TEST(MaxFlow, ReachesAlongGivenArcs) {
  std::vector<FlowArc> arcs{{0, 1, 0}, {1, 2, 5}, {3, 2, 1}};
  EXPECT_EQ(MaxFlow(4, arcs).reachable({0}), (std::vector<char>{1, 1, 1, 0}));
  EXPECT_EQ(MaxFlow(4, arcs).reachable({3}), (std::vector<char>{0, 0, 1, 1}));
}

TEST(MaxFlow, CarriesAmountsNearTheLimitThroughALongChain) {
  constexpr int32_t nodes = 20000;
  std::vector<FlowArc> arcs;
  for (int32_t node = 0; node + 1 < nodes; ++node)
    arcs.push_back({node, node + 1, kUnboundedFlow});
  MaxFlow flow(nodes, arcs);
  flow.setTerminal(0, kUnboundedFlow - 1);
  flow.setTerminal(nodes - 1, -(kUnboundedFlow / 2));
  EXPECT_EQ(flow.solve(), kUnboundedFlow / 2);
  flow.setTerminal(nodes / 2, -(kUnboundedFlow / 2 - 2));
  EXPECT_EQ(flow.solve(), kUnboundedFlow - 2);
  flow.setTerminal(nodes - 1, 0);
  EXPECT_EQ(flow.solve(), kUnboundedFlow / 2 - 2);
}

} // namespace
