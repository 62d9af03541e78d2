//===- Graph.h - one training step as ops and values ------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_GRAPH_GRAPH_H
#define REMAT_PLANNING_GRAPH_GRAPH_H

#include "remat/Planning/Support/Status.h"
#include "remat/Planning/Support/Units.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remat::planning {

/// Index into `Graph::ops`; ops stand in base order, so it is also a position.
using OpId = int32_t;
/// Index into `Graph::values`.
using ValueId = int32_t;

/// The producer of an argument, and "no op" elsewhere.
inline constexpr OpId kNoOp = -1;

/// Part of the training step an op belongs to (docs/glossary.md).
enum class Phase { Forward, Backward, Update };

/// What an op does, as far as costs, folding and contraction care.
enum class OpKind {
  Constant, ///< constants and iota: no inputs
  Elementwise,
  Broadcast,
  View, ///< reshape, bitcast: same bytes, other shape
  Transpose,
  Reduce,
  Dot,
  Convolution,
  Gather,
  Scatter,
  Window, ///< pooling and its gradient
  Concat,
  Slice,
  Update, ///< writes a slice of a copy of its input
  Pad,
  Sort,
  Loop,
  Branch,
  Random,
  Custom,
  Barrier,
  Other,
};

/// The spelling used in problem files: "constant", "elementwise", ...
std::string_view toString(OpKind kind);
std::optional<OpKind> parseOpKind(std::string_view text);
std::string_view toString(Phase phase);
std::optional<Phase> parsePhase(std::string_view text);

/// Work of one execution of an op; a folded producer's work is in its
/// consumer's.
struct OpWork {
  Flops flops;
  Bytes bytesRead;    ///< each distinct input once
  Bytes bytesWritten; ///< all results
  /// Bits per element of the widest float operand (16, 32, 64), 0 for none.
  int elementBits = 32;
};

/// One op of the base order.
struct Op {
  int64_t id = 0;   ///< name in plans: unique, from the source (file or block position)
  std::string name; ///< op name, for people: "stablehlo.dot_general"
  OpKind kind = OpKind::Other;
  Phase phase = Phase::Forward;
  bool recomputable = true; ///< may run more than once
  OpWork work;
  std::vector<ValueId> inputs;  ///< distinct, in operand order
  std::vector<ValueId> results; ///< at least one
  std::string scope;            ///< framework scope "Model/Block_0/Dense_1/dot"; may be empty
  std::string location;         ///< "file.py:12"; may be empty
  int64_t foldedProducts = 0;   ///< matrix products that run within it, itself left out
};

/// One value: an argument, or a result of an op.
struct Value {
  OpId producer = kNoOp; ///< kNoOp for an argument
  Bytes bytes;
  std::string name; ///< for people: "%12" or "arg3"
};

/// A training step: ops in base order, the values between them, and what the
/// caller gets back. A plain value type; it knows no costs and makes no choice.
struct Graph {
  std::string name;
  std::vector<Op> ops;            ///< base order: a producer precedes its users
  std::vector<Value> values;      ///< arguments first is not required
  std::vector<ValueId> arguments; ///< values without a producer, in order
  std::vector<ValueId> outputs;   ///< by result index; repetition and arguments allowed
  /// donated[i]: position in `arguments` of the argument whose buffer output i
  /// takes over; absent where output i has a buffer of its own. Size: outputs.
  std::vector<std::optional<int32_t>> donated;

  /// Checks the rules above: ids in range, producers first, results and
  /// producers agree, no negative bytes or flops, unique op ids, sums of bytes
  /// and of work below 2^62, at least one op. Errors: InvalidInput naming the
  /// op or value. Cost: O(V + E).
  Status check() const;

  /// Returns, for each value, the ops that read it, in base order. Cost: O(V + E).
  std::vector<std::vector<OpId>> users() const;

  /// Returns "stablehlo.add %12 (file.py:3)": how messages name an op.
  std::string describe(OpId op) const;
};

} // namespace remat::planning

#endif // REMAT_PLANNING_GRAPH_GRAPH_H
