//===- StrategyNames.cpp - the spelling of strategy options ---------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Strategy.h"

#include "Spelling.h"

namespace remat::planning {

namespace {

constexpr Spelling<StrategyKind> kinds[] = {{StrategyKind::None, "none"},
                                            {StrategyKind::Chen, "chen"},
                                            {StrategyKind::Kusumoto, "kusumoto"},
                                            {StrategyKind::Best, "best"}};
constexpr Spelling<Family> families[] = {{Family::Exact, "exact"}, {Family::Approximate, "approx"}};
constexpr Spelling<Objective> objectives[] = {{Objective::Best, "best"},
                                              {Objective::Time, "time"},
                                              {Objective::Memory, "memory"},
                                              {Objective::MemoryPareto, "memory-pareto"}};
constexpr Spelling<LastSegment> lastSegments[] = {{LastSegment::Keep, "keep"},
                                                  {LastSegment::Recompute, "recompute"}};
constexpr Spelling<Granularity> granularities[] = {
    {Granularity::Op, "op"}, {Granularity::Cluster, "cluster"}, {Granularity::Layer, "layer"}};
constexpr Spelling<Effort> efforts[] = {
    {Effort::Fast, "fast"}, {Effort::Default, "default"}, {Effort::Max, "max"}};

} // namespace

std::string_view toString(StrategyKind kind) { return spell(kinds, kind); }
std::string_view toString(Family family) { return spell(families, family); }
std::string_view toString(Objective objective) { return spell(objectives, objective); }
std::string_view toString(LastSegment lastSegment) { return spell(lastSegments, lastSegment); }
std::string_view toString(Granularity granularity) { return spell(granularities, granularity); }
std::string_view toString(Effort effort) { return spell(efforts, effort); }
std::optional<StrategyKind> parseStrategyKind(std::string_view text) {
  return findSpelled(kinds, text);
}
std::optional<Family> parseFamily(std::string_view text) { return findSpelled(families, text); }
std::optional<Objective> parseObjective(std::string_view text) {
  return findSpelled(objectives, text);
}
std::optional<LastSegment> parseLastSegment(std::string_view text) {
  return findSpelled(lastSegments, text);
}
std::optional<Granularity> parseGranularity(std::string_view text) {
  return findSpelled(granularities, text);
}
std::optional<Effort> parseEffort(std::string_view text) { return findSpelled(efforts, text); }

} // namespace remat::planning
