//===- TextMutations.h - damaged files for reader tests ---------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_TEST_UNIT_PLANNING_TEXTMUTATIONS_H
#define REMAT_TEST_UNIT_PLANNING_TEXTMUTATIONS_H

#include "TestProblems.h"

#include <string>

namespace remat::planning {

/// `text` with the only occurrence of `from` replaced by `to`.
inline std::string replaced(std::string text, const std::string &from, const std::string &to) {
  size_t at = text.find(from);
  if (at == std::string::npos || text.find(from, at + 1) != std::string::npos)
    return "the text to replace is not there exactly once: " + from;
  return text.replace(at, from.size(), to);
}

/// Feeds `read` every prefix of `text`, and `text` with a few bytes changed.
/// Returns how many of the prefixes up to the last brace it accepted.
template <typename Read>
int acceptedAfterDamage(const std::string &text, Read read) {
  int accepted = 0;
  size_t end = text.rfind('}');
  for (size_t size = 0; size <= end; ++size)
    accepted += static_cast<bool>(read(text.substr(0, size)));
  TestRandom random(4);
  for (int round = 0; round < 3000; ++round) {
    std::string damaged = text;
    for (int64_t left = 1 + random.below(3); left > 0; --left) {
      auto at = static_cast<size_t>(random.below(static_cast<int64_t>(text.size())));
      constexpr std::string_view bytes = "0123456789-.eE{}[],:\"ntfu \x80\xff";
      damaged[at] = bytes[static_cast<size_t>(random.below(bytes.size()))];
    }
    (void)read(damaged); // must return, whatever it says
  }
  return accepted;
}

} // namespace remat::planning

#endif // REMAT_TEST_UNIT_PLANNING_TEXTMUTATIONS_H
