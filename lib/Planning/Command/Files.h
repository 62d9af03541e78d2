//===- Files.h - input and output files of the command ----------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_COMMAND_FILES_H
#define REMAT_PLANNING_COMMAND_FILES_H

#include "remat/Planning/Support/Status.h"

#include <string>
#include <string_view>

namespace remat::planning {

/// Returns the bytes of the file at `path`, of standard input for "-", unpacked
/// when they are an xz file (told by its first bytes, not by its name). Errors:
/// Io when the file cannot be read, InvalidInput when the xz data are truncated
/// or corrupt or unpack to more than 2 GiB.
Result<std::string> readInput(const std::string &path);

/// Writes `content` to `path`, to standard output for "-". A file appears
/// complete or not at all: it is written under another name in the same folder
/// and then renamed; a symbolic link keeps pointing where it did, and what is
/// no regular file is written in place. Errors: Io.
Status writeOutput(const std::string &path, std::string_view content);

/// Returns whether two paths name one file, however they are spelt and whatever links
/// lead there; "-" is a path like any other. An empty path names none.
bool isSameFile(const std::string &path, const std::string &other);

/// Returns how messages name the file at `path`: "standard input" for "-".
std::string inputName(const std::string &path);

} // namespace remat::planning

#endif // REMAT_PLANNING_COMMAND_FILES_H
