//===- Problem.h - a graph, costs, and what counts --------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_RECOMPUTE_PROBLEM_H
#define REMAT_PLANNING_RECOMPUTE_PROBLEM_H

#include "remat/Planning/Cost/DeviceTable.h"
#include "remat/Planning/Graph/Graph.h"

#include <string>

namespace remat::planning {

/// Which bytes a budget, a peak and a percentage count.
enum class BudgetScope {
  Total,        ///< arguments + results + temporaries; donated arguments once
  NonArguments, ///< results + temporaries: what the neutral graph's judge counts
  Temporaries,  ///< neither arguments nor results: XLA's "temp"
};
std::string_view toString(BudgetScope scope);
std::optional<BudgetScope> parseBudgetScope(std::string_view text);

/// The names of every scope, with ", " between them.
std::string budgetScopeNames();

/// An argument's buffer in which an op leaves one of its results.
struct Takeover {
  ValueId argument;
  OpId taker;
};

/// Everything a strategy sees.
struct Problem {
  Graph graph;
  std::vector<Cost> cost; ///< cost[op] of one execution, >= 0
  CostUnit costUnit = CostUnit::Femtoseconds;
  std::string costTable; ///< name of the table the costs came from
  BudgetScope scope = BudgetScope::Total;
  /// An output that takes over a donated argument's buffer costs no bytes.
  bool donation = true;
  std::string memoryModel = "program"; ///< for people: how bytes came about

  /// Checks the graph, the size and sign of `cost`, and that no sum of bytes or
  /// of one execution's costs reaches 2^62. Errors: InvalidInput.
  Status check() const;

  /// Returns charge[v]: bytes that value v adds while it is live: 0 for an
  /// argument (see `fixedBytes`), for a donated output when `donation`, and for
  /// every output in scope Temporaries.
  std::vector<Bytes> charges() const;

  /// The takeovers that count, in order of the outputs: none without `donation`. From
  /// the first execution of the taker to the last one, behind it, of the taker or of a
  /// reader of the argument, a copy of the argument counts in every scope.
  std::vector<Takeover> takeovers() const;

  /// Bytes counted at every step: the arguments in scope Total, else 0.
  Bytes fixedBytes() const;

  /// Sum of `cost`: one execution of each op.
  Cost baseCost() const;
};

/// Returns the problem of planning `graph` in `scope`, each op costing what
/// `table` says. Requires: `graph.check()`. Cost: O(ops).
Problem makeProblem(Graph graph, const DeviceTable &table, BudgetScope scope, bool donation);

/// Proven lower bound on the peak of every schedule of `problem`: the largest
/// working set of one op (its inputs and results), or all outputs together,
/// plus the fixed bytes.
struct Floor {
  Bytes bytes;
  OpId op = kNoOp; ///< op with that working set; kNoOp when the outputs decide
};
Floor floorOf(const Problem &problem);

} // namespace remat::planning

#endif // REMAT_PLANNING_RECOMPUTE_PROBLEM_H
