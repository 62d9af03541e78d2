//===- Provenance.cpp - where an op came from -----------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Analysis/Provenance.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace remat {

namespace {

/// Appends the scope names of `loc`, outermost first, "/" between them.
void appendScope(Location loc, std::string &path) {
  if (auto name = dyn_cast<NameLoc>(loc)) {
    // Names below this one are the frames of a traceback, not scopes.
    if (!path.empty())
      path += '/';
    path += name.getName().getValue();
  } else if (auto call = dyn_cast<CallSiteLoc>(loc)) {
    appendScope(call.getCaller(), path);
    appendScope(call.getCallee(), path);
  } else if (auto fused = dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations()) {
      size_t before = path.size();
      appendScope(part, path);
      if (path.size() != before)
        return;
    }
  } else if (auto opaque = dyn_cast<OpaqueLoc>(loc)) {
    appendScope(opaque.getFallbackLocation(), path);
  }
}

/// Removes JAX's wrappers: "transpose(jvp(Model))" -> "Model", "jvp()" -> "".
llvm::StringRef unwrapped(llvm::StringRef segment) {
  static constexpr llvm::StringRef wrappers[] = {"jit", "pjit", "jvp", "transpose", "vmap", "pmap"};
  while (segment.ends_with(")")) {
    auto [wrapper, inside] = segment.split('(');
    if (!llvm::is_contained(wrappers, wrapper))
      break;
    segment = inside.drop_back();
  }
  return segment;
}

/// Splits at "/" outside parentheses: a layer's name may hold one.
llvm::SmallVector<llvm::StringRef> segmentsOf(llvm::StringRef path) {
  llvm::SmallVector<llvm::StringRef> segments;
  size_t begin = 0;
  int depth = 0;
  for (size_t i = 0; i <= path.size(); ++i) {
    if (i == path.size() || (path[i] == '/' && depth == 0)) {
      segments.push_back(path.slice(begin, i));
      begin = i + 1;
    } else if (path[i] == '(') {
      ++depth;
    } else if (path[i] == ')' && depth > 0) {
      --depth;
    }
  }
  return segments;
}

bool isInstalledPackage(llvm::StringRef file) {
  return file.contains("/site-packages/") || file.contains("/dist-packages/");
}

/// Collects the file positions of `loc`, innermost frame first.
void appendFrames(Location loc, llvm::SmallVectorImpl<FileLineColLoc> &frames) {
  if (auto file = dyn_cast<FileLineColLoc>(loc)) {
    frames.push_back(file);
  } else if (auto range = dyn_cast<FileLineColRange>(loc)) {
    frames.push_back(
        FileLineColLoc::get(range.getFilename(), range.getStartLine(), range.getStartColumn()));
  } else if (auto name = dyn_cast<NameLoc>(loc)) {
    appendFrames(name.getChildLoc(), frames);
  } else if (auto call = dyn_cast<CallSiteLoc>(loc)) {
    appendFrames(call.getCallee(), frames);
    appendFrames(call.getCaller(), frames);
  } else if (auto fused = dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations())
      appendFrames(part, frames);
  } else if (auto opaque = dyn_cast<OpaqueLoc>(loc)) {
    appendFrames(opaque.getFallbackLocation(), frames);
  }
}

} // namespace

std::string scopeOf(Location loc) {
  std::string path;
  appendScope(loc, path);
  llvm::SmallVector<llvm::StringRef> segments = segmentsOf(path);
  // The first one names the traced function itself.
  if (segments.front().starts_with("jit(") || segments.front().starts_with("pjit("))
    segments.erase(segments.begin());
  llvm::SmallVector<llvm::StringRef> kept;
  for (llvm::StringRef segment : segments)
    if (llvm::StringRef name = unwrapped(segment); !name.empty())
      kept.push_back(name);
  return llvm::join(kept, "/");
}

bool isTransposed(Location loc) {
  std::string path;
  appendScope(loc, path);
  return llvm::any_of(segmentsOf(path), [](llvm::StringRef segment) {
    while (segment.consume_front("vmap(") || segment.consume_front("pmap("))
      ;
    return segment.starts_with("transpose(");
  });
}

std::string sourceLineOf(Location loc) {
  llvm::SmallVector<FileLineColLoc> frames;
  appendFrames(loc, frames);
  if (frames.empty())
    return "";
  FileLineColLoc chosen = frames.front();
  for (FileLineColLoc frame : frames)
    if (!isInstalledPackage(frame.getFilename())) {
      chosen = frame;
      break;
    }
  return (chosen.getFilename().getValue() + ":" + llvm::Twine(chosen.getLine())).str();
}

} // namespace remat
