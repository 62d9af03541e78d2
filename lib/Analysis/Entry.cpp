//===- Entry.cpp - which function is the step -----------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Analysis/StepGraph.h"

using namespace mlir;

namespace remat {

/// Returns "@a, @b, @c", at most ten names.
static std::string listNames(llvm::MutableArrayRef<func::FuncOp> functions) {
  std::string text;
  for (size_t i = 0; i < functions.size(); ++i) {
    if (i == 10)
      return text + ", ...";
    text += (i ? ", @" : "@") + functions[i].getName().str();
  }
  return text;
}

FailureOr<func::FuncOp> findEntry(ModuleOp module, llvm::StringRef name) {
  llvm::SmallVector<func::FuncOp> all, candidates;
  for (auto function : module.getOps<func::FuncOp>()) {
    all.push_back(function);
    if (function.isPublic() && !function.isDeclaration())
      candidates.push_back(function);
  }
  if (!name.empty()) {
    for (func::FuncOp function : all)
      if (function.getName() == name) {
        if (!function.isDeclaration())
          return function;
        return function.emitError() << "entry function @" << name << " has no body";
      }
    return module.emitError() << "there is no function @" << name << " in the module; it has "
                              << (all.empty() ? "no functions" : listNames(all));
  }
  if (module.getBody()->empty())
    return module.emitError("the module is empty: there is nothing to plan");
  if (candidates.empty())
    return module.emitError() << "the module has no public function with a body"
                              << (all.empty() ? "" : "; it has " + listNames(all));
  for (func::FuncOp function : candidates)
    if (function.getName() == "main")
      return function;
  if (candidates.size() > 1)
    return module.emitError() << "the module has " << candidates.size()
                              << " public functions with a body, none of them @main: "
                              << listNames(candidates) << "; name one with the option 'entry'";
  return candidates.front();
}

} // namespace remat
