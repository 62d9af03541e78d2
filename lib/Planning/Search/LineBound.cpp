//===- LineBound.cpp - lower bounds at every limit at once ----------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/LineBound.h"

#include <algorithm>
#include <queue>

namespace remat::planning::search {

int64_t LineBound::addCut(int32_t cut, int64_t flows) {
  CutModel model(graph, {cut});
  int64_t spent = 0;
  struct Corner {
    int64_t cost, bytes;
  };
  auto solve = [&](const CutPrices &prices) {
    ++spent;
    CutSolution solution = model.solve(prices);
    lines.push_back({model.workingSet(0), solution.value, prices.cost, prices.bytes[0]});
    return Corner{solution.cost, solution.bytes[0]};
  };
  Corner many = solve({1, {0}}), few = solve({0, {1}});
  lines.pop_back(); // at no price of costs there is no line
  if (int64_t floor = model.workingSet(0) + few.bytes; floor > least) {
    least = floor;
    leastOp = cut;
  }
  struct Gap {
    Corner many, few;
    int64_t width() const { return many.bytes - few.bytes; }
    bool operator<(const Gap &other) const {
      return width() != other.width() ? width() < other.width() : few.bytes > other.few.bytes;
    }
  };
  std::priority_queue<Gap> open;
  if (many.bytes > few.bytes)
    open.push({many, few});
  while (!open.empty() && spent < flows) {
    Gap gap = open.top();
    open.pop();
    CutPrices prices =
        model.priceOf(std::max<int64_t>(gap.few.cost - gap.many.cost, 0), gap.width());
    Corner between = solve(prices);
    if (between.bytes < gap.many.bytes && between.bytes > gap.few.bytes) {
      open.push({gap.many, between});
      open.push({between, gap.few});
    }
  }
  return spent;
}

int64_t LineBound::extraAt(int64_t limit) const {
  __int128 most = 0;
  for (const Line &line : lines) {
    __int128 above =
        line.value - static_cast<__int128>(line.bytesPrice) * (limit - line.workingSet);
    if (above > 0)
      most = std::max(most, ceilDiv(above, line.costPrice));
  }
  for (const Point &point : points)
    if (limit <= point.limit)
      most = std::max<__int128>(most, point.extra);
  return static_cast<int64_t>(most);
}

} // namespace remat::planning::search
