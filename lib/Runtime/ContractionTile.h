//===- ContractionTile.h - the innermost loop of contractions -*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_RUNTIME_CONTRACTIONTILE_H
#define REMAT_RUNTIME_CONTRACTIONTILE_H

#include <cstdint>

namespace remat {

/// Computes one tile of a product: out[i * columns + j] = the sum over p in [0, depth) of
/// left[p * rows + i] * right[p * columns + j], one p after the other.
template <typename T>
struct Tile {
  int rows, columns;
  void (*multiply)(int64_t depth, const T *left, const T *right, T *out);
};

/// The tiles for one kind of machine.
struct Tiles {
  Tile<float> f32;
  Tile<double> f64;
};

/// No tile has more elements.
inline constexpr int kTileElements = 512;

// Made of one source, compiled for each kind of machine.
extern const Tiles tilesForAny;
extern const Tiles tilesForAvx2;
extern const Tiles tilesForAvx512;

} // namespace remat

#endif // REMAT_RUNTIME_CONTRACTIONTILE_H
