//===- NpyFile.cpp - one array in NumPy's own format -----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Runtime/ArrayFile.h"

#include <charconv>
#include <optional>

using namespace remat;
using planning::Error;
using planning::ErrorCode;
using planning::Result;

/// Returns what follows `key` in the header, a Python dictionary:
///   valueOf("{'descr': '<f4', 'shape': (2,)}", "shape") -> "(2,)}"
static std::optional<std::string_view> valueOf(std::string_view header, std::string_view key) {
  size_t at = header.find("'" + std::string(key) + "'");
  if (at == std::string_view::npos)
    return std::nullopt;
  at = header.find_first_not_of(": ", at + key.size() + 2);
  return at == std::string_view::npos ? std::nullopt : std::optional(header.substr(at));
}

/// Returns the numbers of "(2, 3)", "(2,)" or "()", as far as the shape is one.
static std::optional<std::vector<int64_t>> parseShape(std::string_view text) {
  size_t end = text.find(')');
  if (!text.starts_with('(') || end == std::string_view::npos)
    return std::nullopt;
  text = text.substr(1, end - 1);
  std::vector<int64_t> shape;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(", "), text.size()));
    if (text.empty())
      return shape;
    int64_t size = 0;
    auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc() || size < 0)
      return std::nullopt;
    shape.push_back(size);
    text.remove_prefix(rest - text.data());
  }
}

/// Returns the bytes of an array; nothing where they do not fit 63 bits.
static std::optional<int64_t> sizeOf(const Array &array) {
  int64_t bytes = array.width;
  for (int64_t size : array.shape)
    if (__builtin_mul_overflow(bytes, size, &bytes))
      return std::nullopt;
  return bytes;
}

/// Fills in the type from "'<f4'".
static bool parseType(std::string_view text, Array &array) {
  size_t end = text.find('\'', 1);
  if (!text.starts_with('\'') || end == std::string_view::npos || end < 4)
    return false;
  char order = text[1];
  array.kind = text[2];
  auto [rest, error] = std::from_chars(text.data() + 3, text.data() + end, array.width);
  return error == std::errc() && rest == text.data() + end && (order == '<' || order == '|') &&
         std::string_view("fiubcV").find(array.kind) != std::string_view::npos && array.width > 0;
}

Result<Array> remat::readNpy(std::string_view content, const std::string &name) {
  auto refuse = [&](const std::string &why) {
    return Error{ErrorCode::InvalidInput, name + ": " + why};
  };
  constexpr std::string_view magic = "\x93NUMPY";
  if (!content.starts_with(magic) || content.size() < 12)
    return refuse("is no .npy file");
  auto byte = [&](size_t at) { return static_cast<unsigned char>(content[at]); };
  bool isFirstVersion = byte(6) == 1;
  size_t begin = isFirstVersion ? 10 : 12;
  size_t length = byte(8) | byte(9) << 8;
  if (!isFirstVersion)
    length |= size_t(byte(10)) << 16 | size_t(byte(11)) << 24;
  if (content.size() < begin + length)
    return refuse("the header is cut off");
  std::string_view header = content.substr(begin, length);

  Array array;
  auto type = valueOf(header, "descr"), order = valueOf(header, "fortran_order"),
       shape = valueOf(header, "shape");
  auto sizes = shape ? parseShape(*shape) : std::nullopt;
  if (!type || !order || !sizes)
    return refuse("the header lacks descr, fortran_order or shape");
  if (!parseType(*type, array))
    return refuse("type " + std::string(type->substr(0, type->find_first_of(",}"))) +
                  " is not read; wanted little-endian numbers or booleans");
  if (order->starts_with("True"))
    return refuse("is in Fortran order; save numpy.ascontiguousarray of it");
  array.shape = *sizes;
  std::string_view data = content.substr(begin + length);
  std::optional<int64_t> wanted = sizeOf(array);
  if (!wanted || static_cast<int64_t>(data.size()) != *wanted)
    return refuse("holds " + std::to_string(data.size()) + " B of elements; its shape wants " +
                  (wanted ? std::to_string(*wanted) + " B" : "2^63 B or more"));
  array.data = data;
  return array;
}
