//===- Spelling.h - enumerators and the words for them ----------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the planner.
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SUPPORT_SPELLING_H
#define REMAT_PLANNING_SUPPORT_SPELLING_H

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace remat::planning {

/// An enumerator and a word for it. A table may spell one enumerator twice.
template <typename Enum>
using Spelling = std::pair<Enum, std::string_view>;

/// Returns the first word for `value` in `table`, or an empty one.
template <typename Enum, size_t size>
constexpr std::string_view spell(const Spelling<Enum> (&table)[size], Enum value) {
  for (const auto &[candidate, text] : table)
    if (candidate == value)
      return text;
  return "";
}

/// Returns the enumerator that `text` spells in `table`, or nothing.
template <typename Enum, size_t size>
constexpr std::optional<Enum> findSpelled(const Spelling<Enum> (&table)[size],
                                          std::string_view text) {
  for (const auto &[value, spelling] : table)
    if (spelling == text)
      return value;
  return std::nullopt;
}

/// Returns every spelling in order, with ", " between them.
template <typename Enum, size_t size>
std::string spellings(const Spelling<Enum> (&table)[size]) {
  std::string text;
  for (const auto &[value, spelling] : table)
    text += (text.empty() ? "" : ", ") + std::string(spelling);
  return text;
}

} // namespace remat::planning

#endif // REMAT_PLANNING_SUPPORT_SPELLING_H
