//===- RematOps.cpp - planned recomputation as ops ------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/IR/Remat.h"

#include "mlir/IR/Builders.h"
#include "remat/Analysis/OpModel.h"

using namespace mlir;
using namespace remat;

#define GET_OP_CLASSES
#include "remat/Dialect/Remat/IR/RematOps.cpp.inc"

//===----------------------------------------------------------------------===//
// RecomputeOp: custom assembly
//===----------------------------------------------------------------------===//

/// inputs ::= `(` (%arg `=` %value `:` type),* `)`
static ParseResult parseInputs(OpAsmParser &parser,
                               SmallVectorImpl<OpAsmParser::Argument> &arguments,
                               SmallVectorImpl<OpAsmParser::UnresolvedOperand> &operands) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, [&] {
    OpAsmParser::Argument &argument = arguments.emplace_back();
    return failure(parser.parseArgument(argument) || parser.parseEqual() ||
                   parser.parseOperand(operands.emplace_back()) ||
                   parser.parseColonType(argument.type));
  });
}

/// after ::= (`after` `(` (%value `:` type),* `)`)?
static ParseResult parseAfter(OpAsmParser &parser,
                              SmallVectorImpl<OpAsmParser::UnresolvedOperand> &operands,
                              SmallVectorImpl<Type> &types) {
  if (failed(parser.parseOptionalKeyword("after")))
    return success();
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, [&] {
    return failure(parser.parseOperand(operands.emplace_back()) ||
                   parser.parseColonType(types.emplace_back()));
  });
}

ParseResult RecomputeOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<OpAsmParser::UnresolvedOperand> inputs, after;
  SmallVector<Type> inputTypes, afterTypes;
  SMLoc loc = parser.getCurrentLocation();
  Region *body = result.addRegion();
  if (parseInputs(parser, arguments, inputs) || parseAfter(parser, after, afterTypes) ||
      parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
      parser.parseRegion(*body, arguments))
    return failure();
  for (const OpAsmParser::Argument &argument : arguments)
    inputTypes.push_back(argument.type);
  if (parser.resolveOperands(inputs, inputTypes, loc, result.operands) ||
      parser.resolveOperands(after, afterTypes, loc, result.operands))
    return failure();
  result.getOrAddProperties<Properties>().operandSegmentSizes = {
      static_cast<int32_t>(inputs.size()), static_cast<int32_t>(after.size())};
  if (body->empty() || body->front().empty() || !isa<YieldOp>(body->front().back()))
    return parser.emitError(loc, "the body of 'remat.recompute' ends in 'remat.yield'");
  result.addTypes(body->front().back().getOperandTypes());
  return success();
}

void RecomputeOp::print(OpAsmPrinter &printer) {
  printer << " (";
  llvm::interleaveComma(llvm::zip_equal(getBody().getArguments(), getInputs()), printer,
                        [&](auto pair) {
                          auto [argument, input] = pair;
                          printer << argument << " = " << input << " : " << input.getType();
                        });
  printer << ")";
  if (!getAfter().empty()) {
    printer << " after (";
    llvm::interleaveComma(getAfter(), printer,
                          [&](Value value) { printer << value << " : " << value.getType(); });
    printer << ")";
  }
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(), {getOperandSegmentSizesAttrName()});
  printer << " ";
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

void RecomputeOp::getAsmBlockArgumentNames(Region &region, OpAsmSetValueNameFn setName) {
  for (BlockArgument argument : region.getArguments())
    setName(argument, "kept");
}

//===----------------------------------------------------------------------===//
// RecomputeOp: verifier
//===----------------------------------------------------------------------===//

YieldOp RecomputeOp::getYield() { return cast<YieldOp>(getBody().front().getTerminator()); }

LogicalResult RecomputeOp::verify() {
  if (getNumResults() == 0)
    return emitOpError("recomputes no value");
  Block &block = getBody().front();
  if (block.getNumArguments() != getInputs().size())
    return emitOpError() << "has " << getInputs().size() << " inputs, but its body takes "
                         << block.getNumArguments();
  for (auto [index, argument, input] : llvm::enumerate(block.getArguments(), getInputs()))
    if (argument.getType() != input.getType())
      return emitOpError() << "has input " << index << " of type " << input.getType()
                           << ", but its body takes " << argument.getType();
  if (block.empty() || !isa<YieldOp>(block.back()))
    return emitOpError("has a body that does not end in 'remat.yield'");
  return success();
}

LogicalResult RecomputeOp::verifyRegions() {
  YieldOp yield = getYield();
  if (yield.getNumOperands() != getNumResults())
    return emitOpError() << "has " << getNumResults() << " results, but its body yields "
                         << yield.getNumOperands();
  for (auto [index, value, result] : llvm::enumerate(yield.getValues(), getResults()))
    if (value.getType() != result.getType())
      return emitOpError() << "has result " << index << " of type " << result.getType()
                           << ", but its body yields " << value.getType();
  for (Operation &op : getBody().front().without_terminator())
    if (!OpModelTable::global().lookup(&op).recomputable) {
      InFlightDiagnostic diagnostic = emitOpError() << "recomputes '" << op.getName()
                                                    << "', which may not run more than once";
      diagnostic.attachNote(op.getLoc()) << "it has side effects, is random, is marked "
                                         << "'remat.keep', or is unknown to the op table";
      return diagnostic;
    }
  return success();
}
