//===- MaxFlow.cpp - integer maximum flow, warm after changes -------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/MaxFlow.h"

#include <algorithm>

namespace remat::planning::search {

MaxFlow::MaxFlow(int32_t nodes, std::span<const FlowArc> given)
    : arcs(2 * given.size()), firstArc(nodes + 1, 0), excess(nodes, 0), terminal(nodes, 0),
      removed(nodes, 0), label(nodes, 0), current(nodes, 0), levelHead(nodes, -1),
      nextInLevel(nodes, -1), previousInLevel(nodes, -1), active(nodes) {
  for (const FlowArc &arc : given) {
    ++firstArc[arc.from + 1];
    ++firstArc[arc.to + 1];
  }
  for (int32_t node = 0; node < nodes; ++node)
    firstArc[node + 1] += firstArc[node];
  std::vector<int32_t> place(firstArc.begin(), firstArc.end() - 1);
  for (const FlowArc &arc : given) {
    int32_t there = place[arc.from]++, back = place[arc.to]++;
    arcs[there] = {arc.to, back, arc.capacity, false};
    arcs[back] = {arc.from, there, 0, true};
  }
}

void MaxFlow::setRemoved(int32_t node, bool out) {
  if (removed[node] == static_cast<char>(out))
    return;
  removed[node] = out;
  for (int32_t a = firstArc[node]; a < firstArc[node + 1]; ++a) {
    HalfArc &arc = arcs[a], &mate = arcs[arc.mate];
    HalfArc &forward = arc.backward ? mate : arc, &backward = arc.backward ? arc : mate;
    excess[backward.to] += backward.residual;
    excess[forward.to] -= backward.residual;
    forward.residual += backward.residual;
    backward.residual = 0;
  }
}

void MaxFlow::enterLevel(int32_t node, int32_t level) {
  label[node] = level;
  previousInLevel[node] = -1;
  nextInLevel[node] = levelHead[level];
  if (levelHead[level] >= 0)
    previousInLevel[levelHead[level]] = node;
  levelHead[level] = node;
  highestLevel = std::max(highestLevel, level);
}

void MaxFlow::leaveLevel(int32_t node) {
  if (previousInLevel[node] >= 0)
    nextInLevel[previousInLevel[node]] = nextInLevel[node];
  else
    levelHead[label[node]] = nextInLevel[node];
  if (nextInLevel[node] >= 0)
    previousInLevel[nextInLevel[node]] = previousInLevel[node];
}

/// Sets every label to the number of arcs to the nearest node with room to the
/// sink, and collects the nodes with excess that reach one.
void MaxFlow::relabelAll() {
  int32_t nodes = nodeCount();
  std::fill(label.begin(), label.end(), nodes);
  std::fill(levelHead.begin(), levelHead.end(), -1);
  highestLevel = -1;
  waiting = 0;
  queue.clear();
  for (int32_t node = 0; node < nodes; ++node)
    if (excess[node] < 0 && !removed[node]) {
      enterLevel(node, 0);
      queue.push_back(node);
    }
  for (size_t head = 0; head < queue.size(); ++head) {
    int32_t node = queue[head];
    for (int32_t a = firstArc[node]; a < firstArc[node + 1]; ++a) {
      int32_t other = arcs[a].to;
      if (isOut(other) && !removed[other] && arcs[arcs[a].mate].residual > 0) {
        enterLevel(other, label[node] + 1);
        queue.push_back(other);
      }
    }
  }
  for (int32_t node : queue) {
    current[node] = firstArc[node];
    if (excess[node] > 0)
      activate(node);
  }
  work = 0;
}

/// No node is left at `level`, so those above cannot reach the sink.
void MaxFlow::closeGap(int32_t level) {
  for (int32_t above = level + 1; above <= highestLevel; ++above) {
    for (int32_t node = levelHead[above]; node >= 0; node = nextInLevel[node])
      label[node] = nodeCount();
    levelHead[above] = -1;
  }
  highestLevel = level - 1;
}

void MaxFlow::relabel(int32_t node) {
  int32_t old = label[node], best = nodeCount();
  for (int32_t a = firstArc[node]; a < firstArc[node + 1]; ++a)
    if (arcs[a].residual > 0 && label[arcs[a].to] + 1 < best) {
      best = label[arcs[a].to] + 1;
      current[node] = a;
    }
  work += firstArc[node + 1] - firstArc[node];
  leaveLevel(node);
  if (levelHead[old] < 0) {
    closeGap(old);
    best = nodeCount();
  }
  if (best < nodeCount())
    enterLevel(node, best);
  else
    label[node] = nodeCount();
}

void MaxFlow::discharge(int32_t node) {
  while (excess[node] > 0 && !isOut(node)) {
    int32_t end = firstArc[node + 1];
    for (int32_t &a = current[node]; a < end; ++a) {
      HalfArc &arc = arcs[a];
      if (arc.residual <= 0 || label[arc.to] + 1 != label[node])
        continue;
      int64_t amount = std::min(excess[node], arc.residual);
      arc.residual -= amount;
      arcs[arc.mate].residual += amount;
      excess[node] -= amount;
      bool wasActive = excess[arc.to] > 0;
      excess[arc.to] += amount;
      if (!wasActive && excess[arc.to] > 0)
        activate(arc.to);
      if (excess[node] == 0)
        return;
    }
    relabel(node);
  }
}

int64_t MaxFlow::solve() {
  relabelAll();
  // First in, first out; exact labels again whenever a quarter of the arcs was
  // looked at, which was the fastest of many on the networks of unrolled steps.
  auto workLimit = static_cast<int64_t>(arcs.size()) / 4 + nodeCount();
  while (waiting > 0) {
    discharge(nextActive());
    if (work > workLimit)
      relabelAll();
  }
  int64_t flow = 0;
  for (int32_t node = 0; node < nodeCount(); ++node)
    if (!removed[node])
      flow += std::max<int64_t>(terminal[node], 0) - std::max<int64_t>(excess[node], 0);
  return flow;
}

std::vector<char> MaxFlow::reachable(const std::vector<int32_t> &from) const {
  std::vector<char> reached(nodeCount(), 0);
  std::vector<int32_t> found = from;
  for (int32_t node : found)
    reached[node] = 1;
  for (size_t head = 0; head < found.size(); ++head)
    for (int32_t a = firstArc[found[head]]; a < firstArc[found[head] + 1]; ++a)
      if (int32_t to = arcs[a].to; !arcs[a].backward && !reached[to]) {
        reached[to] = 1;
        found.push_back(to);
      }
  return reached;
}

std::vector<char> MaxFlow::minimalSourceSide() const {
  std::vector<char> side(nodeCount(), 0);
  std::vector<int32_t> found;
  for (int32_t node = 0; node < nodeCount(); ++node)
    if (excess[node] > 0 && !removed[node]) {
      side[node] = 1;
      found.push_back(node);
    }
  for (size_t head = 0; head < found.size(); ++head)
    for (int32_t a = firstArc[found[head]]; a < firstArc[found[head] + 1]; ++a)
      if (int32_t to = arcs[a].to; arcs[a].residual > 0 && !side[to] && !removed[to]) {
        side[to] = 1;
        found.push_back(to);
      }
  return side;
}

std::vector<char> MaxFlow::maximalSourceSide() const {
  std::vector<char> side(nodeCount(), 1);
  std::vector<int32_t> found;
  for (int32_t node = 0; node < nodeCount(); ++node)
    if (excess[node] < 0 && !removed[node]) {
      side[node] = 0;
      found.push_back(node);
    } else if (removed[node]) {
      side[node] = 0;
    }
  for (size_t head = 0; head < found.size(); ++head)
    for (int32_t a = firstArc[found[head]]; a < firstArc[found[head] + 1]; ++a)
      if (int32_t to = arcs[a].to; arcs[arcs[a].mate].residual > 0 && side[to]) {
        side[to] = 0;
        found.push_back(to);
      }
  return side;
}

} // namespace remat::planning::search
