//===- Phases.cpp - forward, backward, update -----------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Phases.h"

#include <algorithm>

using namespace remat::planning;

namespace remat {

std::vector<OpId> lastReaders(const Graph &graph) {
  std::vector<OpId> last(graph.ops.size(), kNoOp);
  for (OpId op = 0; op < static_cast<OpId>(graph.ops.size()); ++op)
    for (ValueId value : graph.ops[op].inputs) {
      OpId maker = graph.values[value].producer;
      if (maker != kNoOp && graph.ops[maker].kind != OpKind::Constant)
        last[maker] = op; // ops ascend
    }
  for (size_t op = 1; op < last.size(); ++op)
    last[op] = std::max(last[op], last[op - 1]);
  return last;
}

OpId plainPeak(const Graph &graph) {
  OpId count = static_cast<OpId>(graph.ops.size());
  std::vector<OpId> lastUse(graph.values.size(), kNoOp);
  for (OpId op = 0; op < count; ++op) {
    for (ValueId value : graph.ops[op].results)
      lastUse[value] = op;
    for (ValueId value : graph.ops[op].inputs)
      lastUse[value] = op;
  }
  for (ValueId value : graph.outputs)
    lastUse[value] = count;
  std::vector<std::vector<ValueId>> dying(count + 1);
  for (size_t value = 0; value < graph.values.size(); ++value)
    if (graph.values[value].producer != kNoOp)
      dying[lastUse[value]].push_back(static_cast<ValueId>(value));
  Bytes live, peak;
  OpId at = 0;
  for (OpId op = 0; op < count; ++op) {
    for (ValueId value : graph.ops[op].results)
      live += graph.values[value].bytes;
    if (live > peak) {
      peak = live;
      at = op;
    }
    for (ValueId value : dying[op])
      live -= graph.values[value].bytes;
  }
  return at;
}

/// Tells of each op whether it is of a cheap kind and its every result ends,
/// through such ops only, in donated outputs.
static std::vector<bool> endsInDonatedOutputs(const Graph &graph) {
  enum class Use { None, Donated, Other };
  std::vector<Use> use(graph.values.size(), Use::None);
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    Use &seen = use[graph.outputs[i]];
    seen = graph.donated[i] && seen != Use::Other ? Use::Donated : Use::Other;
  }
  std::vector<bool> ends(graph.ops.size());
  for (size_t id = graph.ops.size(); id-- > 0;) {
    const Op &op = graph.ops[id];
    bool isCheap = op.kind == OpKind::Elementwise || op.kind == OpKind::Broadcast ||
                   op.kind == OpKind::View || op.kind == OpKind::Constant;
    ends[id] = isCheap && std::all_of(op.results.begin(), op.results.end(),
                                      [&](ValueId value) { return use[value] == Use::Donated; });
    for (ValueId value : op.inputs)
      if (!ends[id])
        use[value] = Use::Other;
      else if (use[value] == Use::None)
        use[value] = Use::Donated;
  }
  return ends;
}

void setPhases(Graph &graph, OpId end) {
  std::vector<bool> ends = endsInDonatedOutputs(graph);
  // Before the last op of another sort the backward still runs: what looks like
  // an update there is a gradient being summed up.
  OpId lastBackward = static_cast<OpId>(graph.ops.size()) - 1;
  while (lastBackward > end && ends[lastBackward])
    --lastBackward;
  for (OpId op = 0; op < static_cast<OpId>(graph.ops.size()); ++op)
    graph.ops[op].phase = op <= end            ? Phase::Forward
                          : op <= lastBackward ? Phase::Backward
                                               : Phase::Update;
}

} // namespace remat
