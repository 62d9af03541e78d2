//===- Budget.cpp - the one parser of budgets -----------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/Strategy.h"

#include <iterator>

namespace remat::planning {

namespace {

struct Unit {
  std::string_view suffix;
  int64_t bytes;
};

constexpr Unit units[] = {
    {"", 1},
    {"B", 1},
    {"kB", 1000},
    {"MB", 1000000},
    {"GB", 1000000000},
    {"TB", 1000000000000},
    {"KiB", int64_t(1) << 10},
    {"MiB", int64_t(1) << 20},
    {"GiB", int64_t(1) << 30},
    {"TiB", int64_t(1) << 40},
};

/// Decimal places kept of a number; 4 places of a percentage are one part per
/// million.
constexpr int maxPlaces = 6;

Error bad(std::string_view text, const std::string &why) {
  return {ErrorCode::InvalidOption,
          "budget '" + std::string(text) + "' " + why +
              "; write bytes with or without a unit (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB), a "
              "percentage such as 50%, or min"};
}

/// A number in units of 10^-maxPlaces, and what follows it.
struct Number {
  __int128 scaled = 0;
  int digits = 0, places = 0;
  std::string_view rest;
};

constexpr __int128 maxCount = kSumLimit - 1;
constexpr int64_t scale = 1000000;

Number readNumber(std::string_view text) {
  Number number;
  size_t at = 0;
  bool afterPoint = false;
  for (; at < text.size(); ++at) {
    char c = text[at];
    if (c == '.' && !afterPoint && number.digits > 0) {
      afterPoint = true;
      continue;
    }
    if (c < '0' || c > '9')
      break;
    ++number.digits;
    number.places += afterPoint;
    if (number.places <= maxPlaces && number.scaled <= maxCount * scale)
      number.scaled = number.scaled * 10 + (c - '0');
  }
  for (int place = number.places; place < maxPlaces; ++place)
    number.scaled *= 10;
  number.rest = text.substr(at);
  return number;
}

/// Returns `text` without the blanks around it.
std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Returns 10^-6 `millionths` as a percentage: "60%", "0.05%".
std::string percentOf(__int128 millionths) {
  int64_t whole = static_cast<int64_t>(millionths / 10000);
  std::string places = std::to_string(static_cast<int64_t>(millionths % 10000) + 10000).substr(1);
  places.erase(places.find_last_not_of('0') + 1);
  return std::to_string(whole) + (places.empty() ? "" : "." + places) + "%";
}

} // namespace

Result<Budget> parseBudget(std::string_view given) {
  std::string_view text = trimmed(given);
  if (text == "min")
    return Budget{Budget::Kind::Minimum, 0};
  Number number = readNumber(text);
  if (number.digits == 0)
    return bad(text, text.starts_with('-') ? "is negative" : "is not an amount");
  bool endsInPoint = text[text.size() - number.rest.size() - 1] == '.';
  if (endsInPoint || number.places > maxPlaces)
    return bad(text, endsInPoint ? "ends its number in a point" : "has more than 6 decimal places");

  number.rest = trimmed(number.rest);
  __int128 amount = 0;
  Budget budget;
  if (number.rest == "%") {
    // scaled is 10^6 * percent; a part per million is 10^-4 percent.
    if (number.scaled % 100 != 0)
      return bad(text, "is finer than 0.0001%");
    budget.kind = Budget::Kind::Percent;
    amount = number.scaled / 100;
  } else {
    const Unit *unit = nullptr;
    for (const Unit &candidate : units)
      if (candidate.suffix == number.rest)
        unit = &candidate;
    if (!unit)
      return bad(text, "has the unknown unit '" + std::string(number.rest) + "'");
    budget.kind = Budget::Kind::Bytes;
    // A budget is never more than what is written: parts of a byte are dropped.
    amount = number.scaled > maxCount * scale ? maxCount + 1 : number.scaled * unit->bytes / scale;
  }
  if (amount > maxCount)
    return bad(text, "is more than 2^62 - 1");
  if (amount == 0 && number.scaled > 0 && number.rest.empty())
    return bad(text, "is less than a byte; for that share of the plain peak write " +
                         percentOf(number.scaled));
  if (amount == 0)
    return bad(text, "is zero");
  budget.amount = static_cast<int64_t>(amount);
  return budget;
}

std::optional<Bytes> limitOf(const Budget &budget, Bytes plainPeak) {
  switch (budget.kind) {
  case Budget::Kind::Bytes:
    return Bytes(budget.amount);
  case Budget::Kind::Percent: {
    __int128 bytes = static_cast<__int128>(plainPeak.count) * budget.amount / 1000000;
    return Bytes(static_cast<int64_t>(std::min<__int128>(bytes, maxCount)));
  }
  case Budget::Kind::Minimum:
  case Budget::Kind::None:
    break;
  }
  return std::nullopt;
}

} // namespace remat::planning
