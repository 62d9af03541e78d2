//===- ExactSearch.h - is there a packing of this height? -------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_ARENA_EXACTSEARCH_H
#define REMAT_PLANNING_ARENA_EXACTSEARCH_H

#include "Items.h"

#include <unordered_set>

namespace remat::planning::arena {

enum class SearchOutcome {
  Found,     ///< a packing
  Exhausted, ///< there is none
  Stopped    ///< the nodes were used up
};

/// Searches for a packing of a group within a height.
///
/// Any packing can be pushed down until each item lies on another or on the ground; its
/// items taken by offset then each lie where those taken before let them fall. So
/// the search takes items by ascending offset, each at the lowest place that is left
/// (Moffitt, "MiniMalloc", ASPLOS 2023, calls these packings canonical), and gives up
/// where an item could have fallen below all that follow, where items that cannot be told
/// apart change places, or where a section's items no longer fit: taken by the offsets
/// they can have at least, one on another, they must end within the height. Items that no
/// time connects any more are searched apart, and what failed once is not searched again.
class ExactSearch {
public:
  explicit ExactSearch(const Group &group);

  /// Searches for a packing within `height`; of equal offsets those first in `order`
  /// come first. Takes what it uses from `nodes`.
  SearchOutcome run(int64_t height, const std::vector<int> &order, int64_t &nodes);

  /// The packing of a run that found one.
  const GroupPacking &packing() const { return result; }

private:
  /// Items to place, by the least offset that each can have and then by rank.
  using Queue = std::vector<int>;
  struct Move {
    int item;
    int64_t lowest;
  };

  /// 128 bits that stand for what is left to place and where it may go. Two such states
  /// alike in all of them are taken for the same.
  using Signature = std::pair<uint64_t, uint64_t>;
  struct SignatureHash {
    size_t operator()(const Signature &signature) const { return signature.first; }
  };

  SearchOutcome search(const Queue &queue, int64_t level, int lastRank, int64_t &nodes);
  SearchOutcome searchParts(const Queue &queue, int64_t level, int lastRank, int64_t &nodes);
  SearchOutcome place(const Queue &queue, int item, int64_t &nodes);
  Signature signatureOf(const Queue &queue, int64_t level, int lastRank) const;
  bool cannotFit(const Queue &queue, int64_t level);
  Queue afterPlacing(const Queue &queue, int item, std::vector<Move> &moves);
  bool isBefore(int a, int b) const;

  const Group &group;
  std::vector<std::vector<int>> neighbours; ///< [item]: those live at one time with it
  std::vector<int> twin; ///< [item]: the one before it that cannot be told apart, or -1
  // Of a run.
  int64_t height = 0;
  std::vector<int> rank;
  std::vector<int64_t> lowest; ///< [item]: least offset above what is placed
  std::vector<char> placed;
  std::vector<char> moved;      ///< scratch of afterPlacing
  std::vector<int64_t> stacked; ///< scratch of cannotFit, by section
  std::vector<int> crossing;    ///< scratch of searchParts, by section
  /// States without a packing within `height`, of all runs: they do not depend on the
  /// order. Looked up only, never walked.
  std::unordered_set<Signature, SignatureHash> failed;
  GroupPacking result;
};

} // namespace remat::planning::arena

#endif // REMAT_PLANNING_ARENA_EXACTSEARCH_H
