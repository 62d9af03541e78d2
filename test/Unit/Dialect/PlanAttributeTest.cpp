//===- PlanAttributeTest.cpp - the three spellings of a plan ------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/Transforms/PlanAttribute.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Parser/Parser.h"
#include "remat/Planning/Recompute/PlanIO.h"
#include "remat/Planning/Recompute/Simulator.h"
#include "gtest/gtest.h"

#include <random>

using namespace mlir;
using namespace remat;

namespace {

constexpr StringRef step = R"(
func.func @main(%x: tensor<16xf32>) -> (tensor<f32>, tensor<16xf32>) {
  %c = "stablehlo.constant"() <{value = dense<2.0> : tensor<f32>}> : () -> tensor<f32>
  %cb = "stablehlo.broadcast_in_dim"(%c) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<16xf32>
  %a = "stablehlo.tanh"(%x) : (tensor<16xf32>) -> tensor<16xf32>
  %b = "stablehlo.multiply"(%a, %cb) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  %d = "stablehlo.sine"(%b) : (tensor<16xf32>) -> tensor<16xf32>
  %loss = "stablehlo.dot_general"(%d, %d) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<16xf32>, tensor<16xf32>) -> tensor<f32>
  %gd = "stablehlo.multiply"(%d, %cb) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  %gb = "stablehlo.multiply"(%gd, %b) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  %ga = "stablehlo.multiply"(%gb, %a) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  return %loss, %ga : tensor<f32>, tensor<16xf32>
})";

/// A step, its problem, and answers made at random.
class PlanSpellings : public testing::Test {
protected:
  void SetUp() override {
    context.loadDialect<func::FuncDialect, RematDialect>();
    context.allowUnregisteredDialects();
    module = parseSourceString<ModuleOp>(step, &context);
    ASSERT_TRUE(module);
    entry = *findEntry(*module, "");
    analysis.lossResult = 0;
    FailureOr<StepGraph> graph = buildStepGraph(entry, analysis);
    ASSERT_TRUE(succeeded(graph));
    problem.graph = graph->graph;
    problem.cost.assign(problem.graph.ops.size(), planning::Cost(1));
    problem.costUnit = planning::CostUnit::Units;
    problem.costTable = "paper";
    problem.scope = planning::BudgetScope::NonArguments;
  }

  /// Returns a valid answer: the base order, or half of the time another one that
  /// runs each op once its inputs are there, with random recomputations.
  planning::PlanResult makeResult(std::mt19937 &random) {
    planning::PlanResult result;
    result.status = planning::PlanStatus::Feasible;
    result.strategy = "random";
    auto count = static_cast<planning::OpId>(problem.graph.ops.size());
    bool isBase = random() % 2;
    planning::Schedule schedule, order;
    while (order.size() < problem.graph.ops.size()) {
      planning::Schedule ready;
      for (planning::OpId op = 0; op < count && (!isBase || ready.empty()); ++op)
        if (!llvm::is_contained(order, op) &&
            llvm::all_of(problem.graph.ops[op].inputs, [&](planning::ValueId value) {
              planning::OpId maker = problem.graph.values[value].producer;
              return maker == planning::kNoOp || llvm::is_contained(order, maker);
            }))
          ready.push_back(op);
      order.push_back(ready[random() % ready.size()]);
    }
    for (size_t next = 0; next <= order.size(); ++next) {
      for (unsigned again = next ? random() % 3 : 0; again > 0; --again)
        schedule.push_back(order[random() % next]);
      if (next < order.size())
        schedule.push_back(order[next]);
    }
    planning::Simulation simulation = planning::simulate(problem, schedule);
    result.plan = planning::Plan{schedule, simulation.peak, simulation.cost,
                                 isBase ? planning::PlanOrder::Base : planning::PlanOrder::Reorder};
    result.plainPeak = planning::simulate(problem, planning::baseSchedule(problem)).peak;
    result.smallestPeak = simulation.peak;
    if (random() % 2)
      result.budget = simulation.peak;
    return result;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  func::FuncOp entry;
  AnalysisOptions analysis;
  planning::Problem problem;
};

TEST_F(PlanSpellings, StructThroughAttributeText) {
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    planning::PlanResult result = makeResult(random);
    PlanAttr plan = toAttribute(entry, analysis, problem, result);
    std::string text;
    llvm::raw_string_ostream(text) << plan;
    EXPECT_EQ(parseAttribute(text, &context), plan) << text;
    FailureOr<planning::Schedule> schedule = scheduleOf(entry, plan, problem.graph);
    ASSERT_TRUE(succeeded(schedule)) << text;
    EXPECT_EQ(*schedule, result.plan->schedule) << text;
    EXPECT_EQ(plan.getOrder().empty(), result.plan->order == planning::PlanOrder::Base);
    EXPECT_EQ(plan.getPeak(), result.plan->peak.count);
    EXPECT_EQ(plan.getPlainPeak(), result.plainPeak.count);
    EXPECT_EQ(plan.getCost(), result.plan->cost.count);
    EXPECT_EQ(plan.getBaseCost(), problem.baseCost().count);
    EXPECT_EQ(plan.getCostUnit(), problem.costUnit);
    EXPECT_EQ(std::string_view(plan.getCostTable()), problem.costTable);
    EXPECT_EQ(plan.getScope(), problem.scope);
    EXPECT_EQ(plan.getBudget().has_value(), result.budget.has_value());
    EXPECT_EQ(analysisOptionsOf(plan).lossResult, analysis.lossResult);
    EXPECT_EQ(analysisOptionsOf(plan).memoryModel, analysis.memoryModel);
  }
}

TEST_F(PlanSpellings, AttributeThroughJson) {
  std::mt19937 random(11);
  for (int i = 0; i < 200; ++i) {
    planning::PlanResult result = makeResult(random);
    PlanAttr plan = toAttribute(entry, analysis, problem, result);
    std::string json = planning::writePlan(problem, result);
    planning::Result<planning::PlanResult> read = planning::readPlan(problem, json, "plan.json");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(toAttribute(entry, analysis, problem, *read), plan) << json;
    EXPECT_EQ(planning::writePlan(problem, *read), json);
  }
}

TEST_F(PlanSpellings, FoldedAndDeadOpsAreNoOpsOfAPlan) {
  ScopedDiagnosticHandler quiet(&context, [](Diagnostic &) { return success(); });
  auto plan = cast<PlanAttr>(
      parseAttribute("#remat.plan<insertions = [{before = 9, ops = [1]}]>", &context));
  EXPECT_TRUE(failed(scheduleOf(entry, plan, problem.graph)));
}

} // namespace
