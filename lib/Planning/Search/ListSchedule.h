//===- ListSchedule.h - orders that free memory early -----------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_LISTSCHEDULE_H
#define REMAT_PLANNING_SEARCH_LISTSCHEDULE_H

#include "remat/Planning/Search/SearchGraph.h"

#include <utility>
#include <vector>

namespace remat::planning::search {

/// (before, after): ops that keep their order although no value says so.
using Precedences = std::vector<std::pair<int32_t, int32_t>>;

/// Lists of integers one after another in one array.
class Lists {
public:
  /// `pairs`: (list, entry); entries keep their order within a list.
  Lists(size_t lists, const std::vector<std::pair<int32_t, int32_t>> &pairs);
  std::span<const int32_t> operator[](int32_t list) const {
    return {entries.data() + first[list], entries.data() + first[list + 1]};
  }

private:
  std::vector<int32_t> first, entries;
};

/// Ops run as units, one after another. A unit reads values made outside it and
/// makes values that are read outside it; the values between its ops are seen
/// only in `innerPeak`.
struct Units {
  /// unitOf[op] in [0, units). `order` is the order of the ops within a unit and
  /// must not lead out of a unit and back in.
  Units(const SearchGraph &graph, const std::vector<int32_t> &unitOf, int32_t units,
        const std::vector<int32_t> &order, const Precedences &precedences);

  const SearchGraph &graph;
  Lists members;                  ///< by unit: its ops
  Lists inputs, results;          ///< by unit: values
  Lists readers;                  ///< by value: units, END left out
  Lists after, before;            ///< by unit: units, for `precedences`
  std::vector<int32_t> producer;  ///< by value: unit
  std::vector<char> isOutput;     ///< by value
  std::vector<int32_t> rank;      ///< by unit: position of its last op in `order`
  std::vector<int64_t> innerPeak; ///< by unit: most bytes of its own values at once
  std::vector<int64_t> resultBytes;
  int32_t count() const { return static_cast<int32_t>(rank.size()); }
};

enum class Direction {
  Forwards,  ///< from the first op on: allocates results, frees inputs
  Backwards, ///< from the last op on: allocates inputs, frees results
};

/// Returns the ops in an order that tries to stay within `limit` bytes. At each
/// step it takes the ready unit that frees as much as it allocates and needs the
/// least meanwhile, if that fits; else the next unit by rank, if that fits; else
/// the one of those that add least that fits; else the next by rank all the
/// same. Nothing when the units wait for one another in a circle, which units of
/// several ops may do. Cost: O((V + E) log V).
std::vector<int32_t> listSchedule(const Units &units, Direction direction, int64_t limit);

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_LISTSCHEDULE_H
