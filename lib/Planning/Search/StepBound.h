//===- StepBound.h - what every plan within a limit costs ------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_STEPBOUND_H
#define REMAT_PLANNING_SEARCH_STEPBOUND_H

#include "remat/Planning/Search/Best.h"
#include "remat/Planning/Search/JointBound.h"

#include <functional>
#include <optional>
#include <span>
#include <utility>

namespace remat::planning::search {

/// The most ops of tiny graphs, which are searched and bounded with more work than
/// larger ones.
inline constexpr int32_t kTinyOps = 100;

/// A lower bound of the extra cost of every plan whose peak is within `limit`, raised
/// in two steps, the dear one last; the cuts that it meets are offered as plans.
/// Source: docs/design/0007.
class StepBound {
public:
  using Offer = std::function<void(std::span<const CutChoice>)>;

  /// `limit`: without fixed bytes. Keeps `graph` and `limits`.
  StepBound(const SearchGraph &graph, const Limits &limits, int64_t limit, Offer offer)
      : graph(graph), limits(limits), limit(limit), offer(std::move(offer)) {}

  /// By single cuts, then by several together. `hurried`: by few of the first.
  void relax(bool hurried);

  /// By pebble games and branching on the cuts, until the bound is `enough`, the cost
  /// of a plan in hand; only smaller graphs get many flows.
  void branch(std::optional<int64_t> enough);

  int64_t extra() const { return bound; }
  /// Set once no plan is within the limit: what each has to hold, and where.
  const std::optional<Floor> &infeasible() const { return proof; }
  int64_t flows() const { return flowCount; }
  int64_t work() const { return workCount; }

private:
  void play(std::optional<int64_t> enough);
  bool isSmall() const;

  const SearchGraph &graph;
  const Limits &limits;
  int64_t limit;
  Offer offer;
  int64_t bound = 0, flowCount = 0, workCount = 0;
  std::optional<Floor> proof;
  int32_t bestCut = 0;    ///< of the best bound of one cut
  int64_t bestSingle = 0; ///< that bound
  CutBound known;         ///< the joint bound
};

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_STEPBOUND_H
