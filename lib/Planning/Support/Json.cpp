//===- Json.cpp - reading and writing JSON with precise errors ------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Json.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace remat::planning {

namespace {

using nlohmann::json;

/// What missing and wrong values read as after an error.
const json nothing;

/// "3:17" for the byte at `offset`, counting both from 1.
std::string lineAndColumn(std::string_view text, size_t offset) {
  std::string_view before = text.substr(0, std::min(offset, text.size()));
  size_t line = 1 + std::count(before.begin(), before.end(), '\n');
  size_t lastBreak = before.rfind('\n');
  size_t column = before.size() - (lastBreak == std::string_view::npos ? 0 : lastBreak + 1) + 1;
  return std::to_string(line) + ":" + std::to_string(column);
}

/// The part of the library's message that says what is wrong, kept short.
std::string reasonOf(std::string message) {
  if (size_t reason = message.find(" - "); reason != std::string::npos)
    message.erase(0, reason + 3);
  else if (size_t tag = message.find("] "); tag != std::string::npos)
    message.erase(0, tag + 2);
  constexpr size_t longest = 160;
  if (message.size() > longest)
    message = message.substr(0, longest) + "...";
  return message;
}

std::string describe(const json &value) {
  switch (value.type()) {
  case json::value_t::null:
    return "null";
  case json::value_t::object:
    return "an object";
  case json::value_t::array:
    return "a list";
  case json::value_t::string: {
    std::string text = jsonString(value.get_ref<const std::string &>());
    return text.size() > 60 ? "a string of " + std::to_string(text.size() - 2) + " characters"
                            : text;
  }
  default:
    return value.dump();
  }
}

} // namespace

std::string JsonAt::path() const {
  if (!parent)
    return "";
  std::string above = parent->path();
  if (key.data())
    return above + (above.empty() ? "" : ".") + std::string(key);
  return above + "[" + std::to_string(index) + "]";
}

JsonReader::JsonReader(std::string_view text, std::string source)
    : source(std::move(source)), document(std::make_unique<json>()), top(*document) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    failure = Error{ErrorCode::InvalidInput, this->source + ": the file is empty"};
    return;
  }
  try {
    *document = json::parse(text);
  } catch (const json::parse_error &error) {
    size_t offset = error.byte > 0 ? error.byte - 1 : 0;
    failure = Error{ErrorCode::InvalidInput, this->source + ":" + lineAndColumn(text, offset) +
                                                 ": not valid JSON: " + reasonOf(error.what())};
  } catch (const json::exception &error) {
    failure = Error{ErrorCode::InvalidInput,
                    this->source + ": not valid JSON: " + reasonOf(error.what())};
  }
}

JsonReader::~JsonReader() = default;

void JsonReader::fail(const JsonAt &at, const std::string &message, ErrorCode code) {
  if (failure)
    return;
  std::string path = at.path();
  failure = Error{code, source + ": " + (path.empty() ? "" : path + ": ") + message};
}

void JsonReader::failType(const JsonAt &at, std::string_view wanted) {
  fail(at, "expected " + std::string(wanted) + ", found " + describe(*at.value));
}

void JsonReader::expectObject(const JsonAt &at, std::initializer_list<std::string_view> keys) {
  if (!at.value->is_object())
    return failType(at, "an object");
  if (keys.size() == 0)
    return;
  for (const auto &[key, value] : at.value->items())
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      std::string known;
      for (std::string_view one : keys)
        known += (known.empty() ? "" : ", ") + std::string(one);
      return fail(at, "unknown key " + jsonString(key) + "; known keys: " + known);
    }
}

bool JsonReader::has(const JsonAt &at, std::string_view key) const {
  return at.value->is_object() && at.value->find(key) != at.value->end();
}

bool JsonReader::isNull(const JsonAt &at) const { return at.value->is_null(); }

bool JsonReader::isObject(const JsonAt &at) const { return at.value->is_object(); }

JsonAt JsonReader::require(const JsonAt &at, std::string_view key) {
  if (!at.value->is_object())
    failType(at, "an object");
  else if (!has(at, key))
    fail(at, "key " + jsonString(key) + " is missing");
  return find(at, key);
}

JsonAt JsonReader::find(const JsonAt &at, std::string_view key) const {
  if (at.value->is_object())
    if (auto member = at.value->find(key); member != at.value->end())
      return JsonAt(at, *member, key);
  return JsonAt(at, nothing, key);
}

std::vector<std::string> JsonReader::keys(const JsonAt &at) const {
  std::vector<std::string> keys;
  if (at.value->is_object())
    for (const auto &[key, value] : at.value->items())
      keys.push_back(key);
  return keys;
}

size_t JsonReader::size(const JsonAt &at) {
  if (at.value->is_array())
    return at.value->size();
  failType(at, "a list");
  return 0;
}

JsonAt JsonReader::element(const JsonAt &at, size_t index) const {
  return JsonAt(at, (*at.value)[index], index);
}

int64_t JsonReader::integer(const JsonAt &at, int64_t min, int64_t max) {
  const json &value = *at.value;
  if (failed())
    return min;
  if (!value.is_number_integer()) {
    // The library reads an integer beyond 64 bits as a float.
    bool huge = value.is_number_float() && std::abs(value.get<double>()) >= 0x1p63;
    if (huge)
      fail(at, describe(value) + " is out of range; the largest integer here is " +
                   std::to_string(max));
    else
      failType(at, "an integer");
    return min;
  }
  if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(max)) {
    fail(at,
         describe(value) + " is out of range; the largest integer here is " + std::to_string(max));
    return min;
  }
  int64_t number = value.get<int64_t>();
  if (number < min) {
    fail(at, "expected " + std::to_string(min) + " or more, found " + std::to_string(number));
    return min;
  }
  return number;
}

double JsonReader::number(const JsonAt &at) {
  if (at.value->is_number())
    return at.value->get<double>();
  failType(at, "a number");
  return 0;
}

bool JsonReader::boolean(const JsonAt &at) {
  if (at.value->is_boolean())
    return at.value->get<bool>();
  failType(at, "true or false");
  return false;
}

std::string JsonReader::string(const JsonAt &at) {
  if (at.value->is_string())
    return at.value->get<std::string>();
  failType(at, "a string");
  return "";
}

int64_t JsonReader::integerOr(const JsonAt &at, std::string_view key, int64_t otherwise,
                              int64_t min) {
  return has(at, key) ? integer(find(at, key), min) : otherwise;
}

bool JsonReader::booleanOr(const JsonAt &at, std::string_view key, bool otherwise) {
  return has(at, key) ? boolean(find(at, key)) : otherwise;
}

std::string JsonReader::stringOr(const JsonAt &at, std::string_view key,
                                 std::string_view otherwise) {
  return has(at, key) ? string(find(at, key)) : std::string(otherwise);
}

void JsonReader::expectSchemaVersion(const JsonAt &root, int64_t wanted) {
  JsonAt at = require(root, "schema_version");
  int64_t found = integer(at, std::numeric_limits<int64_t>::min());
  if (!failed() && found != wanted)
    fail(at,
         "this build reads version " + std::to_string(wanted) + ", found " + std::to_string(found),
         ErrorCode::UnsupportedSchema);
}

std::string jsonString(std::string_view text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string jsonNumber(double number) { return json(number).dump(); }

std::string jsonLines(const std::vector<std::string> &items) {
  if (items.empty())
    return "[]";
  std::string text = "[";
  for (size_t i = 0; i < items.size(); ++i)
    text += (i == 0 ? "\n" : ",\n") + items[i];
  return text + "\n]";
}

void JsonObject::addRaw(std::string_view key, std::string_view text) {
  members.emplace_back(key, text);
}

std::string JsonObject::join(std::string_view open, std::string_view colon, std::string_view comma,
                             std::string_view close) const {
  std::string text(open);
  for (size_t i = 0; i < members.size(); ++i) {
    if (i > 0)
      text += comma;
    text += jsonString(members[i].first);
    text += colon;
    text += members[i].second;
  }
  text += close;
  return text;
}

std::string JsonObject::line() const { return join("{", ":", ",", "}"); }

std::string JsonObject::page() const { return join("{\n", ": ", ",\n", "\n}\n"); }

} // namespace remat::planning
