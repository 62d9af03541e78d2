//===- PlanArguments.h - pass options that decide a plan --------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_PLANARGUMENTS_H
#define REMAT_DIALECT_REMAT_TRANSFORMS_PLANARGUMENTS_H

#include "remat/Dialect/Remat/Transforms/Encode.h"
#include "remat/Dialect/Remat/Transforms/PlanOptions.h"

namespace remat {

/// A pass with `targetOption` and `knobOptions` of Passes.td among its options.
template <typename Base>
struct EncodingPass : Base {
  using Base::Base;

  EncodeOptions encodeOptions(std::optional<int64_t> lossResult) const {
    return {.target = this->target,
            .orderBackward = this->orderBackward,
            .orderUpdates = this->orderUpdates,
            .tieAccumulations = this->tieAccumulations,
            .pins = this->pins,
            .lossResult = lossResult};
  }
};

/// A pass with `planOptions` of Passes.td among its options.
template <typename Base>
struct PlanningPass : Base {
  using Base::Base;

  PlanArguments planArguments() const {
    return {.strategyOption = givenStrategyOption(),
            .budget = this->budget,
            .cost = this->cost,
            .problemFile = this->problemFile,
            .planFile = this->planFile,
            .planOutput = this->planOutput,
            .scope = this->budgetScope,
            .strategy = this->strategy,
            .effort = this->effort,
            .order = this->order,
            .family = this->family,
            .objective = this->objective,
            .lastSegment = this->lastSegment,
            .granularity = this->granularity,
            .memoryModel = this->memoryModel,
            .foldFree = this->foldFree,
            .loss = this->loss};
  }

private:
  /// Returns the name of the first option in the pipeline's text that only the
  /// making of a plan reads.
  std::string givenStrategyOption() const {
    for (const llvm::cl::Option *option : std::initializer_list<const llvm::cl::Option *>{
             &this->strategy, &this->effort, &this->order, &this->family, &this->objective,
             &this->lastSegment, &this->granularity})
      if (option->getNumOccurrences() > 0)
        return option->ArgStr.str();
    return "";
  }
};

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_PLANARGUMENTS_H
