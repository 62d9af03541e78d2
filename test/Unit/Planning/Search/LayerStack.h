//===- LayerStack.h - equal layers, one behind the other --------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_TEST_UNIT_PLANNING_SEARCH_LAYERSTACK_H
#define REMAT_TEST_UNIT_PLANNING_SEARCH_LAYERSTACK_H

#include "TestProblems.h"

namespace remat::planning {

/// `layers` equal layers of attention shape, 9 ops forward and 11 backward each.
/// Values that are large are cheap to make, as in a transformer.
inline Problem layerStack(int64_t layers) {
  Problem problem;
  problem.graph.name = "stack";
  problem.scope = BudgetScope::Temporaries;
  struct Layer {
    ValueId x, h, q, k, v, p, u;
  };
  std::vector<Layer> stack;
  auto add = [&](std::vector<ValueId> inputs, int64_t bytes, int64_t cost, Phase phase) {
    ValueId value = addOp(problem, std::move(inputs), {bytes}, cost);
    problem.graph.ops.back().phase = phase;
    return value;
  };
  ValueId x = add({addArgument(problem, 80)}, 80, 40, Phase::Forward);
  problem.graph.ops.back().recomputable = false;
  for (int64_t i = 0; i < layers; ++i) {
    Layer layer;
    layer.x = x;
    layer.h = add({x}, 80, 20, Phase::Forward);
    layer.q = add({layer.h}, 80, 300, Phase::Forward);
    layer.k = add({layer.h}, 80, 300, Phase::Forward);
    layer.v = add({layer.h}, 80, 300, Phase::Forward);
    ValueId s = add({layer.q, layer.k}, 330, 210, Phase::Forward);
    layer.p = add({s}, 330, 110, Phase::Forward);
    layer.u = add({layer.p, layer.v}, 90, 215, Phase::Forward);
    ValueId y = add({layer.u}, 80, 310, Phase::Forward);
    x = add({x, y}, 80, 30, Phase::Forward);
    stack.push_back(layer);
  }
  ValueId loss = add({x}, 4, 80, Phase::Forward);
  std::vector<ValueId> outputs{loss};
  ValueId dx = add({loss, x}, 80, 80, Phase::Backward);
  for (auto layer = stack.rbegin(); layer != stack.rend(); ++layer) {
    outputs.push_back(add({dx, layer->u}, 60, 310, Phase::Backward));
    ValueId du = add({dx}, 90, 310, Phase::Backward);
    ValueId dp = add({du, layer->v}, 330, 215, Phase::Backward);
    ValueId dv = add({du, layer->p}, 80, 215, Phase::Backward);
    ValueId ds = add({dp, layer->p}, 330, 130, Phase::Backward);
    ValueId dq = add({ds, layer->k}, 80, 215, Phase::Backward);
    ValueId dk = add({ds, layer->q}, 80, 215, Phase::Backward);
    outputs.push_back(add({dq, dk, dv, layer->h}, 180, 900, Phase::Backward));
    ValueId dh = add({dq, dk, dv}, 80, 900, Phase::Backward);
    ValueId dn = add({dh, layer->x}, 80, 40, Phase::Backward);
    dx = add({dx, dn}, 80, 30, Phase::Backward);
  }
  setOutputs(problem, outputs);
  return problem;
}

} // namespace remat::planning

#endif // REMAT_TEST_UNIT_PLANNING_SEARCH_LAYERSTACK_H
