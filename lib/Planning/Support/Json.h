//===- Json.h - reading and writing JSON with precise errors ----*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the planner. Only Json.cpp includes the JSON library itself, and no
// exception of it leaves that file.
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SUPPORT_JSON_H
#define REMAT_PLANNING_SUPPORT_JSON_H

#include "remat/Planning/Support/Status.h"

#include <nlohmann/json_fwd.hpp>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace remat::planning {

/// A place in a parsed document: a value, and how to get there from the root.
/// Cheap to copy; it points to its parent, which must outlive it.
class JsonAt {
public:
  JsonAt(const nlohmann::json &value) : value(&value) {}
  JsonAt(const JsonAt &parent, const nlohmann::json &value, std::string_view key)
      : value(&value), parent(&parent), key(key) {}
  JsonAt(const JsonAt &parent, const nlohmann::json &value, size_t index)
      : value(&value), parent(&parent), index(index) {}

  /// Returns the key path of a place: "ops[12].inputs[0]"; empty for the root.
  std::string path() const;

private:
  friend class JsonReader;
  const nlohmann::json *value;
  const JsonAt *parent = nullptr;
  std::string_view key;
  size_t index = 0;
};

/// Reads values out of one document. It remembers the first error, names the
/// file and the key path in it, and answers with empty values from then on, so
/// that code which reads many keys checks once.
class JsonReader {
public:
  /// Parses `text`; `source` is the file's name in messages. On a syntax error
  /// ("step.json:3:17: not valid JSON: ...") the reader starts out failed.
  JsonReader(std::string_view text, std::string source);
  ~JsonReader();

  JsonReader(const JsonReader &) = delete;
  JsonReader &operator=(const JsonReader &) = delete;

  const JsonAt &root() const { return top; }
  bool failed() const { return failure.has_value(); }
  const Error &error() const { return *failure; }

  /// Records "SOURCE: PATH: MESSAGE" unless an error is already there.
  void fail(const JsonAt &at, const std::string &message, ErrorCode code = ErrorCode::InvalidInput);

  /// Records an error unless `at` is an object; when `keys` are given, also for
  /// any other key in it.
  void expectObject(const JsonAt &at, std::initializer_list<std::string_view> keys = {});

  bool has(const JsonAt &at, std::string_view key) const;
  bool isNull(const JsonAt &at) const;
  bool isObject(const JsonAt &at) const;

  /// The value of `key`; an error and null when it is missing.
  JsonAt require(const JsonAt &at, std::string_view key);
  /// The value of `key`, or null.
  JsonAt find(const JsonAt &at, std::string_view key) const;
  /// The keys of an object, ascending.
  std::vector<std::string> keys(const JsonAt &at) const;

  /// The length of a list; an error and 0 for anything else.
  size_t size(const JsonAt &at);
  JsonAt element(const JsonAt &at, size_t index) const;

  /// An integer in [min, max]; an error and `min` otherwise, also for 1.0.
  int64_t integer(const JsonAt &at, int64_t min = 0,
                  int64_t max = std::numeric_limits<int64_t>::max());
  double number(const JsonAt &at); ///< an integer too
  bool boolean(const JsonAt &at);
  std::string string(const JsonAt &at);

  /// One of several spellings: `parse` maps a known one to its value, and
  /// `known` lists them for the message.
  template <typename T>
  T choice(const JsonAt &at, std::optional<T> (*parse)(std::string_view), std::string_view known) {
    std::string text = string(at);
    if (std::optional<T> value = parse(text))
      return *value;
    fail(at, "unknown value \"" + text + "\"; known values: " + std::string(known));
    return T{};
  }

  /// `integer` and the like for a key that may be missing.
  int64_t integerOr(const JsonAt &at, std::string_view key, int64_t otherwise, int64_t min = 0);
  bool booleanOr(const JsonAt &at, std::string_view key, bool otherwise);
  std::string stringOr(const JsonAt &at, std::string_view key, std::string_view otherwise);

  /// The `schema_version` of a document of ours, which must be `wanted`.
  /// Errors: UnsupportedSchema.
  void expectSchemaVersion(const JsonAt &root, int64_t wanted);

private:
  void failType(const JsonAt &at, std::string_view wanted);

  std::string source;
  std::unique_ptr<nlohmann::json> document;
  JsonAt top;
  std::optional<Error> failure;
};

/// What a format's reader answers: the first error, else `content`, which `read`
/// filled in and whose own `check()` found nothing; what it finds is at the root.
template <typename T, typename Read>
Result<T> readChecked(JsonReader &reader, T &content, Read read) {
  if (!reader.failed())
    read();
  if (reader.failed())
    return reader.error();
  if (Status status = content.check(); !status) {
    reader.fail(reader.root(), status.error().message, status.error().code);
    return reader.error();
  }
  return std::move(content);
}

/// Returns `text` as a JSON string; bytes that are not UTF-8 become U+FFFD.
std::string jsonString(std::string_view text);

/// Returns the shortest JSON number that reads back as `number`, and "null" for
/// one that JSON cannot write.
std::string jsonNumber(double number);

/// Returns "[1,2,3]".
template <typename Range>
std::string jsonIntegers(const Range &numbers) {
  std::string text = "[";
  for (const auto &number : numbers) {
    if (text.size() > 1)
      text += ',';
    text += std::to_string(number);
  }
  return text + "]";
}

/// Returns a list of already written items, one a line.
std::string jsonLines(const std::vector<std::string> &items);

/// An object, written in the order of its `add`s.
class JsonObject {
public:
  /// Adds a member whose value is already written.
  void addRaw(std::string_view key, std::string_view text);
  void add(std::string_view key, std::integral auto number) {
    if constexpr (std::is_same_v<decltype(number), bool>)
      addRaw(key, number ? "true" : "false");
    else
      addRaw(key, std::to_string(number));
  }
  void add(std::string_view key, std::string_view text) { addRaw(key, jsonString(text)); }
  void add(std::string_view key, const char *text) { add(key, std::string_view(text)); }

  /// On one line, without spaces.
  std::string line() const;
  /// One member a line, with a final newline: the form of a file.
  std::string page() const;

private:
  std::string join(std::string_view open, std::string_view colon, std::string_view comma,
                   std::string_view close) const;
  std::vector<std::pair<std::string, std::string>> members;
};

} // namespace remat::planning

#endif // REMAT_PLANNING_SUPPORT_JSON_H
