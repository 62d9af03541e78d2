//===- WarmStart.cpp - a plan of a similar problem ------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/WarmStart.h"

#include "remat/Planning/Recompute/PlanIO.h"

#include "Json.h"

#include <algorithm>
#include <map>
#include <set>

namespace remat::planning {

namespace {

/// The schedule of the ops in base order, each with what runs again before it.
Schedule scheduleFor(const Problem &problem, const std::vector<int64_t> &ids) {
  std::map<int64_t, OpId> opOf;
  for (size_t op = 0; op < problem.graph.ops.size(); ++op)
    opOf.emplace(problem.graph.ops[op].id, static_cast<OpId>(op));
  std::vector<std::vector<OpId>> before(problem.graph.ops.size() + 1);
  std::set<int64_t> seen;
  std::vector<OpId> open;
  for (int64_t id : ids) {
    auto known = opOf.find(id);
    bool first = seen.insert(id).second;
    if (known == opOf.end())
      continue;
    if (!first) {
      open.push_back(known->second);
      continue;
    }
    before[known->second].insert(before[known->second].end(), open.begin(), open.end());
    open.clear();
  }
  before.back() = std::move(open);
  Schedule schedule;
  for (size_t stage = 0; stage < before.size(); ++stage) {
    std::sort(before[stage].begin(), before[stage].end());
    for (OpId op : before[stage])
      if (static_cast<size_t>(op) < stage)
        schedule.push_back(op);
    if (stage + 1 < before.size())
      schedule.push_back(static_cast<OpId>(stage));
  }
  return schedule;
}

} // namespace

Result<Schedule> readWarmStart(const Problem &problem, std::string_view text,
                               const std::string &source) {
  JsonReader reader(text, source);
  if (!reader.failed()) {
    const JsonAt &root = reader.root();
    reader.expectObject(root);
    reader.expectSchemaVersion(root, kPlanSchemaVersion);
    JsonAt list = reader.require(root, "schedule");
    std::vector<int64_t> ids;
    for (size_t i = 0, size = reader.size(list); i < size && !reader.failed(); ++i)
      ids.push_back(reader.integer(reader.element(list, i)));
    if (!reader.failed())
      return scheduleFor(problem, ids);
  }
  return reader.error();
}

} // namespace remat::planning
