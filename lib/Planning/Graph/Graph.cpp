//===- Graph.cpp - one training step as ops and values --------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Graph/Graph.h"

#include "Spelling.h"

#include <algorithm>

namespace remat::planning {

namespace {

constexpr Spelling<OpKind> opKinds[] = {
    {OpKind::Constant, "constant"},
    {OpKind::Elementwise, "elementwise"},
    {OpKind::Broadcast, "broadcast"},
    {OpKind::View, "view"},
    {OpKind::Transpose, "transpose"},
    {OpKind::Reduce, "reduce"},
    {OpKind::Dot, "dot"},
    {OpKind::Convolution, "convolution"},
    {OpKind::Gather, "gather"},
    {OpKind::Scatter, "scatter"},
    {OpKind::Window, "window"},
    {OpKind::Concat, "concat"},
    {OpKind::Slice, "slice"},
    {OpKind::Update, "update"},
    {OpKind::Pad, "pad"},
    {OpKind::Sort, "sort"},
    {OpKind::Loop, "loop"},
    {OpKind::Branch, "branch"},
    {OpKind::Random, "random"},
    {OpKind::Custom, "custom"},
    {OpKind::Barrier, "barrier"},
    {OpKind::Other, "other"},
};

constexpr Spelling<Phase> phases[] = {
    {Phase::Forward, "forward"},
    {Phase::Backward, "backward"},
    {Phase::Update, "update"},
};

Error invalid(std::string message) { return {ErrorCode::InvalidInput, std::move(message)}; }

/// The rules of `Graph::check`, one function per part of the graph.
class GraphChecker {
public:
  explicit GraphChecker(const Graph &graph) : graph(graph) {}

  Status run() {
    if (graph.ops.empty())
      return invalid("the graph has no ops");
    if (Status status = checkValues(); !status)
      return status;
    if (Status status = checkIds(); !status)
      return status;
    for (size_t op = 0; op < graph.ops.size(); ++op)
      if (Status status = checkOp(static_cast<OpId>(op)); !status)
        return status;
    for (size_t value = 0; value < graph.values.size(); ++value)
      if (graph.values[value].producer != kNoOp && !produced[value])
        return invalid(valueName(value) + " names " + opName(graph.values[value].producer) +
                       " as its producer, which does not list it as a result");
    if (Status status = checkArguments(); !status)
      return status;
    return checkOutputs();
  }

private:
  std::string opName(OpId op) const {
    const Op &node = graph.ops[op];
    std::string text = "op " + std::to_string(node.id);
    if (!node.name.empty())
      text += " (" + node.name + ")";
    return text;
  }

  std::string valueName(size_t value) const {
    std::string text = "value " + std::to_string(value);
    if (value < graph.values.size() && !graph.values[value].name.empty())
      text += " (" + graph.values[value].name + ")";
    return text;
  }

  std::string outOfRange(ValueId value) const {
    return "value " + std::to_string(value) + ", but the graph has " +
           std::to_string(graph.values.size()) + " values";
  }

  bool exists(ValueId value) const {
    return value >= 0 && static_cast<size_t>(value) < graph.values.size();
  }

  /// Adds `amount` to `sum`; fails when the sum reaches the limit.
  static bool addBelowLimit(int64_t &sum, int64_t amount) {
    if (amount >= kSumLimit - sum)
      return false;
    sum += amount;
    return true;
  }

  Status checkValues() {
    int64_t sum = 0;
    for (size_t value = 0; value < graph.values.size(); ++value) {
      const Value &content = graph.values[value];
      if (content.bytes.count < 0)
        return invalid(valueName(value) + " has " + std::to_string(content.bytes.count) +
                       " bytes; a size is 0 or more");
      if (!addBelowLimit(sum, content.bytes.count))
        return invalid("the sizes of the values sum to 2^62 bytes or more at " + valueName(value) +
                       " with " + std::to_string(content.bytes.count) + " bytes");
      if (content.producer != kNoOp &&
          (content.producer < 0 || static_cast<size_t>(content.producer) >= graph.ops.size()))
        return invalid(valueName(value) + " names producer " + std::to_string(content.producer) +
                       ", but the graph has " + std::to_string(graph.ops.size()) + " ops");
    }
    produced.assign(graph.values.size(), false);
    return {};
  }

  Status checkIds() const {
    std::vector<std::pair<int64_t, size_t>> ids;
    for (size_t op = 0; op < graph.ops.size(); ++op)
      ids.emplace_back(graph.ops[op].id, op);
    std::sort(ids.begin(), ids.end());
    for (size_t i = 1; i < ids.size(); ++i)
      if (ids[i].first == ids[i - 1].first)
        return invalid("the ops at positions " + std::to_string(ids[i - 1].second) + " and " +
                       std::to_string(ids[i].second) + " both have id " +
                       std::to_string(ids[i].first) + "; ids must differ");
    return {};
  }

  Status checkOp(OpId op) {
    const Op &node = graph.ops[op];
    for (ValueId value : node.inputs) {
      if (!exists(value))
        return invalid(opName(op) + " reads " + outOfRange(value));
      if (OpId producer = graph.values[value].producer; producer >= op)
        return invalid(
            opName(op) + " reads " + valueName(value) + ", which " +
            (producer == op ? "it produces itself" : opName(producer) + " produces only later") +
            "; ops must stand in an order in which producers come first");
    }
    std::vector<ValueId> sorted = node.inputs;
    std::sort(sorted.begin(), sorted.end());
    if (auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
      return invalid(opName(op) + " lists " + valueName(*twice) +
                     " twice as an input; list each input once");
    if (node.results.empty())
      return invalid(opName(op) + " has no result; an op needs at least one");
    for (ValueId value : node.results) {
      if (!exists(value))
        return invalid(opName(op) + " produces " + outOfRange(value));
      if (graph.values[value].producer != op)
        return invalid(opName(op) + " lists " + valueName(value) +
                       " as a result, which does not name it as its producer");
      if (produced[value])
        return invalid(opName(op) + " lists " + valueName(value) + " twice as a result");
      produced[value] = true;
    }
    return checkWork(op);
  }

  Status checkWork(OpId op) {
    const OpWork &work = graph.ops[op].work;
    const std::pair<const char *, int64_t> parts[] = {{"flops", work.flops.count},
                                                      {"bytes read", work.bytesRead.count},
                                                      {"bytes written", work.bytesWritten.count},
                                                      {"bits per element", work.elementBits}};
    for (auto [what, count] : parts)
      if (count < 0)
        return invalid(opName(op) + " has " + std::to_string(count) + " " + what +
                       "; a count is 0 or more");
    if (!addBelowLimit(flops, work.flops.count))
      return invalid("the flops of the ops sum to 2^62 or more at " + opName(op) + " with " +
                     std::to_string(work.flops.count) + " flops");
    if (!addBelowLimit(traffic, work.bytesRead.count) ||
        !addBelowLimit(traffic, work.bytesWritten.count))
      return invalid("the bytes read and written by the ops sum to 2^62 or more at " + opName(op));
    return {};
  }

  Status checkArguments() const {
    std::vector<bool> listed(graph.values.size(), false);
    for (ValueId value : graph.arguments) {
      if (!exists(value))
        return invalid("the arguments list " + outOfRange(value));
      if (graph.values[value].producer != kNoOp)
        return invalid("the arguments list " + valueName(value) + ", which " +
                       opName(graph.values[value].producer) + " produces");
      if (listed[value])
        return invalid("the arguments list " + valueName(value) + " twice");
      listed[value] = true;
    }
    for (size_t value = 0; value < graph.values.size(); ++value)
      if (graph.values[value].producer == kNoOp && !listed[value])
        return invalid(valueName(value) + " has no producer and is not an argument");
    return {};
  }

  Status checkOutputs() const {
    for (ValueId value : graph.outputs)
      if (!exists(value))
        return invalid("the outputs list " + outOfRange(value));
    if (graph.donated.size() != graph.outputs.size())
      return invalid("the graph has " + std::to_string(graph.outputs.size()) + " outputs but " +
                     std::to_string(graph.donated.size()) + " donation entries");
    std::vector<bool> taken(graph.arguments.size(), false);
    for (size_t output = 0; output < graph.donated.size(); ++output) {
      if (!graph.donated[output])
        continue;
      int32_t argument = *graph.donated[output];
      if (argument < 0 || static_cast<size_t>(argument) >= graph.arguments.size())
        return invalid("output " + std::to_string(output) + " takes over argument " +
                       std::to_string(argument) + ", but the graph has " +
                       std::to_string(graph.arguments.size()) + " arguments");
      if (taken[argument])
        return invalid("output " + std::to_string(output) + " takes over argument " +
                       std::to_string(argument) + ", which an earlier output already takes over");
      taken[argument] = true;
    }
    return {};
  }

  const Graph &graph;
  std::vector<bool> produced; ///< by ValueId: some op lists it as a result
  int64_t flops = 0, traffic = 0;
};

} // namespace

std::string_view toString(OpKind kind) { return spell(opKinds, kind); }

std::optional<OpKind> parseOpKind(std::string_view text) { return findSpelled(opKinds, text); }

std::string_view toString(Phase phase) { return spell(phases, phase); }

std::optional<Phase> parsePhase(std::string_view text) { return findSpelled(phases, text); }

Status Graph::check() const { return GraphChecker(*this).run(); }

std::vector<std::vector<OpId>> Graph::users() const {
  std::vector<std::vector<OpId>> users(values.size());
  for (size_t op = 0; op < ops.size(); ++op)
    for (ValueId value : ops[op].inputs)
      users[value].push_back(static_cast<OpId>(op));
  return users;
}

std::string Graph::describe(OpId op) const {
  const Op &node = ops[op];
  std::string text = node.name.empty() ? "op" : node.name;
  std::string value = node.results.empty() ? "" : values[node.results.front()].name;
  if (value.empty())
    value = std::to_string(node.id);
  if (value != text) // "gradient 3" needs no "gradient 3" after it
    text += " " + value;
  if (!node.location.empty())
    text += " (" + node.location + ")";
  return text;
}

} // namespace remat::planning
