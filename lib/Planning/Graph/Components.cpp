//===- Components.cpp - strongly connected components ---------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Components.h"

#include <algorithm>

namespace remat::planning {

namespace {

/// Tarjan's algorithm with a path of its own instead of recursion.
class ComponentFinder {
public:
  explicit ComponentFinder(const std::vector<std::vector<int32_t>> &next)
      : next(next), index(next.size(), -1), low(next.size(), -1), open(next.size(), 0) {}

  std::vector<std::vector<int32_t>> run() {
    for (int32_t root = 0; root < static_cast<int32_t>(next.size()); ++root) {
      if (index[root] < 0)
        enter(root);
      while (!path.empty())
        advance();
    }
    return std::move(components);
  }

private:
  struct Visit {
    int32_t node;
    size_t edge; ///< the next one to follow
  };

  void enter(int32_t node) {
    index[node] = low[node] = count++;
    open[node] = 1;
    stack.push_back(node);
    path.push_back({node, 0});
  }

  void advance() {
    int32_t node = path.back().node;
    size_t edge = path.back().edge++;
    if (edge == next[node].size())
      return leave(node);
    int32_t other = next[node][edge];
    if (index[other] < 0)
      enter(other);
    else if (open[other])
      low[node] = std::min(low[node], index[other]);
  }

  void leave(int32_t node) {
    path.pop_back();
    if (!path.empty())
      low[path.back().node] = std::min(low[path.back().node], low[node]);
    if (low[node] != index[node])
      return;
    auto begin = std::find(stack.rbegin(), stack.rend(), node).base() - 1;
    for (auto at = begin; at != stack.end(); ++at)
      open[*at] = 0;
    if (stack.end() - begin > 1) {
      components.emplace_back(begin, stack.end());
      std::sort(components.back().begin(), components.back().end());
    }
    stack.erase(begin, stack.end());
  }

  const std::vector<std::vector<int32_t>> &next;
  std::vector<int32_t> index, low; ///< by node
  std::vector<char> open;          ///< by node: on the stack
  std::vector<int32_t> stack;      ///< nodes without a component yet
  std::vector<Visit> path;
  std::vector<std::vector<int32_t>> components;
  int32_t count = 0;
};

} // namespace

std::vector<std::vector<int32_t>> largeComponents(const std::vector<std::vector<int32_t>> &next) {
  return ComponentFinder(next).run();
}

} // namespace remat::planning
