//===- Cycle.cpp - topological order, or the cycle in its way -------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cycle.h"

#include <algorithm>
#include <functional>
#include <queue>

namespace remat::planning {

std::vector<int32_t> sortTopologically(const std::vector<std::vector<int32_t>> &inputs) {
  std::vector<std::vector<int32_t>> readers(inputs.size());
  std::vector<size_t> missing(inputs.size());
  std::priority_queue<int32_t, std::vector<int32_t>, std::greater<>> ready;
  for (size_t node = 0; node < inputs.size(); ++node) {
    for (int32_t input : inputs[node])
      readers[input].push_back(static_cast<int32_t>(node));
    missing[node] = inputs[node].size();
    if (missing[node] == 0)
      ready.push(static_cast<int32_t>(node));
  }
  std::vector<int32_t> order;
  while (!ready.empty()) {
    int32_t node = ready.top();
    ready.pop();
    order.push_back(node);
    for (int32_t reader : readers[node])
      if (--missing[reader] == 0)
        ready.push(reader);
  }
  return order;
}

std::vector<int32_t> findCycle(const std::vector<std::vector<int32_t>> &inputs) {
  std::vector<int32_t> order = sortTopologically(inputs);
  if (order.size() == inputs.size())
    return {};
  // Every node left over reads another one left over: going back through them
  // comes to a node for the second time, and the way between is a cycle.
  std::vector<bool> isLeft(inputs.size(), true);
  for (int32_t node : order)
    isLeft[node] = false;
  int32_t node =
      static_cast<int32_t>(std::find(isLeft.begin(), isLeft.end(), true) - isLeft.begin());
  std::vector<int32_t> path;
  std::vector<size_t> placeInPath(inputs.size(), inputs.size());
  while (placeInPath[node] == inputs.size()) {
    placeInPath[node] = path.size();
    path.push_back(node);
    node = *std::find_if(inputs[node].begin(), inputs[node].end(),
                         [&](int32_t input) { return isLeft[input]; });
  }
  std::vector<int32_t> cycle(path.begin() + static_cast<int64_t>(placeInPath[node]), path.end());
  std::reverse(cycle.begin(), cycle.end());
  std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
  return cycle;
}

std::string describeCycle(const std::vector<int32_t> &cycle) {
  constexpr size_t longest = 8;
  std::string text;
  for (size_t i = 0; i < cycle.size(); ++i)
    if (i < longest || i + 1 == cycle.size())
      text += std::to_string(cycle[i]) + " -> ";
    else if (i == longest)
      text += "... -> ";
  return text + std::to_string(cycle.front());
}

} // namespace remat::planning
