//===- CallContractions.cpp - remat-call-contractions ---------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Conversion/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "remat/Runtime/Contraction.h"

namespace remat {
#define GEN_PASS_DEF_CALLCONTRACTIONSPASS
#include "remat/Conversion/Passes.h.inc"
} // namespace remat

using namespace mlir;
using remat::ContractionLoop;
using remat::LoopKind;

namespace {

/// A contraction as the runtime takes it.
struct Contraction {
  Value left, right, out;
  std::array<SmallVector<ContractionLoop>, remat::kLoopKinds> kinds;

  SmallVector<ContractionLoop> &operator[](LoopKind kind) { return kinds[static_cast<int>(kind)]; }

  int64_t rounds(LoopKind kind) const {
    int64_t product = 1;
    for (const ContractionLoop &loop : kinds[static_cast<int>(kind)])
      product *= loop.size;
    return product;
  }

  /// The numbers that rematContractF32 reads.
  SmallVector<int64_t> shape() const {
    SmallVector<int64_t> numbers;
    for (const auto &loops : kinds)
      numbers.push_back(loops.size());
    for (const auto &loops : kinds)
      for (const ContractionLoop &loop : loops)
        numbers.append({loop.size, loop.left, loop.right, loop.out});
    return numbers;
  }
};

} // namespace

/// True if the op adds the product of its two inputs to what its output holds, and does
/// nothing else.
static bool addsProducts(linalg::LinalgOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1)
    return false;
  Block *body = op.getBlock();
  if (body->getOperations().size() != 3)
    return false;
  auto product = dyn_cast<arith::MulFOp>(body->front());
  auto sum = dyn_cast<arith::AddFOp>(*std::next(body->begin()));
  if (!product || !sum || body->getTerminator()->getOperand(0) != sum)
    return false;
  Value left = body->getArgument(0), right = body->getArgument(1), old = body->getArgument(2);
  auto isPair = [](Value a, Value b, Value c, Value d) {
    return (a == c && b == d) || (a == d && b == c);
  };
  return isPair(product.getLhs(), product.getRhs(), left, right) &&
         isPair(sum.getLhs(), sum.getRhs(), product, old);
}

/// Returns how many elements the place in `operand` moves on per round of each loop of
/// `op`; nothing if it is no buffer, or its places are no linear function of the loops.
static std::optional<SmallVector<int64_t>> movesOf(linalg::LinalgOp op, OpOperand &operand) {
  auto type = dyn_cast<MemRefType>(operand.get().getType());
  SmallVector<int64_t> strides, moves(op.getNumLoops(), 0);
  int64_t offset = 0;
  if (!type || !type.hasStaticShape() || failed(type.getStridesAndOffset(strides, offset)) ||
      llvm::is_contained(strides, ShapedType::kDynamic))
    return std::nullopt;
  for (auto [expression, stride] :
       llvm::zip_equal(op.getMatchingIndexingMap(&operand).getResults(), strides)) {
    SmallVector<int64_t> factors;
    if (!expression.isPureAffine() ||
        failed(getFlattenedAffineExpr(expression, op.getNumLoops(), 0, &factors)) ||
        factors.size() != op.getNumLoops() + 1 || factors.back() != 0)
      return std::nullopt;
    for (auto [move, factor] : llvm::zip(moves, factors))
      move += factor * stride;
  }
  return moves;
}

/// Columns are the loop along which the output lies in memory: they are what vectors hold.
static void putRunsIntoColumns(Contraction &contraction) {
  auto hasRun = [](ArrayRef<ContractionLoop> loops) {
    return llvm::any_of(loops, [](const ContractionLoop &loop) { return loop.out == 1; });
  };
  if (!hasRun(contraction[LoopKind::Row]))
    return;
  std::swap(contraction.left, contraction.right);
  std::swap(contraction[LoopKind::Row], contraction[LoopKind::Column]);
  for (SmallVector<ContractionLoop> &loops : contraction.kinds)
    for (ContractionLoop &loop : loops)
      std::swap(loop.left, loop.right);
}

/// Returns what `op` computes, if the runtime can compute it, and fast.
static std::optional<Contraction> contractionOf(linalg::LinalgOp op) {
  if (!op.hasPureBufferSemantics() || !addsProducts(op))
    return std::nullopt;
  Type element = getElementTypeOrSelf(op->getOperand(2));
  SmallVector<SmallVector<int64_t>> moves;
  for (OpOperand &operand : op->getOpOperands()) {
    std::optional<SmallVector<int64_t>> of = movesOf(op, operand);
    if (!of || getElementTypeOrSelf(operand.get()) != element)
      return std::nullopt;
    moves.push_back(*of);
  }
  Contraction contraction{op->getOperand(0), op->getOperand(1), op->getOperand(2), {}};
  for (auto [loop, size] : llvm::enumerate(op.getStaticLoopRanges())) {
    if (size == 1)
      continue;
    ContractionLoop step{size, moves[0][loop], moves[1][loop], moves[2][loop]};
    LoopKind kind = !step.out     ? LoopKind::Depth
                    : !step.right ? LoopKind::Row
                    : !step.left  ? LoopKind::Column
                                  : LoopKind::Batch;
    contraction[kind].push_back(step);
  }
  // What is narrower would leave most of a tile empty; what is shorter is mostly copied.
  constexpr int64_t narrowest = 4, fewest = 4096;
  int64_t rows = contraction.rounds(LoopKind::Row), columns = contraction.rounds(LoopKind::Column);
  bool fits = llvm::all_of(contraction.kinds, [](ArrayRef<ContractionLoop> loops) {
    return loops.size() <= static_cast<size_t>(remat::kMostLoops);
  });
  // Rounds of other rows and columns have to write other elements.
  bool isMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isProjectedPermutation();
  if (!(element.isF32() || element.isF64()) || !fits || !isMap ||
      contraction.rounds(LoopKind::Batch) == 0 || std::min(rows, columns) < narrowest ||
      rows * columns * contraction.rounds(LoopKind::Depth) < fewest)
    return std::nullopt;
  putRunsIntoColumns(contraction);
  return contraction;
}

/// Returns the address of the first element of a buffer.
static Value addressOf(OpBuilder &builder, Location loc, Value buffer) {
  Value base = memref::ExtractAlignedPointerAsIndexOp::create(builder, loc, buffer);
  auto type = cast<MemRefType>(buffer.getType());
  if (type.getLayout().isIdentity())
    return base;
  auto metadata = memref::ExtractStridedMetadataOp::create(builder, loc, buffer);
  Value bytes = arith::ConstantIndexOp::create(builder, loc, type.getElementTypeBitWidth() / 8);
  Value offset = arith::MulIOp::create(builder, loc, metadata.getOffset(), bytes);
  return arith::AddIOp::create(builder, loc, base, offset);
}

namespace {

struct CallContractionsPass : remat::impl::CallContractionsPassBase<CallContractionsPass> {
  void runOnOperation() override {
    SymbolTable table(getOperation());
    symbols = &table;
    shapes.clear();
    getOperation().walk([&](linalg::LinalgOp op) {
      if (std::optional<Contraction> contraction = contractionOf(op))
        callRuntime(op, *contraction);
    });
  }

private:
  void callRuntime(linalg::LinalgOp op, const Contraction &contraction) {
    OpBuilder builder(op);
    Location loc = op.getLoc();
    memref::GlobalOp shape = shapeGlobal(contraction.shape());
    Value numbers = memref::GetGlobalOp::create(builder, loc, shape.getType(), shape.getSymName());
    SmallVector<Value> arguments;
    for (Value buffer : {contraction.left, contraction.right, contraction.out, numbers})
      arguments.push_back(addressOf(builder, loc, buffer));
    bool isDouble = getElementTypeOrSelf(contraction.out).isF64();
    func::CallOp::create(builder, loc, declare(isDouble ? "rematContractF64" : "rematContractF32"),
                         arguments);
    op.erase();
  }

  /// Returns a constant that holds `numbers`, one for all contractions of this shape.
  memref::GlobalOp shapeGlobal(ArrayRef<int64_t> numbers) {
    OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
    auto values = DenseElementsAttr::get(
        RankedTensorType::get({static_cast<int64_t>(numbers.size())}, builder.getI64Type()),
        numbers);
    memref::GlobalOp &global = shapes[values];
    if (!global) {
      auto type = MemRefType::get(values.getType().getShape(), builder.getI64Type());
      global = memref::GlobalOp::create(builder, getOperation().getLoc(), "contraction_shape",
                                        builder.getStringAttr("private"), type, values,
                                        /*constant=*/true, /*alignment=*/IntegerAttr());
      symbols->insert(global);
    }
    return global;
  }

  /// Returns the declaration of a function of the runtime, made where it is missing.
  func::FuncOp declare(StringRef name) {
    if (auto function = symbols->lookup<func::FuncOp>(name))
      return function;
    OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
    SmallVector<Type> types(4, builder.getIndexType());
    auto function = func::FuncOp::create(builder, getOperation().getLoc(), name,
                                         builder.getFunctionType(types, {}));
    function.setPrivate();
    symbols->insert(function);
    return function;
  }

  SymbolTable *symbols = nullptr;
  DenseMap<Attribute, memref::GlobalOp> shapes;
};

} // namespace
