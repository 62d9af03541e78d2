//===- LowerSetOracleTest.cpp - the programs against every sequence -------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The oracle enumerates every lower-set sequence of a graph and executes its
// canonical strategy word for word (Kusumoto et al. 2019, section 3) on sets of
// live values and gradients. It knows neither Eq. 2 nor the overhead formula.
//
//===----------------------------------------------------------------------===//

#include "TestProblems.h"
#include "remat/Planning/Recompute/LowerSetProgram.h"
#include "remat/Planning/Recompute/PaperGraph.h"
#include "remat/Planning/Recompute/Verify.h"

#include <gtest/gtest.h>
#include <numeric>

using namespace remat::planning;

namespace {

using Mask = uint32_t;

/// A strategy's cost of recomputation and peak of live bytes.
struct Outcome {
  int64_t overhead, peak;
};

/// A DAG of at most 9 nodes in topological order.
struct SmallGraph {
  int32_t n;
  std::vector<int64_t> T, M;
  std::vector<Mask> inputs, readers; ///< by node

  Mask all() const { return (Mask(1) << n) - 1; }
  int64_t bytes(Mask set) const { return sum(M, set); }
  static int64_t sum(const std::vector<int64_t> &numbers, Mask set) {
    int64_t total = 0;
    for (size_t v = 0; v < numbers.size(); ++v)
      total += set >> v & 1 ? numbers[v] : 0;
    return total;
  }
  Mask unite(const std::vector<Mask> &lists, Mask set) const {
    Mask result = 0;
    for (int32_t v = 0; v < n; ++v)
      result |= set >> v & 1 ? lists[v] : 0;
    return result;
  }
  bool isLower(Mask set) const { return (unite(inputs, set) & ~set) == 0; }
  Mask boundary(Mask set) const {
    Mask result = 0;
    for (int32_t v = 0; v < n; ++v)
      result |= (set >> v & 1) && (readers[v] & ~set) ? Mask(1) << v : 0;
    return result;
  }
};

SmallGraph randomGraph(TestRandom &random) {
  SmallGraph graph;
  graph.n = static_cast<int32_t>(1 + random.below(9));
  int64_t density = 1 + random.below(6);
  // Wide graphs have too many sequences to enumerate: give these more edges.
  density = graph.n >= 8   ? std::max<int64_t>(density, 5)
            : graph.n == 7 ? std::max<int64_t>(density, 3)
                           : density;
  bool anyZero = random.oneIn(5);
  for (int32_t v = 0; v < graph.n; ++v) {
    graph.T.push_back(random.below(6) + (anyZero ? 0 : 1));
    graph.M.push_back(random.below(9) + (anyZero ? 0 : 1));
    Mask inputs = 0;
    for (int32_t u = 0; u < v; ++u)
      inputs |= random.below(10) < density ? Mask(1) << u : 0;
    if (graph.n >= 7 && v > 0 && inputs == 0)
      inputs = Mask(1) << random.below(v);
    graph.inputs.push_back(inputs);
  }
  graph.readers.assign(graph.n, 0);
  for (int32_t v = 0; v < graph.n; ++v)
    for (int32_t u = 0; u < v; ++u)
      graph.readers[u] |= graph.inputs[v] >> u & 1 ? Mask(1) << v : 0;
  return graph;
}

/// Executes the canonical strategy of L_1 ... L_k and says what it took.
Outcome execute(const SmallGraph &graph, const std::vector<Mask> &sequence) {
  Outcome outcome{0, 0};
  Mask values = 0, gradients = 0, cached = 0, before = 0;
  auto note = [&] {
    outcome.peak = std::max(outcome.peak, graph.bytes(values) + graph.bytes(gradients));
  };
  std::vector<Mask> cachedAfter;
  for (Mask set : sequence) {
    for (int32_t v = 0; v < graph.n; ++v)
      if ((set & ~before) >> v & 1) {
        EXPECT_EQ(graph.inputs[v] & ~values, 0u);
        values |= Mask(1) << v;
        note();
      }
    cached |= graph.boundary(set);
    cachedAfter.push_back(cached);
    values &= cached;
    before = set;
  }
  for (size_t i = sequence.size(); i-- > 0;) {
    Mask inner = i == 0 ? 0 : sequence[i - 1], segment = sequence[i] & ~inner;
    for (int32_t v = 0; v < graph.n; ++v)
      if ((segment & ~values) >> v & 1) {
        EXPECT_EQ(graph.inputs[v] & ~values, 0u);
        values |= Mask(1) << v;
        outcome.overhead += graph.T[v];
        note();
      }
    for (int32_t v = graph.n; v-- > 0;)
      if (segment >> v & 1) {
        EXPECT_EQ(graph.readers[v] & ~gradients, 0u);
        EXPECT_EQ(graph.unite(graph.inputs, graph.readers[v]) & ~values, 0u);
        gradients |= Mask(1) << v;
        note();
      }
    Mask waiting = graph.unite(graph.readers, inner) & ~inner;
    Mask beside = graph.unite(graph.inputs, waiting) & ~inner;
    values &= (inner & (i == 0 ? 0 : cachedAfter[i - 1])) | beside;
    gradients &= waiting;
  }
  return outcome;
}

/// Executes every sequence of the sets in `family` that ends in the whole graph.
std::vector<Outcome> executeAll(const SmallGraph &graph, const std::vector<Mask> &family) {
  std::vector<Outcome> outcomes;
  std::vector<Mask> sequence;
  auto extend = [&](auto &self, Mask last) -> void {
    if (last == graph.all()) {
      outcomes.push_back(execute(graph, sequence));
      return;
    }
    for (Mask next : family)
      if (next != last && (last & ~next) == 0) {
        sequence.push_back(next);
        self(self, next);
        sequence.pop_back();
      }
  };
  extend(extend, 0);
  return outcomes;
}

std::vector<Mask> allLowerSets(const SmallGraph &graph) {
  std::vector<Mask> family;
  for (Mask set = 1; set <= graph.all(); ++set)
    if (graph.isLower(set))
      family.push_back(set);
  return family;
}

std::vector<Mask> principalSets(const SmallGraph &graph) {
  std::vector<Mask> family{graph.all()};
  for (int32_t v = 0; v < graph.n; ++v) {
    Mask set = Mask(1) << v;
    for (int32_t u = v; u-- > 0;)
      if (graph.readers[u] & set)
        set |= Mask(1) << u;
    if (std::find(family.begin(), family.end(), set) == family.end())
      family.push_back(set);
  }
  return family;
}

/// Sequences of the family, without listing them.
int64_t countSequences(const SmallGraph &graph, const std::vector<Mask> &family) {
  std::vector<int64_t> from(graph.all() + 1, 0);
  from[graph.all()] = 1;
  for (Mask set = graph.all(); set-- > 0;)
    for (Mask next : family)
      if (next != set && (set & ~next) == 0)
        from[set] += from[next];
  return from[0];
}

LowerSetGraph toLowerSetGraph(const SmallGraph &graph) {
  LowerSetGraph result;
  result.predecessors.resize(graph.n);
  result.successors.resize(graph.n);
  for (int32_t v = 0; v < graph.n; ++v)
    for (int32_t u = 0; u < v; ++u)
      if (graph.inputs[v] >> u & 1) {
        result.predecessors[v].push_back(u);
        result.successors[u].push_back(v);
      }
  result.cost = graph.T;
  result.cached = result.work = graph.M;
  for (int64_t &bytes : result.work)
    bytes *= 2;
  return result;
}

struct Best {
  std::optional<int64_t> least, most;
};

Best bestWithin(const std::vector<Outcome> &outcomes, int64_t budget) {
  Best best;
  for (const Outcome &one : outcomes)
    if (one.peak <= budget) {
      best.least = std::min(best.least.value_or(one.overhead), one.overhead);
      best.most = std::max(best.most.value_or(one.overhead), one.overhead);
    }
  return best;
}

/// Executes the path and checks that it is what the program says it is.
void expectPath(const SmallGraph &graph, const LowerSetFamily &family,
                const std::optional<LowerSetPath> &path, std::optional<int64_t> overhead,
                int64_t budget) {
  ASSERT_EQ(path.has_value(), overhead.has_value());
  if (!path)
    return;
  std::vector<Mask> sequence;
  for (int32_t set : path->sets)
    sequence.push_back(static_cast<Mask>(family.set(set)[0]));
  Outcome outcome = execute(graph, sequence);
  EXPECT_EQ(path->overhead, *overhead);
  EXPECT_EQ(outcome.overhead, *overhead);
  EXPECT_EQ(outcome.peak, path->peak);
  EXPECT_LE(path->peak, budget);
}

void compare(const SmallGraph &graph, const LowerSetFamily &family,
             const std::vector<Outcome> &outcomes, TestRandom &random) {
  LowerSetProgram program(family, 0);
  int64_t least = outcomes.front().peak;
  for (const Outcome &one : outcomes)
    least = std::min(least, one.peak);
  ASSERT_EQ(program.minimalBound(family.work.back()), least);
  int64_t largest = 2 * graph.bytes(graph.all());
  for (int64_t budget : {least - 1, least, least + random.below(largest - least + 1)}) {
    Best best = bestWithin(outcomes, budget);
    std::optional<LowerSetPath> time = program.solve(budget, Objective::Time);
    expectPath(graph, family, time, best.least, budget);
    expectPath(graph, family, program.solve(budget, Objective::Memory), best.most, budget);
    // States that cannot beat a known answer are left out.
    if (time)
      expectPath(graph, family, program.solve(budget, Objective::Time, &*time), best.least, budget);
  }
}

/// The same through `solvePaper`, with node ids in any order.
void compareSolver(const SmallGraph &graph, const std::vector<Outcome> &outcomes, Family family,
                   TestRandom &random) {
  std::vector<int32_t> name(graph.n);
  std::iota(name.begin(), name.end(), 0);
  for (int32_t i = graph.n; i-- > 1;)
    std::swap(name[i], name[random.below(i + 1)]);
  PaperGraph paper;
  paper.n = graph.n;
  paper.T.resize(graph.n);
  paper.M.resize(graph.n);
  for (int32_t v = 0; v < graph.n; ++v) {
    paper.T[name[v]] = graph.T[v];
    paper.M[name[v]] = graph.M[v];
    for (int32_t u = 0; u < v; ++u)
      if (graph.inputs[v] >> u & 1)
        paper.edges.emplace_back(name[u], name[v]);
  }
  StrategyOptions options;
  options.kind = StrategyKind::Kusumoto;
  options.family = family;
  options.objective = random.oneIn(2) ? Objective::Time : Objective::Memory;
  int64_t budget = 1 + random.below(2 * graph.bytes(graph.all()) + 1);
  options.budget = {Budget::Kind::Bytes, budget};
  Best best = bestWithin(outcomes, budget);
  Result<PaperPlan> answer = solvePaper(paper, options);
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_EQ(answer->result.plan.has_value(), best.least.has_value());
  if (!answer->result.plan)
    return;
  bool isTime = options.objective == Objective::Time;
  EXPECT_EQ(answer->result.formula->overhead.count, isTime ? *best.least : *best.most);
  EXPECT_LE(answer->result.plan->peak, answer->result.formula->peak);
  Status status = verify(answer->joint, *answer->result.plan, Bytes(budget));
  EXPECT_TRUE(status) << status.error().message;
}

TEST(LowerSetOracle, TwentyThousandRandomGraphs) {
  TestRandom random(1905);
  int64_t sequences = 0;
  for (int graphs = 0; graphs < 20000;) {
    SmallGraph graph = randomGraph(random);
    std::vector<Mask> all = allLowerSets(graph), principal = principalSets(graph);
    if (countSequences(graph, all) > 2000)
      continue;
    ++graphs;
    std::vector<Outcome> exact = executeAll(graph, all);
    std::vector<Outcome> approximate = executeAll(graph, principal);
    sequences += static_cast<int64_t>(exact.size() + approximate.size());
    LowerSetGraph nodes = toLowerSetGraph(graph);
    std::optional<LowerSetFamily> family = LowerSetFamily::all(nodes, 1000);
    LowerSetFamily pruned = LowerSetFamily::pruned(nodes);
    ASSERT_EQ(family->size(), static_cast<int32_t>(all.size()) + 1);
    ASSERT_EQ(pruned.size(), static_cast<int32_t>(principal.size()) + 1);
    compare(graph, *family, exact, random);
    compare(graph, pruned, approximate, random);
    if (graphs % 4 == 0) {
      compareSolver(graph, exact, Family::Exact, random);
      compareSolver(graph, approximate, Family::Approximate, random);
    }
    if (HasFailure())
      FAIL() << "graph " << graphs;
  }
  RecordProperty("sequences", std::to_string(sequences));
}

/// Coarse cells give up optimality, never the budget or the exact sums, and
/// never the smallest bound.
TEST(LowerSetOracle, CoarseCellsStayWithinTheBudget) {
  TestRandom random(11722);
  int lost = 0; // by a cell with a worse state
  for (int graphs = 0; graphs < 500; ++graphs) {
    SmallGraph graph = randomGraph(random);
    LowerSetGraph nodes = toLowerSetGraph(graph);
    LowerSetFamily family = LowerSetFamily::pruned(nodes, /*withPrefixes=*/true);
    LowerSetProgram fine(family, 0), coarse(family, 3);
    std::optional<int64_t> least = fine.minimalBound(family.work.back());
    ASSERT_EQ(coarse.minimalBound(family.work.back()), least);
    for (Objective objective : {Objective::Time, Objective::Memory, Objective::MemoryPareto}) {
      std::optional<LowerSetPath> path = coarse.solve(*least, objective);
      ASSERT_TRUE(path);
      expectPath(graph, family, path, path->overhead, *least);
      std::optional<LowerSetPath> exact = fine.solve(*least, objective);
      // A known answer may leave none, never a worse one.
      if (std::optional<LowerSetPath> trimmed = coarse.solve(*least, objective, &*exact);
          !trimmed) {
        ++lost;
      } else {
        if (objective == Objective::MemoryPareto)
          EXPECT_EQ(trimmed->cached, exact->cached);
        else
          EXPECT_EQ(trimmed->overhead, exact->overhead);
      }
      if (objective == Objective::Time)
        EXPECT_LE(exact->overhead, path->overhead);
      if (objective == Objective::Memory)
        EXPECT_GE(exact->overhead, path->overhead);
      if (objective == Objective::MemoryPareto)
        EXPECT_EQ(exact->cached, path->cached);
    }
  }
  EXPECT_GT(lost, 0);
}

/// memory-pareto caches the fewest bytes of all sequences, at the least overhead
/// for that.
TEST(LowerSetOracle, MemoryParetoCachesTheFewestBytes) {
  TestRandom random(2019);
  for (int graphs = 0; graphs < 300; ++graphs) {
    SmallGraph graph = randomGraph(random);
    std::vector<Mask> all = allLowerSets(graph);
    if (countSequences(graph, all) > 500)
      continue;
    LowerSetGraph nodes = toLowerSetGraph(graph);
    std::optional<LowerSetFamily> family = LowerSetFamily::all(nodes, 1000);
    LowerSetProgram program(*family, 0);
    int64_t budget = 2 * graph.bytes(graph.all()) - 1;
    std::optional<LowerSetPath> path = program.solve(budget, Objective::MemoryPareto);
    // Every sequence within the budget, with the bytes of the union of boundaries.
    std::optional<std::pair<int64_t, int64_t>> least;
    std::vector<Mask> sequence;
    auto extend = [&](auto &self, Mask last) -> void {
      if (last == graph.all()) {
        Outcome outcome = execute(graph, sequence);
        Mask cached = 0;
        for (Mask set : sequence)
          cached |= graph.boundary(set);
        std::pair<int64_t, int64_t> found{graph.bytes(cached), outcome.overhead};
        if (outcome.peak <= budget)
          least = std::min(least.value_or(found), found);
        return;
      }
      for (Mask next : all)
        if (next != last && (last & ~next) == 0) {
          sequence.push_back(next);
          self(self, next);
          sequence.pop_back();
        }
    };
    extend(extend, 0);
    ASSERT_EQ(path.has_value(), least.has_value());
    if (path) {
      EXPECT_EQ(path->cached, least->first);
      EXPECT_EQ(path->overhead, least->second);
    }
  }
}

} // namespace
