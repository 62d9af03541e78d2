//===- Folding.cpp - which values are buffers -----------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Folding.h"

#include "Diamonds.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "remat/Analysis/Destination.h"
#include "remat/Analysis/ValueBytes.h"

#include <algorithm>

using namespace mlir;
using remat::planning::OpKind;

namespace remat {

/// Largest result of a folded scalar computation, in bytes: a vector of eight
/// doubles.
static constexpr int64_t scalarBytes = 64;

/// Sorts and drops repetitions.
static void makeSet(std::vector<NodeId> &nodes) {
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
}

static bool isProduct(const Node &node) {
  return node.model.kind == OpKind::Dot || node.model.kind == OpKind::Convolution;
}

/// True if the product is content with operands of 16 bits, as it is unless the
/// program asks for more: by a precision, or by an algorithm, beside which the
/// precision is the default.
static bool roundsOperands(const Node &node) {
  if (node.op->hasAttr("algorithm"))
    return false;
  auto precision = node.op->getAttrOfType<ArrayAttr>("precision_config");
  return !precision || llvm::all_of(precision, [](Attribute each) {
    std::string text;
    llvm::raw_string_ostream(text) << each;
    return StringRef(text).contains("DEFAULT");
  });
}

/// True for what copies elements and computes nothing.
static bool moves(const Node &node) {
  switch (node.model.kind) {
  case OpKind::View:
  case OpKind::Transpose:
  case OpKind::Slice:
  case OpKind::Concat:
  case OpKind::Broadcast:
    return true;
  default:
    return false;
  }
}

Folding::Folding(const Program &program, const AnalysisOptions &options)
    : program(program), folded(program.nodes.size()), parts(program.nodes.size()) {
  tpu = options.memoryModel == MemoryModel::XlaTpu;
  if (options.memoryModel == MemoryModel::Program && !options.foldFree)
    return;
  if (isXla(options.memoryModel))
    findReaders();
  if (options.memoryModel == MemoryModel::Xla)
    findProductSums();
  for (NodeId id = 0; id < static_cast<NodeId>(program.nodes.size()); ++id) {
    std::optional<Footprint> part; // if a rule had to know it
    if (!mayFold(id, options.memoryModel) || !folds(id, options.memoryModel, part))
      continue;
    if (!part)
      part = footprint(id);
    if (part->cone.size() >= maxCone && options.memoryModel != MemoryModel::Arena)
      continue;
    part->cone.push_back(id); // the largest so far: the order holds
    parts[id] = std::move(*part);
    folded[id] = true;
  }
  if (tpu)
    findRounded();
}

bool Folding::folds(NodeId id, MemoryModel model, std::optional<Footprint> &part) const {
  switch (model) {
  case MemoryModel::Program:
    return isFreeScalar(id) || foldsInProgramModel(id);
  case MemoryModel::Arena:
    return foldsInArenaModel(id);
  case MemoryModel::Xla:
  case MemoryModel::XlaTpu:
    return isFreeScalar(id) || foldsInXlaModel(id, part);
  }
  llvm_unreachable("unknown memory model");
}

bool Folding::mayFold(NodeId id, MemoryModel model) const {
  const Node &node = program.nodes[id];
  bool captures = node.captures && !(model == MemoryModel::Arena && capturesConstantsOnly(id));
  return node.model.recomputable && !node.returned && !captures && node.op->getNumResults() > 0;
}

bool Folding::capturesConstantsOnly(NodeId id) const {
  const Node &node = program.nodes[id];
  return llvm::all_of(node.reads, [&](Value value) {
    Operation *maker = value.getDefiningOp();
    return llvm::is_contained(node.op->getOperands(), value) ||
           (maker && maker->hasTrait<OpTrait::ConstantLike>());
  });
}

bool Folding::readsFoldedConstantsOnly(NodeId id) const {
  return llvm::all_of(program.nodes[id].reads, [&](Value value) {
    NodeId maker = program.producer(value);
    return maker >= 0 && folded[maker] && parts[maker].buffers.empty();
  });
}

/// A small value computed from nothing but folded constants.
bool Folding::isFreeScalar(NodeId id) const {
  const Node &node = program.nodes[id];
  int64_t bytes = 0;
  for (int64_t size : node.bytes)
    bytes += std::min(size, scalarBytes + 1);
  return node.model.kind == OpKind::Elementwise && bytes <= scalarBytes &&
         readsFoldedConstantsOnly(id);
}

bool Folding::foldsInProgramModel(NodeId id) const {
  const Node &node = program.nodes[id];
  if (!node.model.free)
    return false;
  if (node.model.kind == OpKind::View)
    return true;
  // What a barrier holds must be in memory.
  return llvm::none_of(
      node.users, [&](NodeId user) { return program.nodes[user].model.kind == OpKind::Barrier; });
}

/// Constants are no part of the arena, numbers are in registers, and a view shows
/// its operand's bytes.
bool Folding::foldsInArenaModel(NodeId id) const {
  const Node &node = program.nodes[id];
  if (llvm::none_of(node.op->getResultTypes(), llvm::IsaPred<ShapedType>))
    return true;
  if (isTensorView(node.op) || soleWriterOver(node.op))
    return true;
  return node.op->hasTrait<OpTrait::ConstantLike>();
}

/// A view passes both questions on to its own readers.
void Folding::findReaders() {
  fusesOperands.assign(program.nodes.size(), false);
  readers.assign(program.nodes.size(), 0);
  auto isView = [](const Node &node) { return node.model.kind == OpKind::View && node.model.free; };
  for (NodeId id = static_cast<NodeId>(program.nodes.size()) - 1; id >= 0; --id) {
    const Node &node = program.nodes[id];
    for (NodeId user : node.users)
      readers[id] += isView(program.nodes[user]) ? readers[user] : 1;
    if (isView(node))
      fusesOperands[id] =
          mayFold(id, MemoryModel::Xla) &&
          llvm::all_of(node.users, [&](NodeId user) { return fusesOperands[user]; });
    else
      fusesOperands[id] = node.model.fusion != Fusion::None || (tpu && isProduct(node));
  }
}

/// A value that only products read, through whatever moves it, is stored as they
/// read it.
void Folding::findRounded() {
  rounded.assign(program.nodes.size(), false);
  for (NodeId id = static_cast<NodeId>(program.nodes.size()) - 1; id >= 0; --id) {
    const Node &node = program.nodes[id];
    rounded[id] =
        !node.returned && !node.users.empty() && llvm::all_of(node.users, [&](NodeId user) {
          const Node &reader = program.nodes[user];
          return isProduct(reader) ? roundsOperands(reader)
                                   : folded[user] && moves(reader) && rounded[user];
        });
  }
}

int64_t Folding::storedBytes(NodeId id, unsigned index) const {
  const Node &node = program.nodes[id];
  if (rounded.empty() || !rounded[id] || floatBits(node.op->getResult(index).getType()) != 32)
    return node.bytes[index];
  return node.bytes[index] / 2;
}

/// True if its readers together read no more bytes when each computes `id` itself
/// than when it is written once and read by each. Without this a chain of sums
/// whose every link has another reader, as of residual blocks, would be one kernel
/// that reads all of their terms.
bool Folding::gainsByFusion(NodeId id, const Footprint &part) const {
  __int128 written = 0, read = 0, count = readers[id];
  for (int64_t bytes : program.nodes[id].bytes)
    written += bytes;
  for (Value value : part.buffers) // of a larger one only a slice
    read += std::min<__int128>(program.bytesOf(value), written);
  return count * read <= read + (1 + count) * written;
}

static bool isSum(const Node &node) {
  return node.op->getName().getStringRef() == "stablehlo.add" && node.op->getNumOperands() == 2;
}

/// True for what shows the elements of one operand in another order.
static bool isTurned(const Node &node) {
  return node.model.kind == OpKind::Transpose || node.model.kind == OpKind::View;
}

void Folding::findProductSums() {
  productSum.assign(program.nodes.size(), false);
  auto sumsProducts = [&](Value value) {
    NodeId maker = program.producer(value);
    return maker >= 0 && productSum[maker];
  };
  for (NodeId id = 0; id < static_cast<NodeId>(program.nodes.size()); ++id) {
    const Node &node = program.nodes[id];
    productSum[id] =
        node.model.kind == OpKind::Dot ||
        ((isSum(node) || isTurned(node)) && llvm::all_of(node.op->getOperands(), sumsProducts));
  }
}

/// Returns the one sum that reads the value of `id`, straight or turned; -1 where something
/// else reads it.
NodeId Folding::onlySumOver(NodeId id) const {
  while (program.nodes[id].users.size() == 1) {
    id = program.nodes[id].users.front();
    if (isSum(program.nodes[id]))
      return id;
    if (!isTurned(program.nodes[id]) || program.nodes[id].returned)
      break;
  }
  return -1;
}

/// A product that only a sum of products reads is added to the other term in place;
/// of two such terms one is: the later.
bool Folding::joinsProductSum(NodeId id) const {
  if (productSum.empty() || program.nodes[id].model.kind != OpKind::Dot)
    return false;
  NodeId sum = onlySumOver(id);
  if (sum < 0 || !productSum[sum])
    return false;
  for (Value term : program.nodes[sum].op->getOperands()) {
    NodeId other = program.producer(term);
    while (isTurned(program.nodes[other]))
      other = program.producer(program.nodes[other].reads.front());
    if (other > id && program.nodes[other].model.kind == OpKind::Dot && onlySumOver(other) == sum)
      return false;
  }
  return true;
}

/// Scatters that add to constants and are only added up become one scatter.
bool Folding::joinsSumOfScatters(NodeId id) const {
  const Node &node = program.nodes[id];
  if (productSum.empty() || node.model.kind != OpKind::Scatter || node.users.size() != 1 ||
      !isSum(program.nodes[node.users.front()]) || node.op->getNumResults() != 1)
    return false;
  NodeId start = program.producer(node.op->getOperand(0));
  Region &combine = node.op->getRegion(0);
  return start >= 0 && folded[start] && parts[start].buffers.empty() && combine.hasOneBlock() &&
         isSum({&combine.front().front()});
}

bool Folding::foldsInXlaModel(NodeId id, std::optional<Footprint> &part) const {
  const Node &node = program.nodes[id];
  if (node.model.free && (node.model.kind == OpKind::View || node.model.kind == OpKind::Constant))
    return true;
  auto readBy = [&](auto accepts) { return llvm::all_of(node.users, accepts); };
  if (node.model.kind == OpKind::Transpose &&
      readBy([&](NodeId user) { return program.nodes[user].model.kind == OpKind::Dot; }))
    return true;
  if (closesDiamond(program, id) || joinsProductSum(id) || joinsSumOfScatters(id))
    return true;
  if (!productSum.empty() && productSum[id] && isSum(node))
    return false;
  if (node.model.fusion != Fusion::Loop && !reducesNothing(node))
    return false;
  // A loop starts from a filled buffer by filling the buffer it carries.
  bool isFill = node.model.kind == OpKind::Broadcast && readsFoldedConstantsOnly(id);
  if (!readBy([&](NodeId user) {
        return fusesOperands[user] || (isFill && program.nodes[user].model.kind == OpKind::Loop);
      }))
    return false;
  part = footprint(id);
  return gainsByFusion(id, *part);
}

void Folding::appendRead(Value value, Footprint &footprint) const {
  // Each step is a buffer that shares the next one's memory.
  for (;;) {
    NodeId maker = program.producer(value);
    if (maker >= 0 && folded[maker]) {
      const Footprint &part = parts[maker];
      footprint.buffers.insert(footprint.buffers.end(), part.buffers.begin(), part.buffers.end());
      footprint.cone.insert(footprint.cone.end(), part.cone.begin(), part.cone.end());
      return;
    }
    footprint.buffers.push_back(value);
    std::optional<Value> shared =
        maker >= 0 ? sharedBuffer(maker, cast<OpResult>(value).getResultNumber()) : std::nullopt;
    if (!shared)
      return;
    value = *shared;
  }
}

Footprint Folding::footprint(NodeId id) const {
  Footprint footprint;
  for (Value value : program.nodes[id].reads)
    appendRead(value, footprint);
  makeSet(footprint.cone);
  llvm::SmallDenseSet<Value> met;
  llvm::erase_if(footprint.buffers, [&](Value value) { return !met.insert(value).second; });
  return footprint;
}

std::optional<Value> Folding::sharedBuffer(NodeId id, unsigned index) const {
  const Node &node = program.nodes[id];
  std::optional<Value> source = aliasedBy(node, index);
  if (!source)
    return std::nullopt;
  // An output needs memory of its own.
  if (node.returned &&
      llvm::is_contained(program.terminator->getOperands(), node.op->getResult(index)))
    return std::nullopt;
  // Through folded views to the buffer they show.
  for (;;) {
    NodeId maker = program.producer(*source);
    if (maker < 0 || !folded[maker])
      return source;
    if (program.nodes[maker].model.kind != OpKind::View)
      return std::nullopt;
    source = program.nodes[maker].reads.front();
  }
}

} // namespace remat
