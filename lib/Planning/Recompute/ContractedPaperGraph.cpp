//===- ContractedPaperGraph.cpp - a step's forward as a paper graph --------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/PaperGraph.h"

#include <algorithm>

namespace remat::planning {

namespace {

/// Who reads a value, as far as its node is concerned.
enum class Reader { None, Gradient, Node };

/// Bytes of what the ops of `node` hand on.
int64_t bytesOf(const Graph &graph, const ForwardGraph &forward, int32_t node,
                const std::vector<Reader> &readers) {
  int64_t toNodes = 0, toGradients = 0;
  for (OpId op : forward.members[node])
    for (ValueId value : graph.ops[op].results) {
      if (readers[value] == Reader::Node)
        toNodes += graph.values[value].bytes.count;
      if (readers[value] == Reader::Gradient)
        toGradients += graph.values[value].bytes.count;
    }
  return toNodes > 0 ? toNodes : toGradients;
}

} // namespace

Result<PaperGraph> contractedPaperGraph(const Graph &graph, Granularity granularity) {
  ForwardGraph forward = contractForward(graph, granularity);
  if (forward.members.empty())
    return Error{ErrorCode::InvalidInput,
                 "there is no forward value that backward or update ops read; a paper graph "
                 "needs the loss and its gradients in one program"};
  std::vector<Reader> readers(graph.values.size(), Reader::None);
  for (OpId op = 0; op < static_cast<OpId>(graph.ops.size()); ++op)
    for (ValueId input : graph.ops[op].inputs) {
      OpId producer = graph.values[input].producer;
      if (producer == kNoOp || forward.nodeOf[producer] < 0 ||
          forward.nodeOf[producer] == forward.nodeOf[op])
        continue;
      Reader reader = forward.nodeOf[op] < 0 ? Reader::Gradient : Reader::Node;
      readers[input] = std::max(readers[input], reader);
    }
  PaperGraph result;
  result.name = graph.name;
  result.n = static_cast<int32_t>(forward.members.size());
  for (int32_t node = 0; node < result.n; ++node) {
    Cost dearest;
    for (OpId op : forward.members[node])
      dearest = std::max(dearest, costOf(graph.ops[op], *findDeviceTable("paper")));
    result.T.push_back(dearest.count);
    result.M.push_back(bytesOf(graph, forward, node, readers));
    for (int32_t successor : forward.successors[node])
      result.edges.emplace_back(node, successor);
  }
  return result;
}

} // namespace remat::planning
