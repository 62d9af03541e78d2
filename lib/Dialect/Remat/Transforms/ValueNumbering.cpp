//===- ValueNumbering.cpp - exact numbers for values ----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ValueNumbering.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/TypeUtilities.h"
#include "remat/Analysis/OpModel.h"
#include "remat/Analysis/Shards.h"
#include "remat/Dialect/Remat/IR/Remat.h"
#include "llvm/ADT/Hashing.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace remat;

static uint64_t keyOf(const void *pointer) { return reinterpret_cast<uintptr_t>(pointer); }

//===----------------------------------------------------------------------===//
// NumberSpace
//===----------------------------------------------------------------------===//

size_t NumberSpace::Hash::operator()(const std::vector<uint64_t> &key) const {
  return llvm::hash_combine_range(key.begin(), key.end());
}

uint32_t NumberSpace::intern(NumberedNode node, Operation *op, int program) {
  std::vector<uint64_t> key = {static_cast<uint64_t>(node.kind), node.head.size(),
                               node.operands.size(), node.regions.size()};
  key.insert(key.end(), node.head.begin(), node.head.end());
  for (Number operand : node.operands)
    key.push_back(uint64_t(operand.node) << 32 | operand.result);
  key.insert(key.end(), node.regions.begin(), node.regions.end());
  auto [entry, isNew] = index.try_emplace(std::move(key), static_cast<uint32_t>(nodes.size()));
  if (isNew)
    nodes.push_back(std::move(node));
  Operation *&example = nodes[entry->second].example[program];
  if (!example)
    example = op;
  return entry->second;
}

uint64_t NumberSpace::keyOfResource(Attribute value) {
  auto resource = dyn_cast<DenseResourceElementsAttr>(value);
  AsmResourceBlob *blob = resource ? resource.getRawHandle().getBlob() : nullptr;
  if (!blob)
    return ::keyOf(value.getAsOpaquePointer());
  std::string content;
  llvm::raw_string_ostream(content) << resource.getType() << '\n';
  content.append(blob->getData().begin(), blob->getData().end());
  // Odd, so never the address of an attribute.
  uint64_t next = contents.size();
  return contents.try_emplace(std::move(content), next).first->second * 2 + 1;
}

uint64_t NumberSpace::keyOf(Attribute attributes) {
  if (!attributes)
    return 0;
  if (auto dictionary = dyn_cast<DictionaryAttr>(attributes))
    attributes = withoutShardMarks(dictionary);
  auto [memo, isNew] = keys.try_emplace(attributes, ::keyOf(attributes.getAsOpaquePointer()));
  auto dictionary = dyn_cast<DictionaryAttr>(attributes);
  if (!isNew || !dictionary || llvm::none_of(dictionary, [](NamedAttribute entry) {
        return isa<DenseResourceElementsAttr>(entry.getValue());
      }))
    return memo->second;
  std::vector<uint64_t> key;
  for (NamedAttribute entry : dictionary) {
    key.push_back(::keyOf(entry.getName().getAsOpaquePointer()));
    key.push_back(keyOfResource(entry.getValue()));
  }
  auto number = static_cast<uint32_t>(dictionaries.size());
  return memo->second = dictionaries.try_emplace(std::move(key), number).first->second * 2 + 1;
}

//===----------------------------------------------------------------------===//
// What is looked through
//===----------------------------------------------------------------------===//

/// Returns the attribute `name` of an unregistered op, be it given as property
/// or as attribute.
static Attribute attributeOf(Operation *op, StringRef name) {
  auto properties = dyn_cast_or_null<DictionaryAttr>(op->getPropertiesAsAttribute());
  Attribute found = properties ? properties.get(name) : Attribute();
  return found ? found : op->getDiscardableAttr(name);
}

func::FuncOp ValueNumbering::calleeOf(Operation *op) {
  FlatSymbolRefAttr name;
  if (auto call = dyn_cast<func::CallOp>(op))
    name = call.getCalleeAttr();
  else if (op->getName().getStringRef() == "stablehlo.composite")
    name = dyn_cast_or_null<FlatSymbolRefAttr>(attributeOf(op, "decomposition"));
  auto callee = name ? symbols.lookup<func::FuncOp>(name.getValue()) : func::FuncOp();
  bool fits = callee && !callee.isExternal() && callee.getBody().hasOneBlock() &&
              op->getOperandTypes() == TypeRange(callee.getArgumentTypes()) &&
              op->getResultTypes() == TypeRange(callee.getResultTypes());
  return fits ? callee : func::FuncOp();
}

/// Returns the splat of a `stablehlo.constant` of integers.
static std::optional<APInt> integerSplat(Operation *op) {
  if (!op || op->getName().getStringRef() != "stablehlo.constant")
    return std::nullopt;
  auto value = dyn_cast_or_null<DenseIntElementsAttr>(attributeOf(op, "value"));
  if (!value || !value.isSplat() || op->getResult(0).getType() != value.getType())
    return std::nullopt;
  return value.getSplatValue<APInt>();
}

/// An integer with an odd constant or'ed in has its lowest bit set, so it is
/// not 0. Everything else counts as unproven.
bool ValueNumbering::isProvenTrue(Number predicate) const {
  auto opOf = [&](Number number) { return space[number.node].example[program]; };
  auto isBinary = [&](Number number, StringRef name) {
    Operation *op = opOf(number);
    return op && op->getName().getStringRef() == name && op->getNumOperands() == 2 &&
           op->getNumResults() == 1;
  };
  if (!isBinary(predicate, "stablehlo.compare"))
    return false;
  std::string direction;
  if (Attribute attribute = attributeOf(opOf(predicate), "comparison_direction"))
    llvm::raw_string_ostream(direction) << attribute;
  const std::vector<Number> &compared = space[predicate.node].operands;
  std::optional<APInt> zero = integerSplat(opOf(compared[1]));
  if (direction != "#stablehlo<comparison_direction NE>" || !zero || !zero->isZero())
    return false;
  if (!isBinary(compared[0], "stablehlo.or") ||
      !isa<IntegerType>(getElementTypeOrSelf(opOf(compared[0])->getResult(0))))
    return false;
  return llvm::any_of(space[compared[0].node].operands, [&](Number operand) {
    std::optional<APInt> constant = integerSplat(opOf(operand));
    return constant && (*constant)[0];
  });
}

std::optional<Number> ValueNumbering::sourceOfBits(Operation *op) {
  auto isBitcast = [](Operation *other) {
    return other && other->getName().getStringRef() == "stablehlo.bitcast_convert" &&
           other->getNumOperands() == 1 && other->getNumResults() == 1;
  };
  if (!isBitcast(op))
    return std::nullopt;
  const NumberedNode &inner = space[numberOf(op->getOperand(0)).node];
  Operation *first = inner.example[program];
  if (!isBitcast(first) || first->getOperand(0).getType() != op->getResult(0).getType())
    return std::nullopt;
  return inner.operands.front();
}

Number ValueNumbering::numberOf(Value value) {
  auto [entry, isNew] = numbers.try_emplace(value);
  if (isNew) { // used before it is defined: equal to nothing but itself
    NumberedNode node = {
        NumberedNode::Kind::Unknown, {numbers.size(), uint64_t(program)}, {}, {}, {}};
    entry->second = {space.intern(std::move(node), value.getDefiningOp(), program), 0};
  }
  return entry->second;
}

void ValueNumbering::pass(ValueRange results, ValueRange values) {
  for (auto [result, value] : llvm::zip_equal(results, values))
    numbers[result] = numberOf(value);
}

//===----------------------------------------------------------------------===//
// ValueNumbering
//===----------------------------------------------------------------------===//

FailureOr<NumberedProgram> ValueNumbering::run(func::FuncOp entry) {
  if (entry.isExternal() || !entry.getBody().hasOneBlock()) {
    emitError(entry.getLoc()) << '@' << entry.getSymName()
                              << " cannot be compared: its body is not one block";
    return failure();
  }
  Block &body = entry.getBody().front();
  for (auto [index, argument] : llvm::enumerate(body.getArguments())) {
    NumberedNode node = {NumberedNode::Kind::Argument,
                         {index, keyOf(argument.getType().getAsOpaquePointer())},
                         {},
                         {},
                         {}};
    numbers[argument] = {space.intern(std::move(node), nullptr, program), 0};
  }
  NumberedProgram answer;
  active.push_back(entry);
  if (failed(numberBlock(body, answer.effects)))
    return failure();
  for (Value result : body.getTerminator()->getOperands())
    answer.results.push_back(numberOf(result));
  return answer;
}

LogicalResult ValueNumbering::numberBlock(Block &block, Effects &effects) {
  for (Operation &op : block.without_terminator())
    if (failed(numberOp(&op, effects)))
      return failure();
  return success();
}

LogicalResult ValueNumbering::numberOp(Operation *op, Effects &effects) {
  if (auto recompute = dyn_cast<RecomputeOp>(op)) {
    Block &body = recompute.getBody().front();
    pass(body.getArguments(), recompute.getInputs());
    if (failed(numberBlock(body, effects)))
      return failure();
    pass(op->getResults(), recompute.getYield().getValues());
    return success();
  }
  if (func::FuncOp callee = calleeOf(op))
    return numberCall(op, callee, effects);
  StringRef name = op->getName().getStringRef();
  if (name == "stablehlo.optimization_barrier" && op->getNumRegions() == 0 &&
      op->getOperandTypes() == op->getResultTypes()) {
    pass(op->getResults(), op->getOperands());
    return success();
  }
  if (name == "stablehlo.select" && op->getNumOperands() == 3 && op->getNumResults() == 1 &&
      op->getOperand(1).getType() == op->getResult(0).getType() &&
      isProvenTrue(numberOf(op->getOperand(0)))) {
    pass(op->getResults(), op->getOperand(1));
    return success();
  }
  if (std::optional<Number> source = sourceOfBits(op)) {
    numbers[op->getResult(0)] = *source;
    return success();
  }
  return numberOrdinary(op, effects);
}

LogicalResult ValueNumbering::numberCall(Operation *op, func::FuncOp callee, Effects &effects) {
  if (llvm::is_contained(active, callee))
    return emitError(op->getLoc())
           << "@" << callee.getSymName() << " cannot be compared: it calls itself";
  Block &body = callee.getBody().front();
  active.push_back(callee);
  pass(body.getArguments(), op->getOperands());
  if (failed(numberBlock(body, effects)))
    return failure();
  pass(op->getResults(), body.getTerminator()->getOperands());
  active.pop_back();
  return success();
}

LogicalResult ValueNumbering::numberOrdinary(Operation *op, Effects &effects) {
  NumberedNode node = {NumberedNode::Kind::Op, {}, {}, {}, {}};
  node.head = {keyOf(op->getName().getAsOpaquePointer()),
               space.keyOf(op->getPropertiesAsAttribute()),
               space.keyOf(op->getDiscardableAttrDictionary()), op->getNumResults()};
  for (Type type : op->getResultTypes())
    node.head.push_back(keyOf(type.getAsOpaquePointer()));
  for (Value operand : op->getOperands())
    node.operands.push_back(numberOf(operand));
  // An op may run twice if it may by itself and so may all ops in its regions.
  bool repeatable = OpModelTable::global().lookupAlone(op).recomputable;
  for (Region &region : op->getRegions()) {
    Effects inner;
    FailureOr<uint32_t> number = numberRegion(region, inner);
    if (failed(number))
      return failure();
    node.regions.push_back(*number);
    repeatable &= inner.empty();
  }
  // One that may not is told apart by its place in the sequence.
  node.head.push_back(repeatable ? 0 : effects.size() + 1);
  uint32_t number = space.intern(std::move(node), op, program);
  if (!repeatable)
    effects.push_back(number);
  for (OpResult result : op->getResults())
    numbers[result] = {number, result.getResultNumber()};
  return success();
}

FailureOr<uint32_t> ValueNumbering::numberRegion(Region &region, Effects &effects) {
  NumberedNode node = {NumberedNode::Kind::Region, {region.getBlocks().size()}, {}, {}, {}};
  if (region.getBlocks().size() > 1) {
    emitError(region.getLoc()) << "'" << region.getParentOp()->getName()
                               << "' cannot be compared: it has a region of several blocks";
    return failure();
  }
  if (region.empty())
    return space.intern(std::move(node), region.getParentOp(), program);

  llvm::SaveAndRestore deeper(depth, depth + 1);
  Block &block = region.front();
  for (auto [index, argument] : llvm::enumerate(block.getArguments())) {
    uint64_t type = keyOf(argument.getType().getAsOpaquePointer());
    NumberedNode name = {NumberedNode::Kind::BlockArgument, {depth, index, type}, {}, {}, {}};
    node.head.push_back(type);
    numbers[argument] = {space.intern(std::move(name), nullptr, program), 0};
  }
  if (failed(numberBlock(block, effects)))
    return failure();
  node.head.push_back(effects.size());
  for (uint32_t effect : effects)
    node.operands.push_back({effect, 0});
  if (!block.empty()) {
    Operation &last = block.back();
    if (last.getNumResults() || last.getNumRegions() || last.getNumSuccessors()) {
      emitError(last.getLoc()) << "'" << last.getName()
                               << "' cannot be compared: it ends a region, but has results, "
                                  "regions or successors";
      return failure();
    }
    node.head.push_back(keyOf(last.getName().getAsOpaquePointer()));
    node.head.push_back(space.keyOf(last.getPropertiesAsAttribute()));
    node.head.push_back(space.keyOf(last.getDiscardableAttrDictionary()));
    for (Value value : last.getOperands())
      node.operands.push_back(numberOf(value));
  }
  bool endsPlainly =
      block.empty() || OpModelTable::global().lookupAlone(&block.back()).recomputable;
  uint32_t number = space.intern(std::move(node), region.getParentOp(), program);
  if (!endsPlainly)
    effects.push_back(number);
  return number;
}
