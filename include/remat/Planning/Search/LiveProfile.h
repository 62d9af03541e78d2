//===- LiveProfile.h - live bytes along a changing schedule -----*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SEARCH_LIVEPROFILE_H
#define REMAT_PLANNING_SEARCH_LIVEPROFILE_H

#include <cstdint>
#include <memory>
#include <vector>

namespace remat::planning::search {

/// Where an execution stands: keys of executions ascend along the schedule and
/// never change, whatever is put between them.
using Key = uint64_t;

/// Live bytes by position, in blocks of sorted keys. A block that a range covers
/// whole takes one addition; the greatest live bytes and the excess of a block
/// are found again only when asked for. With N positions and blocks of about
/// sqrt(2N): a range addition, an insertion and a query cost O(sqrt N).
class LiveProfile {
public:
  /// Positions and their live bytes, ascending. Excess is counted above `limit`,
  /// in units of 2^k bytes with the least k that lets the sum over twice as many
  /// positions fit in 62 bits (k = 0 below 10^13 bytes and 10^5 positions).
  void build(const std::vector<Key> &keys, const std::vector<int64_t> &live, int64_t limit);

  /// Adds `bytes` at the positions in [first, last].
  void add(Key first, Key last, int64_t bytes);
  void insert(Key key, int64_t live);
  void erase(Key key);

  int64_t at(Key key) const;
  /// The first position behind `key`, which is not the last one.
  Key after(Key key) const;
  /// The greatest live bytes in [first, last]; requires a position there.
  int64_t maximumIn(Key first, Key last) const;

  int64_t maximum();
  /// The first position with the greatest live bytes.
  Key argMaximum();
  /// Sum of what exceeds the limit over all positions; 0 if and only if none does.
  int64_t excess();
  int64_t limit() const { return limitBytes; }
  /// Calls visit(key, live) for the positions above `bytes`, in order.
  template <typename Visitor>
  void forEachAbove(int64_t bytes, Visitor visit) {
    for (size_t block = 0; block < blocks.size(); ++block) {
      refresh(block);
      if (greatest[block] + shift[block] <= bytes)
        continue;
      const Block &entries = *blocks[block];
      for (int32_t i = 0; i < entries.size; ++i)
        if (entries.live[i] + shift[block] > bytes)
          visit(entries.keys[i], entries.live[i] + shift[block]);
    }
  }

private:
  static constexpr int32_t kCapacity = 512;
  struct Block {
    int32_t size = 0;
    Key keys[kCapacity];
    int64_t live[kCapacity]; ///< less the block's shift
    // `live` in ascending order, and the sum of the greatest k; once the shift
    // alone has changed `kPatience` times.
    int64_t ordered[kCapacity], sums[kCapacity + 1];
  };
  enum class Stale : char { No, Excess, All };
  static constexpr int8_t kPatience = 3;

  size_t blockOf(Key key) const;
  void refresh(size_t block);
  void order(size_t block);
  void split(size_t block);
  static int32_t lowerIndex(const Block &block, Key key);
  static int32_t upperIndex(const Block &block, Key key);

  int32_t capacity = kCapacity;
  int64_t limitBytes = 0;
  int excessShift = 0;
  std::vector<std::unique_ptr<Block>> blocks, spare;
  std::vector<Key> firsts, lasts;
  std::vector<int64_t> shift;    ///< by block: to add to each of its entries
  std::vector<int64_t> greatest; ///< by block, without its shift
  std::vector<int64_t> excesses; ///< by block
  std::vector<Stale> stale;      ///< by block: what is old of `greatest` and `excesses`
  std::vector<int8_t> shifted;   ///< by block: shifts since its content changed, at most
                                 ///< kPatience; then it is ordered
};

} // namespace remat::planning::search

#endif // REMAT_PLANNING_SEARCH_LIVEPROFILE_H
