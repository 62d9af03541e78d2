//===- LiveProfile.cpp - live bytes along a changing schedule -------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/LiveProfile.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace remat::planning::search {

namespace {

/// The first of `size` ascending keys that is not before `key`, without a jump that
/// depends on them.
template <typename IsBefore>
int32_t firstNot(const Key *keys, int32_t size, IsBefore isBefore) {
  const Key *from = keys;
  for (; size > 1; size -= size / 2)
    from += isBefore(from[size / 2 - 1]) ? size / 2 : 0;
  return static_cast<int32_t>(from - keys) + static_cast<int32_t>(size == 1 && isBefore(*from));
}

} // namespace

int32_t LiveProfile::lowerIndex(const Block &block, Key key) {
  return firstNot(block.keys, block.size, [&](Key other) { return other < key; });
}

int32_t LiveProfile::upperIndex(const Block &block, Key key) {
  return firstNot(block.keys, block.size, [&](Key other) { return other <= key; });
}

void LiveProfile::build(const std::vector<Key> &keys, const std::vector<int64_t> &live,
                        int64_t limit) {
  for (auto &block : blocks)
    spare.push_back(std::move(block));
  blocks.clear();
  for (auto *numbers : {&shift, &greatest, &excesses})
    numbers->clear();
  firsts.clear();
  lasts.clear();
  stale.clear();
  limitBytes = limit;
  int64_t sum = *std::max_element(live.begin(), live.end());
  excessShift = std::max(0, static_cast<int>(std::bit_width(static_cast<uint64_t>(sum))) + 2 +
                                static_cast<int>(std::bit_width(keys.size())) - 62);
  capacity = 32;
  while (capacity < kCapacity && static_cast<size_t>(capacity) * capacity < 2 * keys.size())
    capacity *= 2;
  for (size_t next = 0; next < keys.size();) {
    if (spare.empty())
      spare.push_back(std::make_unique<Block>());
    Block &block = *blocks.emplace_back(std::move(spare.back()));
    spare.pop_back();
    for (block.size = 0; next < keys.size() && block.size < capacity / 2; ++next, ++block.size) {
      block.keys[block.size] = keys[next];
      block.live[block.size] = live[next];
    }
    firsts.push_back(block.keys[0]);
    lasts.push_back(block.keys[block.size - 1]);
  }
  shift.assign(blocks.size(), 0);
  greatest.assign(blocks.size(), 0);
  excesses.assign(blocks.size(), 0);
  stale.assign(blocks.size(), Stale::All);
  shifted.assign(blocks.size(), 0);
}

size_t LiveProfile::blockOf(Key key) const {
  auto above = firstNot(firsts.data(), static_cast<int32_t>(firsts.size()),
                        [&](Key other) { return other <= key; });
  return static_cast<size_t>(std::max(above - 1, 0));
}

/// Makes the excess of a block a matter of one look-up at every shift.
void LiveProfile::order(size_t index) {
  Block &block = *blocks[index];
  std::copy(block.live, block.live + block.size, block.ordered);
  std::sort(block.ordered, block.ordered + block.size);
  block.sums[0] = 0;
  for (int32_t k = 0; k < block.size; ++k)
    block.sums[k + 1] = block.sums[k] + block.ordered[block.size - 1 - k];
}

void LiveProfile::refresh(size_t index) {
  if (stale[index] == Stale::No)
    return;
  const Block &block = *blocks[index];
  if (stale[index] == Stale::All) {
    greatest[index] = *std::max_element(block.live, block.live + block.size);
    shifted[index] = 0;
  } else if (shifted[index] < kPatience && excessShift == 0 && ++shifted[index] == kPatience) {
    order(index);
  }
  stale[index] = Stale::No;
  int64_t sum = 0, threshold = limitBytes - shift[index];
  if (greatest[index] > threshold) {
    if (shifted[index] == kPatience) {
      const int64_t *end = block.ordered + block.size;
      int64_t above = end - std::upper_bound(block.ordered, end, threshold);
      sum = block.sums[above] - above * threshold;
    } else {
      for (int32_t i = 0; i < block.size; ++i) {
        int64_t above = block.live[i] - threshold;
        sum += above > 0 ? (above >> excessShift) + (excessShift > 0) : 0;
      }
    }
  }
  excesses[index] = sum;
}

void LiveProfile::add(Key first, Key last, int64_t bytes) {
  if (first > last || bytes == 0)
    return;
  size_t to = blockOf(last);
  for (size_t index = blockOf(first); index <= to; ++index) {
    if (first <= firsts[index] && lasts[index] <= last) {
      int64_t top = greatest[index] + shift[index];
      if (stale[index] == Stale::No && (top > limitBytes || top + bytes > limitBytes))
        stale[index] = Stale::Excess;
      shift[index] += bytes;
      continue;
    }
    Block &block = *blocks[index];
    int32_t from = first <= firsts[index] ? 0 : lowerIndex(block, first);
    int32_t end = lasts[index] <= last ? block.size : upperIndex(block, last);
    if (from >= end)
      continue;
    for (int32_t i = from; i < end; ++i)
      block.live[i] += bytes;
    stale[index] = Stale::All;
  }
}

void LiveProfile::split(size_t index) {
  if (spare.empty())
    spare.push_back(std::make_unique<Block>());
  std::unique_ptr<Block> upper = std::move(spare.back());
  spare.pop_back();
  Block &lower = *blocks[index];
  int32_t half = lower.size / 2;
  upper->size = lower.size - half;
  std::copy(lower.keys + half, lower.keys + lower.size, upper->keys);
  std::copy(lower.live + half, lower.live + lower.size, upper->live);
  lower.size = half;
  auto at = static_cast<std::ptrdiff_t>(index) + 1;
  firsts.insert(firsts.begin() + at, upper->keys[0]);
  lasts.insert(lasts.begin() + at, lasts[index]);
  lasts[index] = lower.keys[half - 1];
  shift.insert(shift.begin() + at, int64_t(shift[index]));
  greatest.insert(greatest.begin() + at, 0);
  excesses.insert(excesses.begin() + at, 0);
  stale.insert(stale.begin() + at, Stale::All);
  shifted.insert(shifted.begin() + at, 0);
  stale[index] = Stale::All;
  blocks.insert(blocks.begin() + at, std::move(upper));
}

void LiveProfile::insert(Key key, int64_t live) {
  size_t index = blockOf(key);
  if (blocks[index]->size == capacity) {
    split(index);
    index = blockOf(key);
  }
  Block &block = *blocks[index];
  int32_t at = upperIndex(block, key);
  std::copy_backward(block.keys + at, block.keys + block.size, block.keys + block.size + 1);
  std::copy_backward(block.live + at, block.live + block.size, block.live + block.size + 1);
  block.keys[at] = key;
  block.live[at] = live - shift[index];
  ++block.size;
  firsts[index] = block.keys[0];
  lasts[index] = block.keys[block.size - 1];
  stale[index] = Stale::All;
}

void LiveProfile::erase(Key key) {
  size_t index = blockOf(key);
  Block &block = *blocks[index];
  int32_t at = lowerIndex(block, key);
  std::copy(block.keys + at + 1, block.keys + block.size, block.keys + at);
  std::copy(block.live + at + 1, block.live + block.size, block.live + at);
  if (--block.size == 0) {
    auto here = static_cast<std::ptrdiff_t>(index);
    spare.push_back(std::move(blocks[index]));
    blocks.erase(blocks.begin() + here);
    firsts.erase(firsts.begin() + here);
    lasts.erase(lasts.begin() + here);
    shift.erase(shift.begin() + here);
    greatest.erase(greatest.begin() + here);
    excesses.erase(excesses.begin() + here);
    stale.erase(stale.begin() + here);
    shifted.erase(shifted.begin() + here);
    return;
  }
  firsts[index] = block.keys[0];
  lasts[index] = block.keys[block.size - 1];
  stale[index] = Stale::All;
}

int64_t LiveProfile::at(Key key) const {
  size_t index = blockOf(key);
  return blocks[index]->live[lowerIndex(*blocks[index], key)] + shift[index];
}

Key LiveProfile::after(Key key) const {
  size_t index = blockOf(key);
  int32_t at = upperIndex(*blocks[index], key);
  return at < blocks[index]->size ? blocks[index]->keys[at] : firsts[index + 1];
}

int64_t LiveProfile::maximumIn(Key first, Key last) const {
  int64_t most = std::numeric_limits<int64_t>::min();
  size_t to = blockOf(last);
  for (size_t index = blockOf(first); index <= to; ++index) {
    if (first <= firsts[index] && lasts[index] <= last && stale[index] != Stale::All) {
      most = std::max(most, greatest[index] + shift[index]);
      continue;
    }
    const Block &block = *blocks[index];
    int32_t end = upperIndex(block, last);
    for (int32_t i = lowerIndex(block, first); i < end; ++i)
      most = std::max(most, block.live[i] + shift[index]);
  }
  return most;
}

int64_t LiveProfile::maximum() {
  int64_t most = std::numeric_limits<int64_t>::min();
  for (size_t index = 0; index < blocks.size(); ++index) {
    refresh(index);
    most = std::max(most, greatest[index] + shift[index]);
  }
  return most;
}

Key LiveProfile::argMaximum() {
  int64_t most = maximum();
  for (size_t index = 0; index < blocks.size(); ++index)
    if (greatest[index] + shift[index] == most)
      for (int32_t i = 0; i < blocks[index]->size; ++i)
        if (blocks[index]->live[i] == greatest[index])
          return blocks[index]->keys[i];
  return firsts.front();
}

int64_t LiveProfile::excess() {
  int64_t sum = 0;
  for (size_t index = 0; index < blocks.size(); ++index) {
    refresh(index);
    sum += excesses[index];
  }
  return sum;
}

} // namespace remat::planning::search
