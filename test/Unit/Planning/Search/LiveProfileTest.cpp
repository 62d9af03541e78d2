//===- LiveProfileTest.cpp - live bytes against a plain map ---------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/LiveProfile.h"

#include "remat/Planning/Search/Random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

using namespace remat::planning::search;

namespace {

/// The same positions in a map, every answer found by looking at all of them.
struct PlainProfile {
  std::map<Key, int64_t> live;
  int64_t limit;

  void add(Key first, Key last, int64_t bytes) {
    for (auto &[key, at] : live)
      if (first <= key && key <= last)
        at += bytes;
  }
  int64_t maximumIn(Key first, Key last) const {
    int64_t most = INT64_MIN;
    for (auto [key, at] : live)
      if (first <= key && key <= last)
        most = std::max(most, at);
    return most;
  }
  int64_t excess() const {
    int64_t sum = 0;
    for (auto [key, at] : live)
      sum += std::max<int64_t>(at - limit, 0);
    return sum;
  }
};

class ProfilePair {
public:
  ProfilePair(int32_t size, uint64_t seed) : dice(seed) {
    std::vector<Key> keys;
    std::vector<int64_t> live;
    plain.limit = 5000;
    for (int32_t i = 0; i < size; ++i) {
      keys.push_back(static_cast<Key>(i) * 16);
      live.push_back(dice.below(10000));
      plain.live[keys.back()] = live.back();
    }
    last = keys.back();
    profile.build(keys, live, plain.limit);
  }

  void step() {
    int64_t kind = dice.below(8);
    Key key = static_cast<Key>(dice.below(static_cast<int64_t>(last)));
    if (kind == 0 && !plain.live.contains(key)) {
      plain.live[key] = 4000;
      profile.insert(key, 4000);
    } else if (kind == 1 && plain.live.contains(key)) {
      plain.live.erase(key);
      profile.erase(key);
    } else {
      Key other = static_cast<Key>(dice.below(static_cast<int64_t>(last)));
      // Often all of it, so that whole blocks only shift.
      Key from = dice.oneIn(2) ? 0 : std::min(key, other);
      Key to = dice.oneIn(2) ? last : std::max(key, other);
      int64_t bytes = dice.below(4000) - 2000;
      plain.add(from, to, bytes);
      profile.add(from, to, bytes);
    }
  }

  void compare() {
    ASSERT_EQ(profile.maximum(), plain.maximumIn(0, last));
    ASSERT_EQ(profile.excess(), plain.excess());
    Key from = plain.live.lower_bound(last / 4)->first;
    ASSERT_EQ(profile.maximumIn(from, last), plain.maximumIn(from, last));
    ASSERT_EQ(profile.at(from), plain.live[from]);
    ASSERT_EQ(plain.live[profile.argMaximum()], profile.maximum());
  }

  Random dice;
  PlainProfile plain;
  LiveProfile profile;
  Key last = 0;
};

} // namespace

TEST(LiveProfile, agreesWithAPlainMap) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    ProfilePair pair(seed % 2 ? 40 : 700, seed);
    for (int32_t step = 0; step < 400; ++step) {
      pair.step();
      if (pair.dice.oneIn(2))
        ASSERT_NO_FATAL_FAILURE(pair.compare()) << "seed " << seed << ", step " << step;
    }
  }
}
