//===- CutCandidates.cpp - plans from priced minimum cuts -----------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/CutCandidates.h"

#include "remat/Planning/Search/CutRealise.h"

#include <algorithm>
#include <bit>

namespace remat::planning::search {

namespace {

constexpr int32_t kOctave = 64;
constexpr int32_t kStride = 3 * kOctave;
/// Weights are counted in 1/1000 and must leave room for the prices.
constexpr int64_t kWeight = 1000;

int32_t octaveOf(int32_t index) {
  return index >= 0 ? index / kOctave : -((kOctave - 1 - index) / kOctave);
}

std::vector<int64_t> weightsOf(const SearchGraph &graph, int32_t cut, int64_t eagerness) {
  std::vector<int64_t> weights(graph.valueCount(), kWeight);
  int64_t span = graph.opCount() - cut;
  for (int32_t value = 0; value < graph.firstResult(cut + 1); ++value)
    if (!graph.readers(value).empty() && graph.readers(value).back() > cut)
      weights[value] += eagerness * (graph.readers(value).back() - cut) / span;
  return weights;
}

CutModel::Options modelOptions(const SearchGraph &graph, int32_t cut, int64_t eagerness) {
  CutModel::Options options;
  options.freeWorkingSet = false;
  if (eagerness > 0)
    options.weights = weightsOf(graph, cut, eagerness);
  return options;
}

} // namespace

CutPrices priceAt(int32_t index) {
  int32_t octave = octaveOf(index);
  CutPrices prices;
  prices.cost = int64_t(1) << std::clamp(-octave, 0, 61);
  prices.bytes = {static_cast<int64_t>(kOctave + index - octave * kOctave)
                  << std::clamp(octave, 0, 54)};
  return prices;
}

CutSweep::CutSweep(const SearchGraph &graph, int32_t cut, int64_t eagerness,
                   std::function<void(const Measured &)> offer)
    : graph(graph), at(cut), model(graph, {cut}, modelOptions(graph, cut, eagerness)),
      offer(std::move(offer)),
      weightOctaves(eagerness > 0 ? std::bit_width(static_cast<uint64_t>(kWeight)) : 0) {
  findRange();
}

const CutSweep::Point &CutSweep::solve(int32_t index) {
  if (auto known = solved.find(index); known != solved.end())
    return known->second;
  CutSolution solution = model.solve(priceAt(index));
  Point point{0, solution.cost, solution.bytes[0]};
  for (const auto &[other, same] : solved)
    if (same.extra == point.extra && same.stored == point.stored) {
      point = same; // almost surely the same sets: not worth a measurement
      return solved.emplace(index, point).first->second;
    }
  CutChoice choice;
  choice.cut = at;
  choice.stored = model.stored(solution, 0);
  Measured plan = measure(graph, realiseJustInTime(graph, {&choice, 1}));
  point.peak = plan.peak;
  offer(plan);
  return solved.emplace(index, point).first->second;
}

/// Walks from the price at which all bytes cost as much as all ops outwards, until
/// the sets change no more or the sums would not fit.
void CutSweep::findRange() {
  int64_t bytes = 1;
  for (int32_t value = 0; value < graph.valueCount(); ++value)
    bytes += graph.bytes(value);
  int32_t octave = std::bit_width(static_cast<uint64_t>(graph.baseCost())) -
                   std::bit_width(static_cast<uint64_t>(bytes)) -
                   std::bit_width(static_cast<uint64_t>(kOctave)) - weightOctaves;
  cheap = dear = octave * kOctave;
  for (int32_t left = 12; left > 0 && model.fits(priceAt(cheap)) && solve(cheap).extra > 0; --left)
    cheap -= kStride;
  for (int32_t left = 12; left > 0 && model.fits(priceAt(dear + kStride)); --left) {
    int64_t before = solve(dear).stored;
    if (dear > cheap + kStride && solve(dear + kStride).stored == before)
      break;
    dear += kStride;
  }
}

void CutSweep::spread(int32_t count) {
  for (int32_t i = 0; i <= count; ++i)
    if (int32_t index = cheap + (dear - cheap) / std::max(count, 1) * i; model.fits(priceAt(index)))
      solve(index);
}

void CutSweep::aim(int64_t limit) {
  int32_t low = cheap, high = dear;
  if (!model.fits(priceAt(low)) || !model.fits(priceAt(high)) || solve(high).peak > limit)
    return;
  while (high - low > 1) {
    int32_t middle = low + (high - low) / 2;
    (solve(middle).peak <= limit ? high : low) = middle;
    // Between two equal sets there is nothing to find.
    if (solve(low).stored == solve(high).stored && solve(low).extra == solve(high).extra)
      break;
  }
}

} // namespace remat::planning::search
