//===- plan-consumer.cpp - the planner from outside ----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Plans a three-op chain with the installed planner; prints peak before and after.
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Simulator.h"
#include "remat/Planning/Recompute/Verify.h"

#include <cstdio>

using namespace remat::planning;

int main() {
  // a -> b -> c, then d reads a and c: a may be computed again for d.
  Problem problem;
  for (int op = 0; op < 4; ++op) {
    problem.graph.values.push_back({op, Bytes(op == 1 ? 50 : 10), "v" + std::to_string(op)});
    problem.graph.ops.push_back(
        {op, "op", OpKind::Other, Phase::Forward, true, {}, {}, {op}, "", ""});
    problem.cost.push_back(Cost(1));
  }
  problem.graph.ops[1].inputs = {0};
  problem.graph.ops[2].inputs = {1};
  problem.graph.ops[3].inputs = {0, 2};
  problem.graph.outputs = {3};
  problem.graph.donated = {std::nullopt};
  if (Status status = problem.check(); !status) {
    std::fprintf(stderr, "%s\n", status.error().message.c_str());
    return 1;
  }
  Schedule again = {0, 1, 2, 0, 3};
  Simulation before = simulate(problem, baseSchedule(problem)), after = simulate(problem, again);
  if (!verify(problem, {again, after.peak, after.cost}, std::nullopt))
    return 1;
  std::printf("peak %lld -> %lld\n", (long long)before.peak.count, (long long)after.peak.count);
}
