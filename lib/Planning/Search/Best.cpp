//===- Best.cpp - strategy best -------------------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Search/Best.h"

#include "StepBound.h"

#include "remat/Planning/Search/CutCandidates.h"
#include "remat/Planning/Search/CutRealise.h"
#include "remat/Planning/Search/IteratedGreedy.h"
#include "remat/Planning/Search/NearbyPlan.h"
#include "remat/Planning/Search/ProvenFloor.h"
#include "remat/Planning/Search/RefittedPlans.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace remat::planning::search {

namespace {

/// Plans that are improved one by one.
constexpr size_t kStarts = 5;
/// Candidates refitted besides the base order.
constexpr size_t kGuides = 15;
/// Graphs of more ops get fewer candidates, and other strategies' plans less often: at 95,000
/// ops these take twice as long as all the rest.
constexpr int32_t kHugeOps = 20'000;
/// With effort fast, so many ops have to be planned in less time than that effort takes
/// for fewer: fewer cuts, candidates and refits, and repairs only if none of these fits.
constexpr int32_t kHurryOps = 4'000;
constexpr int64_t kHurryStates = 500, kHurryRefits = 12;
/// Ops times flows of the proven floor, at most.
constexpr int64_t kFloorOps = 200'000;

/// Ops times searches for a smaller peak, at most.
constexpr int64_t kShrinkOps = 4'000;
/// Of these searches, at most.
constexpr int64_t kMostTries = 8;
/// Of the bytes between the smallest peak and the floor: no smaller step is tried.
constexpr int64_t kFinestPart = 32;

/// Seeds of the first improvement and of those after it, how many of these tiny graphs use,
/// and which of them starts anew on others.
constexpr uint64_t kFirstSeed = 2, kSeeds[] = {3, 4, 5, 6};
constexpr size_t kTinySeeds = 3, kStartsSeed = 1;
/// The most ops of graphs that use more seeds than one where a plan's extra cost
/// exceeds the bound by more than a share of it.
constexpr int32_t kMiddlingOps = 1200;
constexpr int64_t kOpenShare = 20;

/// Of the step: where less is open, improvement gets a part of its work only; where less
/// than the other share is and no start got better, the last improvement does.
constexpr int64_t kNearShare = 800, kNearWork = 8, kCloseShare = 200, kCloseWork = 4;

class BestSearch {
public:
  BestSearch(const Problem &problem, const StrategyOptions &options, CandidatePool &pool,
             const std::function<void()> &offerSeeds)
      : problem(problem), options(options), pool(pool), offerSeeds(offerSeeds), graph(problem),
        limits(limitsOf(options.effort, graph.opCount())),
        hurried(options.effort == Effort::Fast && graph.opCount() > kHurryOps) {}

  /// `lucky`: with improvements by other random numbers.
  BestReport run(std::optional<Bytes> budget, bool lucky);

private:
  void findCheapest(int64_t limit, bool lucky);
  void collectAndRefit(int64_t limit);
  void collect(int64_t limit);
  void add(const Measured &plan) { candidates.push_back(plan); }
  void addRealised(std::span<const CutChoice> choices) {
    if (!choices.empty())
      add(measure(graph, realiseJustInTime(graph, choices)));
  }
  void keep(Measured plan);
  std::vector<const Measured *> pareto(int64_t limit) const;
  std::vector<const Measured *> front(int64_t limit) const;
  void refit(std::span<const Measured *const> guides, int64_t limit, int64_t allowance);
  void refitCandidates(int64_t limit);
  bool reach(int64_t limit, bool noisy = true);
  void improveReached(int64_t limit, uint64_t seed = kFirstSeed);
  bool isFar(int64_t extra) const;
  bool isTiny() const { return graph.opCount() <= kTinyOps; }
  bool isWithin(int64_t extra, int64_t share) const;
  bool isHuge() const { return graph.opCount() > kHugeOps; }
  bool deservesLuck() const;
  void tryLuck(int64_t limit, const std::vector<Measured> &starts);
  /// For one repair.
  int64_t repairWork() const { return std::max(limits.work / 4, int64_t(40) * graph.opCount()); }
  void takeSeeds(int64_t limit);
  void findSmallest();
  void offer();
  bool goOn(double share);

  const Problem &problem;
  const StrategyOptions &options;
  CandidatePool &pool;
  const std::function<void()> &offerSeeds;
  SearchGraph graph;
  Limits limits;
  bool hurried; ///< until that finds no plan
  BestReport report;
  int64_t boundExtra = 0;
  std::vector<Measured> candidates;
  std::vector<Measured> reached; ///< within the limit, the cheapest first, all different
};

bool BestSearch::goOn(double share) {
  if (!report.stopped && options.progress && !options.progress(share))
    report.stopped = true;
  return !report.stopped;
}

/// Fills in plans on both sides of the limit.
void BestSearch::collect(int64_t limit) {
  add(measure(graph, {}));
  for (int32_t cut : turnsOf(problem, graph))
    for (int64_t eagerness : {20, 0, 300, 2000}) {
      if (!goOn(0.1) || ((isHuge() || hurried) && eagerness != 20))
        return;
      CutSweep sweep(graph, cut, eagerness, [this](const Measured &plan) { add(plan); });
      sweep.aim(limit);
      sweep.aim(limit / 10 * 8);
      if (eagerness == 20)
        sweep.spread(limits.spread);
      report.flows += sweep.flows();
    }
}

/// The plans of `candidates` of which no other is as cheap and as small, from the
/// cheapest up, to the first that fits.
std::vector<const Measured *> BestSearch::pareto(int64_t limit) const {
  std::vector<const Measured *> chosen;
  std::vector<std::tuple<int64_t, int64_t, size_t>> order; // extra cost, peak, candidate
  for (const Measured &plan : candidates)
    order.emplace_back(plan.extra, plan.peak, order.size());
  std::sort(order.begin(), order.end());
  for (const auto &[extra, peak, index] : order)
    if (chosen.empty() || peak < chosen.back()->peak) {
      chosen.push_back(&candidates[index]);
      if (peak <= limit)
        break;
    }
  return chosen;
}

/// Of these, few, from the smallest peak up, at least 3 % apart.
std::vector<const Measured *> BestSearch::front(int64_t limit) const {
  std::vector<const Measured *> all = pareto(limit), thinned;
  for (; !all.empty() && thinned.size() < limits.candidates; all.pop_back())
    if (thinned.empty() || all.back()->peak / 1000 > thinned.back()->peak / 1000 *
                                                         (thinned.size() < 3 ? 1006 : 1030) / 1000)
      thinned.push_back(all.back());
  return thinned;
}

/// Refits plans within the limit and keeps what comes out.
void BestSearch::refit(std::span<const Measured *const> guides, int64_t limit, int64_t allowance) {
  RefittedPlans refits(graph, limit);
  int64_t least = hurried ? kHurryRefits : 40;
  refits.run(guides, {std::max(allowance, least * graph.opCount()), boundExtra,
                      [this] { return goOn(0.2); }});
  for (Measured &plan : refits.plans())
    keep(std::move(plan));
  if (refits.smallest())
    add(*refits.smallest());
  report.work += refits.work();
}

/// Refits the base order and candidates, the smallest that do not fit first.
void BestSearch::refitCandidates(int64_t limit) {
  std::vector<const Measured *> guides = pareto(limit);
  std::reverse(guides.begin(), guides.end());
  if (guides.size() > kGuides) // the base order and those near the limit
    guides.erase(guides.begin() + kGuides, guides.end() - 1);
  std::rotate(guides.begin(), guides.end() - 1, guides.end());
  refit(guides, limit, limits.work / 4);
}

/// Repairs candidates to the limit and keeps the cheapest in `reached`.
bool BestSearch::reach(int64_t limit, bool noisy) {
  std::vector<const Measured *> starts = front(limit);
  Repairer repairer(graph, limit, 1);
  auto attempt = [&](const Measured &start, int64_t noise) {
    int64_t ceiling = reached.empty() ? repairer.dearest() : reached.front().extra;
    if (!reached.empty()) // pruning takes some away
      ceiling += ceiling / 8;
    if (start.extra >= ceiling)
      return;
    RepairOptions repair;
    repair.noise = noise;
    repair.costLimit = ceiling;
    repair.work = repairWork();
    if (std::optional<Measured> plan = repairer.planFrom(start, repair))
      keep(std::move(*plan));
  };
  for (const Measured *start : starts)
    attempt(*start, 0);
  while (noisy && repairer.work() < limits.work / 4 && !starts.empty() && goOn(0.3) &&
         !(!reached.empty() && reached.front().extra <= boundExtra)) {
    int64_t factor = repairer.random().below(64) + 1;
    repairer.setPrice(repairer.usualPrice() * factor / 8);
    const Measured *start = starts[repairer.random().below(static_cast<int64_t>(starts.size()))];
    attempt(*start, repairer.random().below(200));
    repairer.addWork(100);
  }
  report.work += repairer.work();
  return !reached.empty();
}

/// Adds a plan to `reached`, which keeps few.
void BestSearch::keep(Measured plan) {
  auto at = std::find_if(reached.begin(), reached.end(),
                         [&](const Measured &other) { return other.extra >= plan.extra; });
  if (at != reached.end() && at->extra == plan.extra)
    return;
  reached.insert(at, std::move(plan));
  if (reached.size() > kStarts)
    reached.pop_back();
}

/// Improves each start a little, then the best of what comes out.
void BestSearch::improveReached(int64_t limit, uint64_t seed) {
  if (limits.work == 0)
    return;
  Repairer repairer(graph, limit, seed);
  ImproveOptions improvement;
  improvement.goal = boundExtra;
  improvement.goOn = [this] { return goOn(0.6); };
  std::vector<Measured> starts = reached;
  int64_t before = starts.front().extra, work = limits.work / 2;
  if (isWithin(before, kNearShare))
    work /= kNearWork;
  improvement.work = work / static_cast<int64_t>(starts.size());
  improvement.heats = 1;
  auto improveFrom = [&](const Measured &start) {
    if (reached.front().extra > boundExtra && !report.stopped)
      keep(measure(graph, improve(repairer, start.recomputations, improvement).first));
  };
  for (const Measured &start : starts)
    improveFrom(start);
  if (reached.front().extra == before && isWithin(before, kCloseShare))
    work /= kCloseWork;
  improvement.work = work;
  improvement.heats = 3;
  improveFrom(Measured(reached.front()));
  report.work += repairer.work();
}

/// Whether the other strategies' plans are worth their time: always with effort
/// max, else where more than 1 % of the step could be gained, on huge graphs 5 %.
bool BestSearch::isFar(int64_t extra) const {
  int64_t share = isHuge() ? 20 : 100;
  return options.effort == Effort::Max ? extra > boundExtra
                                       : extra - boundExtra > graph.baseCost() / share;
}

/// Whether less than a share of the step is open, on graphs whose work for each op is
/// more than that of larger ones; with effort max never.
bool BestSearch::isWithin(int64_t extra, int64_t share) const {
  return options.effort != Effort::Max && graph.opCount() <= kMiddlingOps &&
         extra - boundExtra <= graph.baseCost() / share;
}

/// Whether other random numbers may still find a better plan in little time.
bool BestSearch::deservesLuck() const {
  if (graph.opCount() > kMiddlingOps || reached.empty() || !isFar(reached.front().extra))
    return false;
  int64_t open = reached.front().extra - boundExtra;
  return isTiny() || open > boundExtra / kOpenShare;
}

/// Improves what is reached again with other random numbers; on graphs that are not
/// tiny, once from `starts`.
void BestSearch::tryLuck(int64_t limit, const std::vector<Measured> &starts) {
  size_t seeds = isTiny() ? kTinySeeds : std::size(kSeeds);
  for (size_t k = 0; k < seeds && deservesLuck(); ++k) {
    std::vector<Measured> others;
    if (!isTiny() && k == kStartsSeed)
      others = std::exchange(reached, starts);
    improveReached(limit, kSeeds[k]);
    for (Measured &plan : others)
      keep(std::move(plan));
  }
}

/// Lets the other strategies offer their plans, and starts from theirs where it is
/// better, or where nothing was found.
void BestSearch::takeSeeds(int64_t limit) {
  offerSeeds();
  Measured seed = measure(
      graph, recomputationsOf(graph, (pool.best() ? *pool.best() : pool.smallest()).plan.schedule));
  const Measured *guides[] = {&seed};
  refit(guides, limit, limits.work / 16);
  if (seed.peak <= limit) {
    keep(std::move(seed));
  } else if (reached.empty()) {
    candidates.push_back(std::move(seed));
    reach(limit);
  }
}

/// Lowers the peak of the smallest plan, then improves what comes out.
void BestSearch::findSmallest() {
  hurried = false;
  int64_t floor = report.floor.bytes.count - graph.fixedBytes();
  collect(floor);
  offerSeeds();
  add(measure(graph, recomputationsOf(graph, pool.smallest().plan.schedule)));
  int64_t allowance = std::max<int64_t>(2 * limits.work, 100 * int64_t(graph.opCount()));
  Measured smallest =
      shrinkPeak(graph, candidates, floor, allowance, [this] { return goOn(0.5); }, report.work);
  int64_t limit = smallest.peak;
  reached = {std::move(smallest)};
  improveReached(limit);
}

void BestSearch::offer() {
  if (reached.empty())
    return;
  Candidate candidate;
  candidate.plan.schedule = scheduleOf(graph, reached.front().recomputations);
  pool.offer(std::move(candidate));
}

BestReport BestSearch::run(std::optional<Bytes> budget, bool lucky) {
  report.floor = floorOf(problem);
  // A flow takes as long as the graph is large.
  int64_t flows = std::min<int64_t>(64, kFloorOps / graph.opCount());
  ProvenFloor proven =
      hurried ? provenFloor(graph, flows, kHurryStates) : provenFloor(graph, flows);
  if (Bytes bytes(proven.bytes + graph.fixedBytes()); bytes > report.floor.bytes)
    report.floor = {bytes, proven.op == graph.opCount() ? kNoOp : proven.op};
  report.bound = problem.baseCost();
  if (!budget) {
    findSmallest();
    offer();
    return report;
  }
  if (*budget >= report.floor.bytes)
    findCheapest(budget->count - graph.fixedBytes(), lucky);
  return report;
}

/// Plans and a bound, unless it is proven that no plan is within the limit.
void BestSearch::findCheapest(int64_t limit, bool lucky) {
  StepBound bound(graph, limits, limit,
                  [this](std::span<const CutChoice> choices) { addRealised(choices); });
  bound.relax(hurried);
  boundExtra = bound.extra();
  if (!bound.infeasible())
    collectAndRefit(limit);
  if (!bound.infeasible() && (reached.empty() || reached.front().extra > boundExtra) && goOn(0.9))
    bound.branch(reached.empty() ? std::nullopt : std::optional(reached.front().extra));
  boundExtra = bound.extra();
  report.flows += bound.flows();
  report.work += bound.work();
  if (bound.infeasible()) {
    report.floor = *bound.infeasible();
    return;
  }
  if (options.effort != Effort::Fast) // without bounds by branching, nothing is new
    reach(limit);
  if (reached.empty() || isFar(reached.front().extra))
    takeSeeds(limit);
  if (!reached.empty()) {
    const std::vector<Measured> starts = reached;
    improveReached(limit);
    if (lucky)
      tryLuck(limit, starts);
  }
  offer();
  report.bound += Cost(boundExtra);
}

/// Candidates and what refits and repairs make of them.
void BestSearch::collectAndRefit(int64_t limit) {
  collect(limit);
  refitCandidates(limit);
  if (hurried && reached.empty()) {
    hurried = false;
    collect(limit);
    refitCandidates(limit);
  }
  if (!hurried)
    reach(limit, /*noisy=*/false);
}

} // namespace

BestReport offerBest(const Problem &problem, const StrategyOptions &options,
                     std::optional<Bytes> limit, CandidatePool &pool,
                     const std::function<void()> &offerSeeds) {
  BestReport all;
  auto run = [&](std::optional<Bytes> within, bool lucky = true) {
    BestReport report = BestSearch(problem, options, pool, offerSeeds).run(within, lucky);
    report.flows += all.flows;
    report.work += all.work;
    all = std::move(report);
  };
  if (limit) {
    run(limit);
    if (pool.best() || all.stopped)
      return all;
  }
  // The search for the smallest peak knows no limit: whatever it reaches is
  // reached at every budget above, and is what a refusal names.
  BestReport asked = all;
  run(std::nullopt);
  Bytes smallest = pool.smallest().plan.peak, floor = all.floor.bytes;
  int64_t tries = std::min(kMostTries, kShrinkOps / static_cast<int64_t>(problem.graph.ops.size()));
  for (int64_t part = 2; part <= kFinestPart && tries > 0 && !all.stopped; --tries) {
    int64_t step = (smallest.count - floor.count) / part;
    if (step <= 0)
      break;
    run(Bytes(smallest.count - step), /*lucky=*/false);
    if (pool.smallest().plan.peak < smallest)
      smallest = pool.smallest().plan.peak;
    else
      part *= 2;
  }
  // A plan for the smallest peak may have a smaller one.
  if (limit && !all.stopped && !pool.best())
    run(smallest);
  // Once more, to make the plan cheap: for the budget if that is met after all.
  if (!all.stopped && (!limit || pool.best()))
    run(limit ? *limit : smallest);
  if (limit && !pool.best()) { // what is proven of the budget
    asked.flows = all.flows;
    asked.work = all.work;
    asked.stopped = all.stopped;
    return asked;
  }
  return all;
}

} // namespace remat::planning::search
