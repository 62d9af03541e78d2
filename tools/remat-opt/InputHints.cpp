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

/// The command that writes `file` as a text that remat-opt reads.
static std::string convertCommand(StringRef file) {
  return "'remat convert " + file.str() + " --to=generic -o OUT.mlir'";
}

bool remat::isBytecode(StringRef content) { return content.starts_with("ML\xefR"); }

/// True for bytecode whose producer, the string after four letters and one byte of
/// version, is the writer of portable artifacts.
static bool isPortableArtifact(StringRef content) {
  return remat::isBytecode(content) && content.substr(5).starts_with("StableHLO_v");
}

std::string remat::reasonToRefuse(StringRef content, StringRef file) {
  if (content.trim().empty())
    return file.str() + " is empty";
  if (isPortableArtifact(content))
    return file.str() + " is a portable artifact; write it as generic text with " +
           convertCommand(file);
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
             " ops, which only their own dialect can parse; write it as generic text with " +
             convertCommand(file);
  return "";
}
