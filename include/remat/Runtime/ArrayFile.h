//===- ArrayFile.h - arrays in NumPy's file formats ----------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_RUNTIME_ARRAYFILE_H
#define REMAT_RUNTIME_ARRAYFILE_H

#include "remat/Planning/Support/Status.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remat {

/// One array: elements in row-major order, little endian.
struct Array {
  char kind = 0;     ///< NumPy's letter: f, i, u, b, c, or V for types that it lacks.
  int64_t width = 0; ///< Bytes of one element.
  std::vector<int64_t> shape;
  std::string data;

  /// Returns the type as NumPy spells it: "f4".
  std::string dtype() const { return kind + std::to_string(width); }
};

/// Returns the array that `content`, a .npy file called `name` in messages, holds.
/// Errors: InvalidInput for what is not such a file, for big endian and Fortran
/// order, for objects, and when the bytes do not fit the shape.
planning::Result<Array> readNpy(std::string_view content, const std::string &name);

/// Returns the arrays at `path` by their names: of an .npz file, or of the .npy files
/// of a folder. Errors: Io when it cannot be read, InvalidInput as above.
planning::Result<std::map<std::string, Array>> readArrays(const std::string &path);

} // namespace remat

#endif // REMAT_RUNTIME_ARRAYFILE_H
