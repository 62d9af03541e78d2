//===- FoldFree.cpp - free ops folded into their readers ------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Graph/FoldFree.h"

namespace remat::planning {

namespace {

class Folder {
public:
  explicit Folder(const Graph &graph)
      : graph(graph), folded(graph.ops.size()), seenBy(graph.values.size(), kNoOp),
        newValue(graph.values.size(), -1) {}

  Graph run() {
    findFolded();
    result.name = graph.name;
    for (ValueId value : graph.arguments) {
      result.arguments.push_back(addValue(value, kNoOp));
    }
    for (size_t op = 0; op < graph.ops.size(); ++op)
      if (!folded[op])
        addOp(static_cast<OpId>(op));
    for (ValueId value : graph.outputs)
      result.outputs.push_back(newValue[value]);
    result.donated = graph.donated;
    return std::move(result);
  }

private:
  void findFolded() {
    std::vector<bool> isOutput(graph.values.size());
    for (ValueId value : graph.outputs)
      isOutput[value] = true;
    for (size_t op = 0; op < graph.ops.size(); ++op) {
      const Op &node = graph.ops[op];
      bool free = node.kind == OpKind::Constant ? node.inputs.empty()
                  : node.kind == OpKind::Broadcast || node.kind == OpKind::View
                      ? node.inputs.size() == 1
                      : false;
      folded[op] =
          free && node.recomputable && node.results.size() == 1 && !isOutput[node.results[0]];
    }
  }

  ValueId addValue(ValueId source, OpId producer) {
    newValue[source] = static_cast<ValueId>(result.values.size());
    result.values.push_back({producer, graph.values[source].bytes, graph.values[source].name});
    return newValue[source];
  }

  void addOp(OpId source) {
    OpId id = static_cast<OpId>(result.ops.size());
    Op op = graph.ops[source];
    op.id = static_cast<int64_t>(graph.arguments.size()) + id;
    op.inputs.clear();
    op.work.bytesRead = Bytes(0);
    for (ValueId value : graph.ops[source].inputs)
      readThrough(value, source, op);
    for (ValueId &value : op.results)
      value = addValue(value, id);
    result.ops.push_back(std::move(op));
  }

  /// Makes `op` read `value`, or what the folded ops behind `value` read.
  void readThrough(ValueId value, OpId reader, Op &op) {
    while (seenBy[value] != reader) {
      seenBy[value] = reader;
      OpId producer = graph.values[value].producer;
      if (producer == kNoOp || !folded[producer]) {
        op.inputs.push_back(newValue[value]);
        op.work.bytesRead += graph.values[value].bytes;
        return;
      }
      op.work.flops += graph.ops[producer].work.flops;
      if (graph.ops[producer].inputs.empty())
        return;
      value = graph.ops[producer].inputs.front();
    }
  }

  const Graph &graph;
  std::vector<bool> folded;      ///< by OpId
  std::vector<OpId> seenBy;      ///< by ValueId: the last reader that went through it
  std::vector<ValueId> newValue; ///< by ValueId: in `result`, -1 if folded
  Graph result;
};

} // namespace

Graph foldFree(const Graph &graph) { return Folder(graph).run(); }

} // namespace remat::planning
