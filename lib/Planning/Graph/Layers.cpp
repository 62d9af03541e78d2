//===- Layers.cpp - contraction of the forward to layers ------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Graph/Layers.h"

#include "Components.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <queue>
#include <set>

namespace remat::planning {

namespace {

/// How far an op's group has been split: as asked, to clusters, to single ops.
enum Level : char { AsAsked, Clusters, Singles };

/// A cycle of groups is merged when the result stays below both of these, else
/// split; a layer above both is split to clusters. The share is of the bytes of the
/// forward graph. Chosen, not measured: a layer has tens of ops, and a node of more
/// than a sixteenth of all bytes leaves no room for a cut.
constexpr int64_t mergedOps = 64;
constexpr int64_t mergedShare = 16;

bool isLight(OpKind kind) {
  switch (kind) {
  case OpKind::Constant:
  case OpKind::Elementwise:
  case OpKind::Broadcast:
  case OpKind::View:
  case OpKind::Transpose:
  case OpKind::Slice:
  case OpKind::Pad:
    return true;
  default:
    return false;
  }
}

/// Ops that, on arguments and constants alone, belong to whoever reads them.
bool mayPrepare(OpKind kind) {
  return isLight(kind) || kind == OpKind::Reduce || kind == OpKind::Concat ||
         kind == OpKind::Gather;
}

/// Ops that only spell a value differently: never a node of their own.
bool isSpelling(OpKind kind) {
  return kind == OpKind::Constant || kind == OpKind::Broadcast || kind == OpKind::View;
}

/// Returns `scope` without its last component, the primitive; "/" inside
/// parentheses is part of a name. "Model/Dense_0/dot_general" -> "Model/Dense_0"
std::string_view moduleOf(std::string_view scope) {
  int depth = 0;
  for (size_t i = scope.size(); i-- > 0;) {
    depth += scope[i] == ')' ? 1 : scope[i] == '(' ? -1 : 0;
    if (scope[i] == '/' && depth == 0)
      return scope.substr(0, i);
  }
  return {};
}

class Contraction {
public:
  Contraction(const Graph &graph, Granularity granularity)
      : graph(graph), granularity(granularity), group(graph.ops.size()),
        level(graph.ops.size(), granularity == Granularity::Layer     ? AsAsked
                                : granularity == Granularity::Cluster ? Clusters
                                                                      : Singles),
        module(graph.ops.size(), -1), producers(graph.ops.size()) {}

  ForwardGraph run() {
    selectOps();
    nameModules();
    splitLargeLayers();
    while (true) {
      formGroups();
      std::vector<std::vector<OpId>> cycles = groupCycles();
      bool split = false;
      for (const std::vector<OpId> &cycle : cycles)
        split |= splitIfLarge(cycle);
      if (split)
        continue;
      for (const std::vector<OpId> &cycle : cycles)
        for (OpId op : cycle)
          join(cycle.front(), op);
      return numberNodes();
    }
  }

private:
  void selectOps();
  void nameModules();
  void splitLargeLayers();
  void formGroups();
  void absorbResiduals();
  std::vector<std::vector<OpId>> groupCycles();
  bool splitIfLarge(const std::vector<OpId> &cycle);
  ForwardGraph numberNodes();

  int64_t bytesOf(OpId op) const {
    int64_t bytes = 0;
    for (ValueId value : graph.ops[op].results)
      bytes += graph.values[value].bytes.count;
    return bytes;
  }

  bool isLarge(const std::vector<OpId> &members) const {
    int64_t bytes = 0;
    for (OpId op : members)
      bytes += bytesOf(op);
    return static_cast<int64_t>(members.size()) > mergedOps && bytes > totalBytes / mergedShare;
  }

  OpId find(OpId op) {
    while (group[op] != op)
      op = group[op] = group[group[op]];
    return op;
  }
  /// The smaller op names the group, so that names do not depend on the order.
  void join(OpId a, OpId b) {
    a = find(a);
    b = find(b);
    group[std::max(a, b)] = std::min(a, b);
  }

  bool isNode(OpId op) const { return module[op] >= 0; }

  const Graph &graph;
  Granularity granularity;
  std::vector<OpId> ops;                    ///< of the forward graph, in base order
  std::vector<OpId> group;                  ///< disjoint sets over ops
  std::vector<Level> level;                 ///< by op
  std::vector<int32_t> module;              ///< by op: index of its scope, -1 outside the graph
  std::vector<char> composite;              ///< by module: has modules inside, or is no module
  std::vector<std::vector<OpId>> producers; ///< by op: those in the graph, ascending
  int64_t totalBytes = 0;
};

/// Finds the recomputable forward ops that something outside the forward reads,
/// and what these are computed from.
void Contraction::selectOps() {
  std::vector<char> wanted(graph.ops.size(), 0);
  for (OpId op = static_cast<OpId>(graph.ops.size()); op-- > 0;) {
    const Op &one = graph.ops[op];
    bool outside = one.phase != Phase::Forward;
    if (!outside && !(wanted[op] && one.recomputable))
      continue;
    for (ValueId input : one.inputs)
      if (OpId producer = graph.values[input].producer; producer != kNoOp)
        wanted[producer] = 1;
    if (!outside)
      ops.push_back(op);
  }
  std::reverse(ops.begin(), ops.end());
  for (OpId op : ops) {
    module[op] = 0;
    totalBytes += bytesOf(op);
    for (ValueId input : graph.ops[op].inputs)
      if (OpId producer = graph.values[input].producer; producer != kNoOp && isNode(producer))
        producers[op].push_back(producer);
    std::sort(producers[op].begin(), producers[op].end());
    producers[op].erase(std::unique(producers[op].begin(), producers[op].end()),
                        producers[op].end());
  }
}

/// Names the layer of each op. A module without matrix work is one layer with all
/// that is inside (a dropout and the functions it calls); one with matrix work
/// is a layer when nothing is inside, else only a frame around layers.
void Contraction::nameModules() {
  composite.assign(1, 1); // module 0: no scope
  if (granularity != Granularity::Layer)
    return;
  std::set<std::string_view> frames, working;
  for (OpId op : ops) {
    std::string_view own = moduleOf(graph.ops[op].scope);
    bool works = graph.ops[op].kind == OpKind::Dot || graph.ops[op].kind == OpKind::Convolution;
    for (std::string_view name = own; !name.empty(); name = moduleOf(name)) {
      if (name != own)
        frames.insert(name);
      if (works)
        working.insert(name);
    }
  }
  std::map<std::string_view, int32_t> numbers;
  for (OpId op : ops) {
    std::string_view layer = moduleOf(graph.ops[op].scope);
    for (std::string_view name = layer; !name.empty() && !working.contains(name);
         name = moduleOf(name))
      layer = name;
    if (layer.empty())
      continue;
    auto number = static_cast<int32_t>(numbers.size() + 1);
    module[op] = numbers.try_emplace(layer, number).first->second;
  }
  composite.resize(numbers.size() + 1, 0);
  for (auto [name, number] : numbers)
    composite[number] = frames.contains(name) && working.contains(name);
}

/// A layer that is most of the model (an unrolled cell, say) is no layer.
void Contraction::splitLargeLayers() {
  if (granularity != Granularity::Layer)
    return;
  formGroups();
  std::map<OpId, std::vector<OpId>> members;
  for (OpId op : ops)
    members[find(op)].push_back(op);
  for (const auto &[name, inside] : members)
    if (isLarge(inside))
      for (OpId op : inside)
        level[op] = Clusters;
}

/// Groups the ops by their levels. A light op of a cluster follows its latest
/// producer; an op of a layer goes with its neighbours in that layer; what only
/// spells a value differently goes with its producer. What is computed
/// from arguments alone goes with its first reader.
void Contraction::formGroups() {
  std::iota(group.begin(), group.end(), 0);
  std::vector<char> placed(graph.ops.size(), 0), prepares(graph.ops.size(), 0);
  for (OpId op : ops) {
    OpKind kind = graph.ops[op].kind;
    OpId latest = kNoOp;
    for (OpId producer : producers[op]) {
      if (!prepares[producer])
        latest = producer;
      if (level[op] == AsAsked && level[producer] == AsAsked && !composite[module[op]] &&
          module[producer] == module[op]) {
        join(producer, op);
        placed[op] = placed[producer] = 1;
      }
    }
    prepares[op] = latest == kNoOp && mayPrepare(kind);
    bool isCluster = level[op] == Clusters || (level[op] == AsAsked && module[op] == 0);
    bool follows = (isCluster && isLight(kind)) || (level[op] == AsAsked && isSpelling(kind));
    if (!placed[op] && follows && latest != kNoOp) {
      join(latest, op);
      placed[op] = 1;
    }
  }
  std::vector<OpId> firstReader(graph.ops.size(), kNoOp);
  for (auto at = ops.rbegin(); at != ops.rend(); ++at) {
    for (OpId producer : producers[*at])
      firstReader[producer] = *at;
    if (prepares[*at] && !placed[*at] && level[*at] != Singles && firstReader[*at] != kNoOp)
      join(*at, firstReader[*at]);
  }
  if (granularity == Granularity::Layer)
    absorbResiduals();
}

/// Light groups that no forward op reads are what backward rules leave behind (a
/// mask, a doubled input). They go with a neighbour: a reader of the same value
/// in the same layer, or else the layer that made it. One that comes from
/// arguments alone (indices made of labels) goes with the rest of its layer.
void Contraction::absorbResiduals() {
  std::vector<char> stays(graph.ops.size(), 0); // by group
  std::vector<std::vector<OpId>> readers(graph.ops.size());
  std::vector<OpId> latest(graph.ops.size(), kNoOp); // by group: producer outside
  for (OpId op : ops) {
    OpId name = find(op);
    if (!isLight(graph.ops[op].kind) || level[op] != AsAsked)
      stays[name] = 1;
    for (OpId producer : producers[op]) {
      readers[producer].push_back(op);
      if (find(producer) == name)
        continue;
      stays[find(producer)] = 1;
      latest[name] = std::max(latest[name], producer);
    }
  }
  std::vector<OpId> firstOf(composite.size(), kNoOp); // by module: what residuals can join
  for (OpId op : ops)
    if (OpId &first = firstOf[module[op]]; stays[find(op)] && first == kNoOp)
      first = op;
  for (OpId op : ops) {
    OpId producer = latest[op];
    if (group[op] != op || stays[op])
      continue;
    OpId home = producer;
    if (producer == kNoOp)
      home = composite[module[op]] ? kNoOp : firstOf[module[op]];
    else
      for (OpId reader : readers[producer])
        if (module[reader] == module[op] && stays[find(reader)]) {
          home = reader;
          break;
        }
    if (home != kNoOp)
      join(home, op);
  }
}

/// Returns the members of each cycle of groups, ascending: strongly connected
/// components of the quotient with more than one group.
std::vector<std::vector<OpId>> Contraction::groupCycles() {
  std::vector<std::vector<OpId>> producersOf(graph.ops.size()), members(graph.ops.size());
  for (OpId op : ops) {
    OpId name = find(op);
    members[name].push_back(op);
    for (OpId producer : producers[op])
      producersOf[name].push_back(find(producer));
  }
  std::vector<std::vector<OpId>> cycles;
  for (const std::vector<OpId> &names : largeComponents(producersOf)) {
    std::vector<OpId> &cycle = cycles.emplace_back();
    for (OpId name : names)
      cycle.insert(cycle.end(), members[name].begin(), members[name].end());
    std::sort(cycle.begin(), cycle.end());
  }
  return cycles;
}

bool Contraction::splitIfLarge(const std::vector<OpId> &cycle) {
  if (!isLarge(cycle))
    return false;
  bool split = false;
  for (OpId op : cycle)
    if (level[op] != Singles) {
      level[op] = level[op] == AsAsked ? Clusters : Singles;
      split = true;
    }
  return split;
}

/// Numbers the groups topologically, the one with the smallest op first where
/// there is a choice.
ForwardGraph Contraction::numberNodes() {
  ForwardGraph result;
  result.nodeOf.assign(graph.ops.size(), -1);
  std::vector<std::vector<OpId>> members(graph.ops.size()), readers(graph.ops.size());
  std::vector<int32_t> waiting(graph.ops.size(), 0);
  for (OpId op : ops) {
    OpId name = find(op);
    members[name].push_back(op);
    for (OpId producer : producers[op])
      if (OpId other = find(producer); other != name) {
        readers[other].push_back(name);
        ++waiting[name];
      }
  }
  std::priority_queue<OpId, std::vector<OpId>, std::greater<>> ready;
  for (OpId op : ops)
    if (find(op) == op && waiting[op] == 0)
      ready.push(op);
  while (!ready.empty()) {
    OpId name = ready.top();
    ready.pop();
    auto node = static_cast<int32_t>(result.members.size());
    for (OpId op : members[name])
      result.nodeOf[op] = node;
    result.members.push_back(std::move(members[name]));
    for (OpId reader : readers[name])
      if (--waiting[reader] == 0)
        ready.push(reader);
  }
  result.predecessors.resize(result.members.size());
  result.successors.resize(result.members.size());
  for (OpId op : ops)
    for (OpId producer : producers[op])
      if (int32_t from = result.nodeOf[producer], to = result.nodeOf[op]; from != to) {
        result.predecessors[to].push_back(from);
        result.successors[from].push_back(to);
      }
  for (auto *lists : {&result.predecessors, &result.successors})
    for (std::vector<int32_t> &list : *lists) {
      std::sort(list.begin(), list.end());
      list.erase(std::unique(list.begin(), list.end()), list.end());
    }
  return result;
}

} // namespace

ForwardGraph contractForward(const Graph &graph, Granularity granularity) {
  return Contraction(graph, granularity).run();
}

} // namespace remat::planning
