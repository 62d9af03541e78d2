//===- Equivalence.cpp - the independent check of a rewrite ---------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/Equivalence.h"

#include "ValueNumbering.h"

#include "remat/Analysis/Shards.h"

using namespace mlir;
using namespace remat;

using Kind = NumberedNode::Kind;

namespace {
/// Finds the deepest pair of nodes that differ below two unequal numbers, along
/// the first differing operand or region at each level.
class Difference {
public:
  Difference(const NumberSpace &space, Number before, Number after) : space(space) {
    descend(before, after);
  }

  /// Adds a note at each of the two ops, saying in what they differ.
  void attachTo(InFlightDiagnostic &diagnostic, Location fallback) const;

private:
  void descend(Number before, Number after);
  /// One step down; false when the pair itself differs.
  bool step(Number &before, Number &after);
  /// Says in what the pair differs besides operands and regions; empty if in nothing.
  std::string differenceOf(Number before, Number after) const;

  const NumberSpace &space;
  Number before, after;
  std::string what;
};
} // namespace

static std::string describe(const NumberedNode &node, Operation *op) {
  if (node.kind == Kind::Argument)
    return "argument " + std::to_string(node.head[0]) + " of the function";
  if (node.kind == Kind::BlockArgument)
    return "block argument " + std::to_string(node.head[1]) + " of a region";
  if (node.kind == Kind::Unknown || !op)
    return "a value without a definition before it";
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (node.kind == Kind::Region)
    stream << "a region of ";
  stream << "'" << op->getName() << "'";
  return text;
}

std::string Difference::differenceOf(Number a, Number b) const {
  const NumberedNode &left = space[a.node], &right = space[b.node];
  if (left.kind != right.kind || (left.kind == Kind::Op && left.head[0] != right.head[0]))
    return "another op";
  if (left.kind == Kind::Argument || left.kind == Kind::BlockArgument)
    return "another argument";
  if (a.node == b.node)
    return "another result of the op";
  if (left.operands.size() != right.operands.size() || left.regions.size() != right.regions.size())
    return "another number of operands, effects or regions";
  if (left.head == right.head)
    return "";
  if (left.kind == Kind::Region || left.head.size() != right.head.size())
    return "other types or another terminator";
  if (left.head[1] != right.head[1] || left.head[2] != right.head[2])
    return "other attributes";
  return left.head.back() != right.head.back() ? "another place among the side effects"
                                               : "other result types";
}

bool Difference::step(Number &a, Number &b) {
  const NumberedNode &left = space[a.node], &right = space[b.node];
  for (auto [i, j] : llvm::zip(left.operands, right.operands))
    if (i != j) {
      a = i, b = j;
      return true;
    }
  for (auto [i, j] : llvm::zip(left.regions, right.regions))
    if (i != j) {
      a = {i, 0}, b = {j, 0};
      return true;
    }
  return false;
}

void Difference::descend(Number a, Number b) {
  do {
    before = a, after = b;
    what = differenceOf(a, b);
  } while (what.empty() && step(a, b));
}

void Difference::attachTo(InFlightDiagnostic &diagnostic, Location fallback) const {
  auto note = [&](Number number, int program, StringRef text) {
    const NumberedNode &node = space[number.node];
    Operation *op = node.example[program] ? node.example[program] : node.example[1 - program];
    diagnostic.attachNote(op ? op->getLoc() : fallback) << text << describe(node, op);
  };
  note(after, 1, "here the program has ");
  note(before, 0, (Twine("where the reference has ") + (what.empty() ? "" : what + ": ")).str());
}

/// Checks what callers rely on besides the results: types and donation.
static LogicalResult compareSignatures(func::FuncOp reference, func::FuncOp entry) {
  if (reference.getFunctionType() != entry.getFunctionType())
    return emitError(entry.getLoc())
           << '@' << entry.getSymName() << " is not equivalent to the reference: its type is "
           << entry.getFunctionType() << ", not " << reference.getFunctionType();
  auto attributesOf = [](func::FuncOp function, unsigned argument) {
    ArrayRef<NamedAttribute> all = mlir::function_interface_impl::getArgAttrs(function, argument);
    return withoutShardMarks(DictionaryAttr::get(function.getContext(), all));
  };
  for (unsigned i = 0; i < entry.getNumArguments(); ++i) {
    DictionaryAttr before = attributesOf(reference, i), after = attributesOf(entry, i);
    if (before != after)
      return emitError(entry.getLoc())
             << '@' << entry.getSymName() << " is not equivalent to the reference: argument " << i
             << " has attributes " << after << ", not " << before;
  }
  return success();
}

static LogicalResult compareEffects(const NumberSpace &space, const NumberedProgram &reference,
                                    const NumberedProgram &program, func::FuncOp entry) {
  size_t common = std::min(reference.effects.size(), program.effects.size());
  for (size_t i = 0; i < common; ++i) {
    if (reference.effects[i] == program.effects[i])
      continue;
    InFlightDiagnostic diagnostic = emitError(entry.getLoc())
                                    << '@' << entry.getSymName()
                                    << " is not equivalent to the reference: side effect " << i
                                    << " differs";
    Difference(space, {reference.effects[i], 0}, {program.effects[i], 0})
        .attachTo(diagnostic, entry.getLoc());
    return diagnostic;
  }
  if (reference.effects.size() == program.effects.size())
    return success();
  bool more = program.effects.size() > common;
  InFlightDiagnostic diagnostic = emitError(entry.getLoc())
                                  << '@' << entry.getSymName()
                                  << " is not equivalent to the reference: it runs "
                                  << program.effects.size()
                                  << " ops that have side effects or may not run twice, not "
                                  << reference.effects.size();
  Operation *op = more ? space[program.effects[common]].example[1]
                       : space[reference.effects[common]].example[0];
  diagnostic.attachNote(op->getLoc())
      << (more ? "not in the reference: '" : "only in the reference: '") << op->getName() << "'";
  return diagnostic;
}

LogicalResult remat::verifyEquivalent(ModuleOp reference, func::FuncOp referenceEntry,
                                      ModuleOp module, func::FuncOp entry) {
  if (failed(compareSignatures(referenceEntry, entry)))
    return failure();
  NumberSpace space;
  FailureOr<NumberedProgram> before = ValueNumbering(space, reference, 0).run(referenceEntry);
  FailureOr<NumberedProgram> after = ValueNumbering(space, module, 1).run(entry);
  if (failed(before) || failed(after) || failed(compareEffects(space, *before, *after, entry)))
    return failure();
  for (auto [index, left, right] : llvm::enumerate(before->results, after->results)) {
    if (left == right)
      continue;
    InFlightDiagnostic diagnostic = emitError(entry.getLoc())
                                    << '@' << entry.getSymName()
                                    << " is not equivalent to the reference: result " << index
                                    << " differs";
    Difference(space, left, right).attachTo(diagnostic, entry.getLoc());
    return diagnostic;
  }
  return success();
}
