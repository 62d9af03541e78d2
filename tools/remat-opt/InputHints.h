//===- InputHints.h - what to do with a file that was refused --*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_TOOLS_REMAT_OPT_INPUTHINTS_H
#define REMAT_TOOLS_REMAT_OPT_INPUTHINTS_H

#include "llvm/ADT/StringRef.h"

#include <string>

namespace remat {

/// True if `content` begins as MLIR bytecode does.
bool isBytecode(llvm::StringRef content);

/// Returns why remat-opt cannot take `content` at all: it is empty or a portable
/// artifact (bytecode that StableHLO's serializer wrote). Empty when it may try.
/// `file` is the name in the message.
std::string reasonToRefuse(llvm::StringRef content, llvm::StringRef file);

/// Returns what may help after `content` did not parse: pretty-printed StableHLO
/// needs converting. Empty when nothing is known.
std::string hintAfterFailure(llvm::StringRef content, llvm::StringRef file);

} // namespace remat

#endif // REMAT_TOOLS_REMAT_OPT_INPUTHINTS_H
