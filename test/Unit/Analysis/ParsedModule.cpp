//===- ParsedModule.cpp - generic text to IR, for tests -------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ParsedModule.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Parser/Parser.h"

namespace remat::test {

Context::Context()
    : handler(&context, [this](mlir::Diagnostic &diagnostic) { errors += diagnostic.str(); }) {
  context.disableMultithreading();
  context.allowUnregisteredDialects();
  context
      .loadDialect<mlir::arith::ArithDialect, mlir::cf::ControlFlowDialect, mlir::func::FuncDialect,
                   mlir::linalg::LinalgDialect, mlir::math::MathDialect,
                   mlir::ml_program::MLProgramDialect, mlir::quant::QuantDialect,
                   mlir::scf::SCFDialect, mlir::tensor::TensorDialect, mlir::tosa::TosaDialect>();
}

mlir::OwningOpRef<mlir::ModuleOp> Context::parse(llvm::StringRef text) {
  auto module = mlir::parseSourceString<mlir::ModuleOp>(
      text, mlir::ParserConfig(&context, /*verifyAfterParse=*/false));
  EXPECT_TRUE(module) << errors << "\n" << text.str();
  if (!module) // the test has failed; let the others run
    module = mlir::ModuleOp::create(mlir::UnknownLoc::get(&context));
  return module;
}

Step::Step(llvm::StringRef text, AnalysisOptions options) : module(context.parse(text)) {
  mlir::FailureOr<mlir::func::FuncOp> entry = findEntry(*module, "");
  if (succeeded(entry))
    built = buildStepGraph(*entry, options);
  if (succeeded(built))
    EXPECT_EQ(context.errors, "");
}

const planning::Graph &Step::graph() const {
  static const planning::Graph none;
  EXPECT_TRUE(succeeded(built)) << context.errors;
  return succeeded(built) ? built->graph : none;
}

const planning::Op &Step::op(int64_t id) const {
  for (const planning::Op &op : graph().ops)
    if (op.id == id)
      return op;
  static const planning::Op none;
  ADD_FAILURE() << "no op " << id << " in the graph";
  return none;
}

std::vector<int64_t> Step::ids() const {
  std::vector<int64_t> ids;
  for (const planning::Op &op : graph().ops)
    ids.push_back(op.id);
  return ids;
}

std::string Step::names(const std::vector<planning::ValueId> &values) const {
  std::string text;
  for (planning::ValueId value : values)
    text += (text.empty() ? "" : " ") + graph().values[value].name;
  return text;
}

std::string Step::cone(int64_t id) const {
  std::string text;
  for (mlir::Operation *member : built->cone[&op(id) - graph().ops.data()])
    text += (text.empty() ? "" : " ") + member->getName().getStringRef().str();
  return text;
}

} // namespace remat::test
