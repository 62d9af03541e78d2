//===- InputHints.cpp - what to do with a file that was refused -----------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InputHints.h"

#include "llvm/ADT/StringExtras.h"

using llvm::StringRef;

bool remat::isBytecode(StringRef content) { return content.starts_with("ML\xefR"); }

std::string remat::reasonToRefuse(StringRef content, StringRef file) {
  if (content.trim().empty())
    return file.str() + " is empty";
  if (isBytecode(content) && content.contains("vhlo"))
    return file.str() + " is a portable artifact; write it as generic text with 'remat convert " +
           file.str() + "'";
  return "";
}

/// True if an op of `dialect` stands outside quotes, as the pretty form has it:
/// at the start of a line or after "= ".
static bool hasPrettyOp(StringRef content, StringRef dialect) {
  for (size_t at = content.find(dialect); at != StringRef::npos;
       at = content.find(dialect, at + 1)) {
    StringRef before = content.take_front(at);
    StringRef blanks = before.take_back(before.size() - before.find_last_not_of(" \t") - 1);
    before = before.drop_back(blanks.size());
    if (before.empty() || before.ends_with("\n") || before.ends_with("="))
      return true;
  }
  return false;
}

std::string remat::hintAfterFailure(StringRef content, StringRef file) {
  for (StringRef dialect : {"stablehlo.", "chlo.", "mhlo.", "sdy."})
    if (hasPrettyOp(content, dialect))
      return file.str() + " holds pretty-printed " + dialect.drop_back().str() +
             " ops, which only their own dialect can parse; write it as generic text with "
             "'remat convert " +
             file.str() + "'";
  return "";
}
