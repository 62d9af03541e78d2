//===- SplitSums.cpp - remat-split-sums ------------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Conversion/Passes.h"

namespace remat {
#define GEN_PASS_DEF_SPLITSUMSPASS
#include "remat/Conversion/Passes.h.inc"
} // namespace remat

using namespace mlir;
using namespace remat;

/// Sums of fewer terms stay as they are. From here on, the partial sums are at most a
/// 32nd of the terms.
static constexpr int64_t kLongSum = 1024;

namespace {

/// How a sum is split: the reduction loops before `loop` run over partial sums, those
/// behind it over the terms of one; `loop` itself runs over `inner` terms of one, and
/// over size / inner partial sums.
struct Split {
  int64_t loop, inner;
};

} // namespace

/// Returns what `op` adds to its only output in each round, or null if it does else.
static Value addend(linalg::GenericOp op) {
  if (!op.hasPureTensorSemantics() || op.getNumDpsInits() != 1 || op.getNumReductionLoops() == 0)
    return nullptr;
  Value total = op.getRegionOutputArgs().front();
  auto add = op.getBody()->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!add || !total.hasOneUse() || !llvm::is_contained(add->getOperands(), total))
    return nullptr;
  return add.getLhs() == total ? add.getRhs() : add.getLhs();
}

/// True if `term` is a product of two inputs, each of which has rows of its own: such
/// sums belong to whoever multiplies matrices, and are summed by blocks there.
static bool isMatrixProduct(linalg::GenericOp op, Value term) {
  auto product = term.getDefiningOp<arith::MulFOp>();
  if (!product)
    return false;
  auto left = dyn_cast<BlockArgument>(product.getLhs());
  auto right = dyn_cast<BlockArgument>(product.getRhs());
  if (!left || !right || left == right)
    return false;
  AffineMap leftMap = op.getIndexingMapsArray()[left.getArgNumber()];
  AffineMap rightMap = op.getIndexingMapsArray()[right.getArgNumber()];
  bool hasRows = false, hasColumns = false;
  for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray()))
    if (kind == utils::IteratorType::parallel) {
      hasRows |= leftMap.isFunctionOfDim(loop) && !rightMap.isFunctionOfDim(loop);
      hasColumns |= rightMap.isFunctionOfDim(loop) && !leftMap.isFunctionOfDim(loop);
    }
  return hasRows && hasColumns;
}

/// Returns the split in which a partial sum has the fewest terms, but no fewer than
/// there are partial sums; nothing where the sizes have no such divisor.
static std::optional<Split> findSplit(linalg::GenericOp op) {
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  SmallVector<unsigned> loops;
  op.getReductionDims(loops);
  int64_t terms = 1;
  for (unsigned loop : loops) {
    if (ShapedType::isDynamic(sizes[loop]))
      return std::nullopt;
    terms *= sizes[loop];
  }
  if (terms < kLongSum)
    return std::nullopt;
  int64_t inner = 1;
  for (unsigned loop : llvm::reverse(loops)) {
    for (int64_t part = 1; part <= sizes[loop]; ++part) {
      int64_t count = inner * part;
      if (sizes[loop] % part || count < terms / count)
        continue;
      if (count == terms)
        return std::nullopt;
      return Split{loop, part};
    }
    inner *= sizes[loop];
  }
  return std::nullopt;
}

namespace {

/// Writes one sum as two: of the terms, and of the partial sums.
class SumSplitter {
public:
  SumSplitter(linalg::GenericOp op, Split split)
      : op(op), split(split), builder(op), loc(op.getLoc()), sizes(op.getStaticLoopRanges()),
        isCut(split.inner < sizes[split.loop]) {}

  void run() {
    Value partial = sumTerms();
    op.getResult(0).replaceAllUsesWith(sumPartials(partial));
    op.erase();
  }

private:
  AffineExpr loopExpr(int64_t loop) {
    // The loop of the terms stands behind that of the partial sums.
    return builder.getAffineDimExpr(loop + (isCut && loop > split.loop));
  }

  /// Returns `operand` with the cut loop's dimension as two, and the map to it.
  std::pair<Value, AffineMap> cutOperand(Value operand, AffineMap map) {
    SmallVector<AffineExpr> exprs;
    SmallVector<int64_t> shape;
    SmallVector<ReassociationIndices> groups;
    for (auto [place, expr] : llvm::enumerate(map.getResults())) {
      int64_t loop = cast<AffineDimExpr>(expr).getPosition();
      int64_t size = cast<RankedTensorType>(operand.getType()).getDimSize(place);
      bool cutHere = isCut && loop == split.loop;
      ReassociationIndices &group = groups.emplace_back();
      group.push_back(shape.size());
      shape.push_back(cutHere ? size / split.inner : size);
      exprs.push_back(loopExpr(loop));
      if (!cutHere)
        continue;
      group.push_back(shape.size());
      shape.push_back(split.inner);
      exprs.push_back(builder.getAffineDimExpr(split.loop + 1));
    }
    if (shape.size() > groups.size()) {
      auto type = RankedTensorType::get(shape, getElementTypeOrSelf(operand));
      operand = tensor::ExpandShapeOp::create(builder, loc, type, operand, groups);
    }
    return {operand, mapOf(exprs)};
  }

  AffineMap mapOf(ArrayRef<AffineExpr> exprs) {
    return AffineMap::get(op.getNumLoops() + isCut, 0, exprs, builder.getContext());
  }

  /// Returns the partial sums: a dimension for each outer loop, then those of the result.
  Value sumTerms() {
    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    for (OpOperand *input : op.getDpsInputOperands()) {
      auto [value, map] = cutOperand(input->get(), op.getMatchingIndexingMap(input));
      inputs.push_back(value);
      maps.push_back(map);
    }
    SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
    SmallVector<AffineExpr> exprs;
    SmallVector<int64_t> shape;
    for (int64_t loop = 0; loop < split.loop + isCut; ++loop)
      if (kinds[loop] == utils::IteratorType::reduction) {
        kinds[loop] = utils::IteratorType::parallel;
        exprs.push_back(builder.getAffineDimExpr(loop));
        shape.push_back(loop == split.loop ? sizes[loop] / split.inner : sizes[loop]);
      }
    outerLoops = shape.size();
    if (isCut)
      kinds.insert(kinds.begin() + split.loop + 1, utils::IteratorType::reduction);
    auto resultType = cast<RankedTensorType>(op.getResultTypes().front());
    llvm::append_range(shape, resultType.getShape());
    for (AffineExpr expr : op.getIndexingMapsArray().back().getResults())
      exprs.push_back(loopExpr(cast<AffineDimExpr>(expr).getPosition()));
    maps.push_back(mapOf(exprs));

    // -0 changes no sum, +0 that of nothing but zeros below 0.
    Type type = resultType.getElementType();
    auto zero = builder.getFloatAttr(type, -0.0);
    Value start = arith::ConstantOp::create(builder, loc, zero);
    Value empty = tensor::EmptyOp::create(builder, loc, shape, type);
    Value filled = linalg::FillOp::create(builder, loc, start, empty).getResult(0);
    auto sum =
        linalg::GenericOp::create(builder, loc, filled.getType(), inputs, filled, maps, kinds);
    sum.getRegion().takeBody(op.getRegion());
    return sum.getResult(0);
  }

  Value sumPartials(Value partial) {
    auto type = cast<RankedTensorType>(partial.getType());
    AffineMap all = builder.getMultiDimIdentityMap(type.getRank());
    AffineMap sums = AffineMap::get(type.getRank(), 0, all.getResults().drop_front(outerLoops),
                                    builder.getContext());
    SmallVector<utils::IteratorType> kinds(type.getRank(), utils::IteratorType::parallel);
    std::fill_n(kinds.begin(), outerLoops, utils::IteratorType::reduction);
    auto sum = linalg::GenericOp::create(builder, loc, op.getResultTypes(), partial,
                                         op.getDpsInits(), ArrayRef<AffineMap>{all, sums}, kinds,
                                         [](OpBuilder &inside, Location loc, ValueRange elements) {
                                           Value total = arith::AddFOp::create(
                                               inside, loc, elements[1], elements[0]);
                                           linalg::YieldOp::create(inside, loc, total);
                                         });
    return sum.getResult(0);
  }

  linalg::GenericOp op;
  Split split;
  OpBuilder builder;
  Location loc;
  SmallVector<int64_t> sizes;
  bool isCut;
  int64_t outerLoops = 0;
};

struct SplitSumsPass : remat::impl::SplitSumsPassBase<SplitSumsPass> {
  void runOnOperation() override {
    getOperation()->walk([](linalg::GenericOp op) {
      Value term = addend(op);
      auto isPlain = [](AffineMap map) { return map.isProjectedPermutation(); };
      if (!term || isMatrixProduct(op, term) || op.hasIndexSemantics() ||
          !llvm::all_of(op.getIndexingMapsArray(), isPlain))
        return;
      if (std::optional<Split> split = findSplit(op))
        SumSplitter(op, *split).run();
    });
  }
};

} // namespace
