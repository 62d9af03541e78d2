//===- Contraction.cpp - products and convolutions -------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// Blocked as in Goto and van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication" (2008). Both factors are copied into panels first, from places that
// are sums of one offset per row (or column) and one per depth; so convolutions and
// transposed matrices differ from plain products in their offsets only.
#include "remat/Runtime/Contraction.h"

#include "ContractionTile.h"
#include "remat/Runtime/Parallel.h"

#include <algorithm>
#include <memory>
#include <vector>

using namespace remat;

// A block of the left factor stays in the second cache, one of the right in the third.
static constexpr int64_t kDepth = 256, kRows = 120, kColumns = 512;
/// Elements next to each other that are copied together: a cache line of floats.
static constexpr int64_t kRun = 16;

namespace {

struct Range {
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};

/// The loops of one kind, taken as one.
struct Loops {
  const ContractionLoop *loops;
  int64_t count;

  int64_t rounds() const {
    int64_t product = 1;
    for (int64_t i = 0; i < count; ++i)
      product *= loops[i].size;
    return product;
  }

  /// Writes the places of the rounds in `range`, as `operand` counts, to `places`.
  void fill(int64_t ContractionLoop::*operand, Range range, int64_t *places) const {
    int64_t index[kMostLoops], place = 0, rest = range.begin;
    for (int64_t i = count; i-- > 0; rest /= loops[i].size) {
      index[i] = rest % loops[i].size;
      place += index[i] * loops[i].*operand;
    }
    for (int64_t round = range.begin; round < range.end; ++round) {
      *places++ = place;
      for (int64_t i = count; i-- > 0;) {
        place += loops[i].*operand;
        if (++index[i] < loops[i].size)
          break;
        place -= index[i] * loops[i].*operand;
        index[i] = 0;
      }
    }
  }
};

/// The panels and tables of one thread. Of doubles, half as many fit.
struct Workspace {
  alignas(64) float left[kRows * kDepth], right[kColumns * kDepth];
  alignas(64) float tile[2 * kTileElements];
  int64_t depthLeft[kDepth], depthRight[kDepth];
  int64_t rowLeft[kRows], rowOut[kRows], columnRight[kColumns], columnOut[kColumns];
};

} // namespace

/// One per thread; made by prepareContractions.
static std::vector<std::unique_ptr<Workspace>> workspaces;

void remat::prepareContractions() {
  workspaces.clear();
  for (int thread = 0; thread < threadCount(); ++thread)
    workspaces.push_back(std::make_unique<Workspace>()); // all zero, so every page is there
}

static const Tiles &tilesForHost() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f"))
    return tilesForAvx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return tilesForAvx2;
#endif
  return tilesForAny;
}

template <typename T>
static const Tile<T> &hostTile() {
  static const Tiles &tiles = tilesForHost();
  if constexpr (sizeof(T) == sizeof(float))
    return tiles.f32;
  else
    return tiles.f64;
}

static bool isRun(const int64_t *places, int64_t count) {
  for (int64_t i = 1; i < count; ++i)
    if (places[i] != places[0] + i)
      return false;
  return true;
}

/// Copies the elements at outer[i] + depth[p] of `data` into panels of `width` values
/// of i: panel[p * width + i]. In the last panel, the last i stands for what is missing.
template <typename T>
static void pack(const T *data, const int64_t *outer, int64_t outerCount, const int64_t *depth,
                 int64_t depthCount, int64_t width, T *panel) {
  for (int64_t begin = 0; begin < outerCount; begin += width, panel += width * depthCount) {
    int64_t count = std::min(width, outerCount - begin);
    if (count == width && isRun(outer + begin, width)) {
      for (int64_t p = 0; p < depthCount; ++p)
        std::copy_n(data + outer[begin] + depth[p], width, panel + p * width);
      continue;
    }
    for (int64_t first = 0; first < depthCount; first += kRun)
      for (int64_t i = 0; i < width; ++i) {
        const T *source = data + outer[begin + std::min(i, count - 1)];
        for (int64_t p = first, last = std::min(first + kRun, depthCount); p < last; ++p)
          panel[p * width + i] = source[depth[p]];
      }
  }
}

/// Adds the part of a tile that exists to the result.
template <typename T>
static void addTile(const T *tile, int64_t width, T *out, const int64_t *rows, int64_t rowCount,
                    const int64_t *columns, int64_t columnCount) {
  bool inRow = isRun(columns, columnCount);
  for (int64_t i = 0; i < rowCount; ++i, tile += width) {
    T *target = out + rows[i];
    if (inRow)
      for (int64_t j = 0; j < columnCount; ++j)
        target[columns[0] + j] += tile[j];
    else
      for (int64_t j = 0; j < columnCount; ++j)
        target[columns[j]] += tile[j];
  }
}

namespace {

/// A contraction on elements of type T.
template <typename T>
class Contraction {
public:
  Contraction(const T *left, const T *right, T *out, const int64_t *shape)
      : left(left), right(right), out(out) {
    auto *next = reinterpret_cast<const ContractionLoop *>(shape + kLoopKinds);
    for (int kind = 0; kind < kLoopKinds; ++kind) {
      kinds[kind] = {next, shape[kind]};
      next += shape[kind];
    }
  }

  /// Shares the result among the threads: blocks of columns times groups of rows times
  /// rounds of the batch. The depth is in one piece, so that no sum depends on it.
  void run() {
    if (workspaces.size() != static_cast<size_t>(threadCount()))
      prepareContractions();
    int64_t batch = loops(LoopKind::Batch).rounds(), rows = loops(LoopKind::Row).rounds();
    int64_t columns = loops(LoopKind::Column).rounds();
    int64_t columnBlocks = (columns + columnsPerBlock - 1) / columnsPerBlock;
    int64_t wanted = threadCount() == 1 ? 1 : 4 * threadCount();
    int64_t groups = std::max<int64_t>((wanted - 1) / (batch * columnBlocks) + 1, 1);
    int64_t rowsPerGroup = ((rows - 1) / groups / tile.rows + 1) * tile.rows;
    groups = (rows - 1) / rowsPerGroup + 1;
    runParallel(batch * groups * columnBlocks, [&](int64_t task, int thread) {
      int64_t block = task % columnBlocks, group = task / columnBlocks % groups;
      int64_t round = task / columnBlocks / groups;
      Range rowRange = {group * rowsPerGroup, std::min((group + 1) * rowsPerGroup, rows)};
      Range columnRange = {block * columnsPerBlock,
                           std::min((block + 1) * columnsPerBlock, columns)};
      multiply(round, rowRange, columnRange, *workspaces[thread]);
    });
  }

private:
  static constexpr int64_t columnsPerBlock = kColumns * sizeof(float) / sizeof(T);
  static constexpr int64_t rowsPerBlock = kRows * sizeof(float) / sizeof(T);

  const Loops &loops(LoopKind kind) const { return kinds[static_cast<int>(kind)]; }

  /// One round of the batch, for some rows and at most a block of columns.
  void multiply(int64_t round, Range rows, Range columns, Workspace &space) {
    int64_t start[3];
    loops(LoopKind::Batch).fill(&ContractionLoop::left, {round, round + 1}, start);
    loops(LoopKind::Batch).fill(&ContractionLoop::right, {round, round + 1}, start + 1);
    loops(LoopKind::Batch).fill(&ContractionLoop::out, {round, round + 1}, start + 2);
    loops(LoopKind::Column).fill(&ContractionLoop::right, columns, space.columnRight);
    loops(LoopKind::Column).fill(&ContractionLoop::out, columns, space.columnOut);
    T *panels = reinterpret_cast<T *>(space.right);
    int64_t depth = loops(LoopKind::Depth).rounds();
    int64_t depthBlocks = (depth - 1) / kDepth + 1;
    int64_t depthPerBlock = (depth - 1) / depthBlocks + 1;
    for (int64_t first = 0; first < depth; first += depthPerBlock) {
      Range block = {first, std::min(first + depthPerBlock, depth)};
      loops(LoopKind::Depth).fill(&ContractionLoop::left, block, space.depthLeft);
      loops(LoopKind::Depth).fill(&ContractionLoop::right, block, space.depthRight);
      pack(right + start[1], space.columnRight, columns.size(), space.depthRight, block.size(),
           tile.columns, panels);
      for (int64_t row = rows.begin; row < rows.end; row += rowsPerBlock)
        multiplyRows(left + start[0], out + start[2], {row, std::min(row + rowsPerBlock, rows.end)},
                     columns.size(), block.size(), space);
    }
  }

  /// A block of rows times the packed panels of the right factor.
  void multiplyRows(const T *from, T *to, Range rows, int64_t columns, int64_t depth,
                    Workspace &space) {
    T *leftPanels = reinterpret_cast<T *>(space.left);
    const T *rightPanels = reinterpret_cast<const T *>(space.right);
    T *result = reinterpret_cast<T *>(space.tile);
    loops(LoopKind::Row).fill(&ContractionLoop::left, rows, space.rowLeft);
    loops(LoopKind::Row).fill(&ContractionLoop::out, rows, space.rowOut);
    pack(from, space.rowLeft, rows.size(), space.depthLeft, depth, tile.rows, leftPanels);
    for (int64_t j = 0; j < columns; j += tile.columns)
      for (int64_t i = 0; i < rows.size(); i += tile.rows) {
        tile.multiply(depth, leftPanels + i * depth, rightPanels + j * depth, result);
        addTile(result, tile.columns, to, space.rowOut + i,
                std::min<int64_t>(tile.rows, rows.size() - i), space.columnOut + j,
                std::min<int64_t>(tile.columns, columns - j));
      }
  }

  const T *left, *right;
  T *out;
  Loops kinds[kLoopKinds];
  const Tile<T> &tile = hostTile<T>();
};

} // namespace

template <typename T>
static void contract(intptr_t left, intptr_t right, intptr_t out, intptr_t shape) {
  Contraction<T>(reinterpret_cast<const T *>(left), reinterpret_cast<const T *>(right),
                 reinterpret_cast<T *>(out), reinterpret_cast<const int64_t *>(shape))
      .run();
}

void rematContractF32(intptr_t left, intptr_t right, intptr_t out, intptr_t shape) {
  contract<float>(left, right, out, shape);
}

void rematContractF64(intptr_t left, intptr_t right, intptr_t out, intptr_t shape) {
  contract<double>(left, right, out, shape);
}
