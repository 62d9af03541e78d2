//===- JointSearch.cpp - lower-set candidates for a joint graph -----------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Recompute/JointSearch.h"

#include "remat/Planning/Recompute/Chen.h"
#include "remat/Planning/Recompute/LowerSetProgram.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace remat::planning {

namespace {

/// Chosen, not measured: a program visits up to half of 512^2 pairs of sets.
constexpr int32_t maxPrunedSets = 512;
/// Levels of halving the range of bounds, and samples added after that. Chosen:
/// nine bounds in equal ratios, then about as many again where they help.
constexpr int coarseLevels = 3;
constexpr int refinements = 8;
/// Of one program: bisection to the smallest bound, then samples. A guess that
/// only progress is measured by: about 16 runs, and 17 for each of two objectives.
constexpr double expectedRuns = 50;

/// Returns a bound between two others, in equal ratio where it can.
int64_t between(int64_t low, int64_t high) {
  if (low < 2)
    return low + (high - low) / 2;
  // The largest root with root * root <= low * high, by bisection.
  auto product = static_cast<__int128>(low) * high;
  int64_t root = low, above = high;
  while (root + 1 < above) {
    int64_t middle = root + (above - root) / 2;
    (static_cast<__int128>(middle) * middle <= product ? root : above) = middle;
  }
  return root;
}

/// The programs of one retention.
class Sampler {
public:
  Sampler(const JointForward &forward, Retention retention, const LowerSetGraph &nodes,
          const StrategyOptions &options, const Candidate &tag, CandidatePool &pool,
          JointSearchReport &report)
      : forward(forward), retention(retention), nodes(nodes), options(options), tag(tag),
        lastSegment(options.lastSegment.value_or(LastSegment::Keep)), pool(pool), report(report) {}

  void runChen() {
    LowerSetFamily family = chenFamily();
    note(family);
    offer(family, chenSequence(family), tag.origin, 0);
  }

  void runKusumoto() {
    std::optional<LowerSetFamily> family;
    if (options.family == Family::Exact) {
      family = LowerSetFamily::all(nodes, maxJointLowerSets);
      if (!family) {
        report.tooLarge = true;
        return;
      }
    } else {
      family = LowerSetFamily::pruned(nodes, /*withPrefixes=*/true);
      family->thin(maxPrunedSets);
    }
    note(*family);
    if (nodes.size() <= maxNodesForChen) {
      LowerSetFamily chen = chenFamily();
      offer(chen, chenSequence(chen), tag.origin + " sequence=chen", 0);
    }
    int shift = gridShiftFor(family->cost.back());
    LowerSetProgram::Progress progress;
    if (options.progress)
      progress = [this](double runs) {
        double half = std::min(1.0, runs / expectedRuns) / 2;
        return options.progress(retention == Retention::Whole ? 0.5 + half : half);
      };
    LowerSetProgram program(*family, shift, progress);
    std::optional<int64_t> least = program.minimalBound(family->work.back());
    if (least && options.objective == Objective::Best) {
      sample(program, *least, Objective::Time);
      sample(program, *least, Objective::Memory);
    } else if (least) {
      sample(program, *least, options.objective);
    }
    report.programs += program.runCount();
    report.states += program.stateCount();
    report.grid = std::max(report.grid, int64_t(1) << shift);
    report.stopped |= program.wasStopped();
  }

private:
  struct Sample {
    int64_t bound;
    std::vector<int32_t> sets;
    Bytes peak; ///< the smaller of the placements'
  };

  LowerSetFamily chenFamily() const {
    if (std::optional<LowerSetFamily> family = LowerSetFamily::all(nodes, maxJointLowerSets))
      return std::move(*family);
    return LowerSetFamily::pruned(nodes, /*withPrefixes=*/true);
  }

  void note(const LowerSetFamily &family) {
    report.lowerSets = std::max<int64_t>(report.lowerSets, family.size());
  }

  /// Offers the sequence with both placements and returns the smaller peak.
  Bytes offer(const LowerSetFamily &family, const std::vector<int32_t> &sets,
              const std::string &origin, int64_t bound) {
    std::vector<int32_t> segmentOf(nodes.size());
    for (size_t i = sets.size(); i-- > 0;)
      for (int32_t node : family.members(sets[i]))
        segmentOf[node] = static_cast<int32_t>(i);
    auto [known, isNew] = peaks.try_emplace(segmentOf);
    if (!isNew)
      return known->second;
    auto segments = static_cast<int32_t>(sets.size());
    auto realised = [&](Placement placement) {
      Candidate candidate = tag;
      candidate.plan.schedule =
          forward.realise(segmentOf, segments, lastSegment, retention, placement);
      candidate.origin =
          origin + (retention == Retention::Whole ? " retention=whole" : " retention=crossing") +
          (placement == Placement::Segment ? " placement=segment" : " placement=just-in-time") +
          " segments=" + std::to_string(segments);
      candidate.bound = bound;
      return pool.offer(std::move(candidate));
    };
    Bytes group = realised(Placement::Segment), single = realised(Placement::JustInTime);
    return known->second = std::min(group, single);
  }

  bool insertSample(LowerSetProgram &program, Objective objective, std::vector<Sample> &samples,
                    size_t at, int64_t bound) {
    std::optional<LowerSetPath> path = program.solve(bound, objective);
    if (!path)
      return false;
    Bytes peak = offer(program.lowerSets(), path->sets,
                       tag.origin + " objective=" + std::string(toString(objective)), bound);
    samples.insert(samples.begin() + at, {bound, std::move(path->sets), peak});
    return true;
  }

  /// Samples bounds from `least`, the smallest with an answer, to the largest of
  /// use. Returns early only when stopped.
  void sample(LowerSetProgram &program, int64_t least, Objective objective) {
    std::vector<Sample> samples;
    if (!insertSample(program, objective, samples, 0, least) ||
        !insertSample(program, objective, samples, 1, program.lowerSets().work.back()))
      return;
    auto splits = [&](size_t i) {
      return samples[i].sets != samples[i + 1].sets &&
             between(samples[i].bound, samples[i + 1].bound) > samples[i].bound;
    };
    for (int level = 0; level < coarseLevels; ++level)
      for (size_t i = 0; i + 1 < samples.size(); ++i)
        if (splits(i)) {
          if (!insertSample(program, objective, samples, i + 1,
                            between(samples[i].bound, samples[i + 1].bound)))
            return;
          ++i;
        }
    for (int step = 0; step < refinements; ++step) {
      size_t widest = samples.size();
      int64_t gap = 0;
      for (size_t i = 0; i + 1 < samples.size(); ++i)
        if (int64_t distance = std::abs(samples[i].peak.count - samples[i + 1].peak.count);
            distance > gap && splits(i)) {
          gap = distance;
          widest = i;
        }
      if (gap == 0 || !insertSample(program, objective, samples, widest + 1,
                                    between(samples[widest].bound, samples[widest + 1].bound)))
        return;
    }
  }

  const JointForward &forward;
  Retention retention;
  const LowerSetGraph &nodes;
  const StrategyOptions &options;
  const Candidate &tag;
  LastSegment lastSegment;
  CandidatePool &pool;
  JointSearchReport &report;
  std::map<std::vector<int32_t>, Bytes> peaks; ///< by segment of each node, as offered
};

/// Calls `visit(sampler)` for each retention that makes a difference.
template <typename Visit>
JointSearchReport forEachRetention(const JointForward &forward, const StrategyOptions &options,
                                   const Candidate &tag, CandidatePool &pool, Visit visit) {
  JointSearchReport report;
  if (forward.nodeCount() == 0)
    return report;
  LowerSetGraph crossing = forward.lowerSetGraph(Retention::Crossing);
  LowerSetGraph whole = forward.lowerSetGraph(Retention::Whole);
  visit(Sampler(forward, Retention::Crossing, crossing, options, tag, pool, report));
  // Only nodes with a successor are ever retained.
  bool differs = false;
  for (int32_t node = 0; node < whole.size(); ++node)
    differs |= !whole.successors[node].empty() && whole.cached[node] != crossing.cached[node];
  if (differs && !report.tooLarge && !report.stopped)
    visit(Sampler(forward, Retention::Whole, whole, options, tag, pool, report));
  return report;
}

} // namespace

JointSearchReport offerChen(const JointForward &forward, const StrategyOptions &options,
                            const Candidate &tag, CandidatePool &pool) {
  return forEachRetention(forward, options, tag, pool, [](Sampler sampler) { sampler.runChen(); });
}

JointSearchReport offerKusumoto(const JointForward &forward, const StrategyOptions &options,
                                const Candidate &tag, CandidatePool &pool) {
  return forEachRetention(forward, options, tag, pool,
                          [](Sampler sampler) { sampler.runKusumoto(); });
}

} // namespace remat::planning
