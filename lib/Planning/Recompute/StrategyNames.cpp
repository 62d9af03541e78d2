//===- StrategyNames.cpp - the spelling of strategy options ---------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Strategy.h"

#include <span>
#include <utility>

namespace remat::planning {

namespace {

template <typename Enum>
using Spelling = std::pair<Enum, std::string_view>;

constexpr Spelling<StrategyKind> kinds[] = {{StrategyKind::None, "none"},
                                            {StrategyKind::Chen, "chen"},
                                            {StrategyKind::Kusumoto, "kusumoto"}};
constexpr Spelling<Family> families[] = {{Family::Exact, "exact"}, {Family::Approximate, "approx"}};
constexpr Spelling<Objective> objectives[] = {{Objective::Best, "best"},
                                              {Objective::Time, "time"},
                                              {Objective::Memory, "memory"},
                                              {Objective::MemoryPareto, "memory-pareto"}};
constexpr Spelling<LastSegment> lastSegments[] = {{LastSegment::Keep, "keep"},
                                                  {LastSegment::Recompute, "recompute"}};
constexpr Spelling<Granularity> granularities[] = {
    {Granularity::Op, "op"}, {Granularity::Cluster, "cluster"}, {Granularity::Layer, "layer"}};

template <typename Enum, size_t size>
std::string_view spell(const Spelling<Enum> (&table)[size], Enum value) {
  for (const auto &[candidate, text] : table)
    if (candidate == value)
      return text;
  return "";
}

template <typename Enum, size_t size>
std::optional<Enum> find(const Spelling<Enum> (&table)[size], std::string_view text) {
  for (const auto &[value, spelling] : table)
    if (spelling == text)
      return value;
  return std::nullopt;
}

} // namespace

std::string_view toString(StrategyKind kind) { return spell(kinds, kind); }
std::string_view toString(Family family) { return spell(families, family); }
std::string_view toString(Objective objective) { return spell(objectives, objective); }
std::string_view toString(LastSegment lastSegment) { return spell(lastSegments, lastSegment); }
std::string_view toString(Granularity granularity) { return spell(granularities, granularity); }
std::optional<StrategyKind> parseStrategyKind(std::string_view text) { return find(kinds, text); }
std::optional<Family> parseFamily(std::string_view text) { return find(families, text); }
std::optional<Objective> parseObjective(std::string_view text) { return find(objectives, text); }
std::optional<LastSegment> parseLastSegment(std::string_view text) {
  return find(lastSegments, text);
}
std::optional<Granularity> parseGranularity(std::string_view text) {
  return find(granularities, text);
}

} // namespace remat::planning
