//===- Status.h - errors as values ------------------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_SUPPORT_STATUS_H
#define REMAT_PLANNING_SUPPORT_STATUS_H

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace remat::planning {

/// What went wrong, for programs. The message is for people.
enum class ErrorCode {
  InvalidInput,      ///< The file or the graph breaks a stated rule.
  UnsupportedSchema, ///< A schema version this build does not read.
  InvalidOption,     ///< An option's value or a combination of options.
  InvalidPlan,       ///< A plan breaks a rule R1...Rn (docs/concepts/plan.md).
  Io,                ///< A file could not be read or written.
};

/// An error: a code, and a message that starts in lower case, has no final
/// period, names the culprit and gives the found and the wanted value.
struct Error {
  ErrorCode code;
  std::string message;
};

/// A value or an error. Neither throws; test with `if (result)`.
template <typename T>
class [[nodiscard]] Result {
public:
  Result(T value) : content(std::move(value)) {}
  Result(Error error) : content(std::move(error)) {}

  explicit operator bool() const { return std::holds_alternative<T>(content); }
  T &operator*() {
    assert(*this && "a failed result has no value");
    return std::get<T>(content);
  }
  const T &operator*() const {
    assert(*this && "a failed result has no value");
    return std::get<T>(content);
  }
  T *operator->() { return &**this; }
  const T *operator->() const { return &**this; }
  const Error &error() const {
    assert(!*this && "a successful result has no error");
    return std::get<Error>(content);
  }

private:
  std::variant<T, Error> content;
};

/// Success, or an error.
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(Error error) : failure(std::move(error)), failed(true) {}

  explicit operator bool() const { return !failed; }
  const Error &error() const {
    assert(failed && "a success has no error");
    return failure;
  }

private:
  Error failure{};
  bool failed = false;
};

} // namespace remat::planning

#endif // REMAT_PLANNING_SUPPORT_STATUS_H
