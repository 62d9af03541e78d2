//===- Elements.cpp - the elements of a step's buffers ---------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Runtime/Elements.h"

#include <bit>
#include <cmath>
#include <complex>
#include <cstdio>
#include <cstring>
#include <limits>

using namespace remat;

int64_t BufferSpec::elements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

bool BufferSpec::accepts(const Array &array) const {
  bool sameKind = array.kind == kind || (kind == 'i' && array.kind == 'u');
  return sameKind && array.width == width && array.shape == shape;
}

template <typename T>
static T load(const std::byte *data, int64_t index) {
  T value;
  std::memcpy(&value, data + index * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
static void store(std::byte *data, int64_t index, T value) {
  std::memcpy(data + index * sizeof(T), &value, sizeof(T));
}

/// One float of `width` bytes; bf16 is the upper half of an f32.
static double loadFloat(const std::byte *data, char kind, int64_t width, int64_t index) {
  if (kind == 'V')
    return std::bit_cast<float>(uint32_t(load<uint16_t>(data, index)) << 16);
  if (width == 2)
    return static_cast<double>(load<_Float16>(data, index));
  return width == 4 ? load<float>(data, index) : load<double>(data, index);
}

static void storeFloat(std::byte *data, char kind, int64_t width, int64_t index, double value) {
  if (kind == 'V')
    store(data, index, uint16_t(std::bit_cast<uint32_t>(static_cast<float>(value)) >> 16));
  else if (width == 2)
    store(data, index, static_cast<_Float16>(value));
  else if (width == 4)
    store(data, index, static_cast<float>(value));
  else
    store(data, index, value);
}

static int64_t loadInteger(const std::byte *data, int64_t width, int64_t index) {
  switch (width) {
  case 1:
    return load<int8_t>(data, index);
  case 2:
    return load<int16_t>(data, index);
  case 4:
    return load<int32_t>(data, index);
  default:
    return load<int64_t>(data, index);
  }
}

static bool isFloat(const BufferSpec &spec) { return spec.kind == 'f' || spec.kind == 'V'; }

/// Returns an element as a number; the parts of a complex one make a pair.
static std::complex<double> loadNumber(const std::byte *data, const BufferSpec &spec,
                                       int64_t index) {
  if (spec.kind == 'c')
    return {loadFloat(data, 'f', spec.width / 2, 2 * index),
            loadFloat(data, 'f', spec.width / 2, 2 * index + 1)};
  if (isFloat(spec))
    return loadFloat(data, spec.kind, spec.width, index);
  return static_cast<double>(loadInteger(data, spec.width, index));
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
static uint64_t mix(uint64_t state) {
  state += 0x9e3779b97f4a7c15;
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
  state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
  return state ^ (state >> 31);
}

void remat::fillRandom(std::byte *data, const BufferSpec &spec, uint64_t seed, uint64_t buffer) {
  uint64_t stream = mix(mix(seed) ^ buffer);
  auto number = [&](int64_t index) { return mix(stream ^ static_cast<uint64_t>(index)); };
  // 24 bits of [0, 1), exact in every type but the halves.
  auto real = [&](int64_t index) { return ((number(index) >> 40) * 0x1p-24) * 0.2 - 0.1; };
  int64_t count = spec.elements();
  if (spec.kind == 'c')
    for (int64_t i = 0; i < 2 * count; ++i)
      storeFloat(data, 'f', spec.width / 2, i, real(i));
  else if (isFloat(spec))
    for (int64_t i = 0; i < count; ++i)
      storeFloat(data, spec.kind, spec.width, i, real(i));
  else
    for (int64_t i = 0; i < count; ++i) { // little endian: the low byte comes first
      std::memset(data + i * spec.width, 0, spec.width);
      data[i * spec.width] = static_cast<std::byte>(number(i) % (spec.kind == 'b' ? 2 : 10));
    }
}

std::string remat::elementText(const std::byte *data, const BufferSpec &spec, int64_t element) {
  auto text = [](double value) {
    char buffer[40];
    std::snprintf(buffer, sizeof buffer, "%.17g", value);
    return std::string(buffer);
  };
  if (spec.kind != 'c' && !isFloat(spec))
    return std::to_string(loadInteger(data, spec.width, element));
  std::complex<double> value = loadNumber(data, spec, element);
  return spec.kind == 'c' ? text(value.real()) + " + " + text(value.imag()) + "i"
                          : text(value.real());
}

/// True for a float, or a part of a complex one, that is no number.
static bool isNan(std::complex<double> value) {
  return std::isnan(value.real()) || std::isnan(value.imag());
}

std::optional<int64_t> remat::firstDifference(const std::byte *left, const std::byte *right,
                                              const BufferSpec &spec) {
  if (std::memcmp(left, right, spec.bytes().count) == 0)
    return std::nullopt;
  bool hasNan = spec.kind == 'c' || isFloat(spec);
  for (int64_t i = 0, count = spec.elements(); i < count; ++i)
    if (std::memcmp(left + i * spec.width, right + i * spec.width, spec.width) != 0 &&
        !(hasNan && isNan(loadNumber(left, spec, i)) && isNan(loadNumber(right, spec, i))))
      return i;
  return std::nullopt;
}

double Distance::relative() const {
  return largest == 0     ? 0
         : magnitude == 0 ? std::numeric_limits<double>::infinity()
                          : largest / magnitude;
}

Distance remat::distance(const std::byte *found, const std::byte *wanted, const BufferSpec &spec) {
  Distance result;
  for (int64_t i = 0, count = spec.elements(); i < count; ++i) {
    std::complex<double> left = loadNumber(found, spec, i), right = loadNumber(wanted, spec, i);
    if (std::isfinite(std::abs(right)))
      result.magnitude = std::max(result.magnitude, std::abs(right));
    if (left == right || (isNan(left) && isNan(right)))
      continue;
    double off = std::abs(left - right);
    if (!std::isfinite(off))
      off = std::numeric_limits<double>::infinity();
    if (off > result.largest) {
      result.largest = off;
      result.element = i;
    }
  }
  return result;
}

int64_t remat::countNonFinite(const std::byte *data, const BufferSpec &spec) {
  if (spec.kind != 'c' && !isFloat(spec))
    return 0;
  int64_t found = 0;
  for (int64_t i = 0, count = spec.elements(); i < count; ++i) {
    std::complex<double> value = loadNumber(data, spec, i);
    found += !std::isfinite(value.real()) || !std::isfinite(value.imag());
  }
  return found;
}
