//===- ContractionTest.cpp - products and convolutions of every layout -----===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Runtime/Contraction.h"

#include "remat/Runtime/Parallel.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

using namespace remat;

namespace {

using Kinds = std::vector<std::vector<ContractionLoop>>;

struct Case {
  std::string name;
  Kinds kinds; ///< Loops of each kind.
};

/// Calls `visit` with the three places of each round of all loops.
void forEachRound(const Kinds &kinds, const std::function<void(int64_t, int64_t, int64_t)> &visit) {
  std::vector<ContractionLoop> loops;
  for (const auto &kind : kinds)
    loops.insert(loops.end(), kind.begin(), kind.end());
  std::function<void(size_t, int64_t, int64_t, int64_t)> run = [&](size_t level, int64_t left,
                                                                   int64_t right, int64_t out) {
    if (level == loops.size())
      return visit(left, right, out);
    const ContractionLoop &loop = loops[level];
    for (int64_t i = 0; i < loop.size; ++i)
      run(level + 1, left + i * loop.left, right + i * loop.right, out + i * loop.out);
  };
  run(0, 0, 0, 0);
}

/// The shape as compiled steps write it.
std::vector<int64_t> shapeOf(const Kinds &kinds) {
  std::vector<int64_t> shape;
  for (const auto &kind : kinds)
    shape.push_back(kind.size());
  for (const auto &kind : kinds)
    for (const ContractionLoop &loop : kind)
      shape.insert(shape.end(), {loop.size, loop.left, loop.right, loop.out});
  return shape;
}

std::vector<double> randomNumbers(int64_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<double> distribution(-1, 1);
  std::vector<double> numbers(count);
  for (double &number : numbers)
    number = distribution(generator);
  return numbers;
}

/// Runs the contraction with all buffers `shift` elements away from a cache line.
template <typename T>
std::vector<T> contract(const Case &c, const std::vector<double> &left,
                        const std::vector<double> &right, const std::vector<double> &out,
                        int64_t shift) {
  auto place = [&](const std::vector<double> &numbers) {
    std::vector<T> buffer(numbers.size() + 32);
    auto begin = reinterpret_cast<uintptr_t>(buffer.data()) / sizeof(T) % (64 / sizeof(T));
    int64_t offset = (64 / sizeof(T) - begin) % (64 / sizeof(T)) + shift;
    std::copy(numbers.begin(), numbers.end(), buffer.begin() + offset);
    return std::pair(std::move(buffer), offset);
  };
  auto [leftBuffer, leftAt] = place(left);
  auto [rightBuffer, rightAt] = place(right);
  auto [outBuffer, outAt] = place(out);
  std::vector<int64_t> shape = shapeOf(c.kinds);
  auto address = [](auto *data) { return reinterpret_cast<intptr_t>(data); };
  auto *run = sizeof(T) == sizeof(float) ? rematContractF32 : rematContractF64;
  run(address(leftBuffer.data() + leftAt), address(rightBuffer.data() + rightAt),
      address(outBuffer.data() + outAt), address(shape.data()));
  return std::vector<T>(outBuffer.begin() + outAt, outBuffer.begin() + outAt + out.size());
}

template <typename T>
void check(const Case &c, double tolerance) {
  int64_t sizes[3] = {};
  forEachRound(c.kinds, [&](int64_t left, int64_t right, int64_t out) {
    sizes[0] = std::max(sizes[0], left + 1);
    sizes[1] = std::max(sizes[1], right + 1);
    sizes[2] = std::max(sizes[2], out + 1);
  });
  std::vector<double> left = randomNumbers(sizes[0], 1), right = randomNumbers(sizes[1], 2),
                      out = randomNumbers(sizes[2], 3), wanted = out, scale(sizes[2], 1);
  forEachRound(c.kinds, [&](int64_t i, int64_t j, int64_t k) {
    wanted[k] += left[i] * right[j];
    scale[k] += std::abs(left[i] * right[j]);
  });
  setThreads(1);
  std::vector<T> found = contract<T>(c, left, right, out, 0);
  for (int64_t i = 0; i < sizes[2]; ++i)
    ASSERT_LE(std::abs(found[i] - wanted[i]), tolerance * scale[i]) << c.name << " element " << i;
  for (int threads : {1, 2, 3})
    for (int64_t shift : {0, 1, 5}) {
      setThreads(threads);
      std::vector<T> again = contract<T>(c, left, right, out, shift);
      EXPECT_EQ(std::memcmp(again.data(), found.data(), found.size() * sizeof(T)), 0)
          << c.name << " on " << threads << " threads, shifted by " << shift;
    }
  setThreads(1);
}

/// A product of m x k and k x n, each as it is or transposed.
Case product(int64_t m, int64_t n, int64_t k, bool leftTurned, bool rightTurned, bool outTurned) {
  return {"product " + std::to_string(m) + " " + std::to_string(n) + " " + std::to_string(k),
          {{},
           {{m, leftTurned ? 1 : k, 0, outTurned ? 1 : n}},
           {{n, 0, rightTurned ? k : 1, outTurned ? m : 1}},
           {{k, leftTurned ? m : 1, rightTurned ? 1 : n, 0}}}};
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (bool leftTurned : {false, true})
    for (bool rightTurned : {false, true})
      for (bool outTurned : {false, true})
        all.push_back(product(37, 45, 29, leftTurned, rightTurned, outTurned));
  // More than one block in each direction, and a rest in each.
  all.push_back(product(131, 530, 270, false, true, false));
  all.push_back(product(1, 1, 1, false, false, false));
  all.push_back(product(4, 3, 300, true, false, false));
  // 3x3, stride 2, dilation 2, of 2x13x13x5 to 2x5x5x7, channels last; then what its
  // weights' gradient is made of: the same loops in other roles.
  ContractionLoop image{2, 13 * 13 * 5, 0, 5 * 5 * 7}, y{5, 2 * 13 * 5, 0, 5 * 7},
      x{5, 2 * 5, 0, 7}, filter{7, 0, 1, 1}, ky{3, 2 * 13 * 5, 3 * 5 * 7, 0},
      kx{3, 2 * 5, 5 * 7, 0}, channel{5, 1, 7, 0};
  all.push_back({"convolution", {{}, {image, y, x}, {filter}, {ky, kx, channel}}});
  auto turned = [](ContractionLoop loop) {
    std::swap(loop.right, loop.out);
    return loop;
  };
  all.push_back({"gradient of weights",
                 {{},
                  {turned(ky), turned(kx), turned(channel)},
                  {turned(filter)},
                  {turned(image), turned(y), turned(x)}}});
  // Attention: batches and heads around products of strided matrices.
  all.push_back({"attention",
                 {{{2, 9 * 3 * 8, 11 * 3 * 8, 3 * 9 * 11}, {3, 8, 8, 9 * 11}},
                  {{9, 3 * 8, 0, 11}},
                  {{11, 0, 3 * 8, 1}},
                  {{8, 1, 1, 0}}}});
  return all;
}

} // namespace

TEST(Contraction, Floats) {
  for (const Case &c : cases())
    check<float>(c, 1e-6);
}

TEST(Contraction, Doubles) {
  for (const Case &c : cases())
    check<double>(c, 1e-15);
}
