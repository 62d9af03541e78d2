//===- ContractionTile.cpp - the innermost loop of contractions ------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// Compiled once for each kind of machine: REMAT_TILES is the name of what it defines,
// REMAT_VECTOR_BYTES the width of the vectors, REMAT_TILE_ROWS how many rows keep all
// registers busy. Nothing here may be shared with code for other machines, so nothing
// of the standard library is used.
#include "ContractionTile.h"

using namespace remat;

namespace {

template <typename T>
struct Vector {
  static constexpr int width = REMAT_VECTOR_BYTES / sizeof(T);
  typedef T Type __attribute__((vector_size(REMAT_VECTOR_BYTES), aligned(sizeof(T)), may_alias));
};

constexpr int rows = REMAT_TILE_ROWS;
constexpr int vectors = 2; // per row

template <typename T>
void multiply(int64_t depth, const T *left, const T *right, T *out) {
  constexpr int width = Vector<T>::width;
  using V = typename Vector<T>::Type;
  V sums[rows][vectors] = {};
  for (int64_t p = 0; p < depth; ++p, left += rows, right += vectors * width) {
    V factors[vectors];
#pragma GCC unroll 2
    for (int j = 0; j < vectors; ++j)
      factors[j] = *reinterpret_cast<const V *>(right + j * width);
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 2
      for (int j = 0; j < vectors; ++j)
        sums[i][j] += left[i] * factors[j];
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i)
#pragma GCC unroll 2
    for (int j = 0; j < vectors; ++j)
      *reinterpret_cast<V *>(out + (i * vectors + j) * width) = sums[i][j];
}

template <typename T>
constexpr Tile<T> tile = {rows, vectors *Vector<T>::width, multiply<T>};
static_assert(tile<float>.rows * tile<float>.columns <= kTileElements);

} // namespace

const Tiles remat::REMAT_TILES = {tile<float>, tile<double>};
