//===- OpModelTest.cpp - what the planner knows about ops -----------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One case per row of the op-knowledge table. A case writes its op with `$` for
// the name, in a function with these arguments:
//   %a: 2x3xf32   %b: 3x4xf32   %s: f32 tensor   %i: 2xi32   %p: 2x3xi1
// Its flags: p pure, r recomputable, f free; L or R how it fuses.
//
//===----------------------------------------------------------------------===//

#include "OpModelCases.h"
#include "ParsedModule.h"
#include "remat/Analysis/Flops.h"
#include "llvm/ADT/StringExtras.h"

#include <set>

namespace remat::test {
namespace {

struct Found {
  OpModel model;
  flops::Count flops;
};

/// Returns what the table says about the last op in `text` before the return.
Found lookup(Context &context, const std::string &text, const OpModelTable &table) {
  auto module = context.parse(R"(
    func.func private @decomposition(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
      %0 = "stablehlo.add"(%x, %x) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
      return %0 : tensor<2x3xf32>
    }
    func.func @main(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %s: tensor<f32>,
                    %i: tensor<2xi32>, %p: tensor<2x3xi1>) {
      )" + text + R"(
      return
    })");
  Found found;
  for (auto function : module->getOps<mlir::func::FuncOp>())
    if (function.getName() == "main") {
      mlir::Operation *op = function.getBody().front().getTerminator()->getPrevNode();
      found.model = table.lookup(op);
      found.flops = found.model.flops ? found.model.flops(op, table) : 0;
    }
  return found;
}

std::string flagsOf(const OpModel &model) {
  std::string flags;
  flags += model.pure ? "p" : "";
  flags += model.recomputable ? "r" : "";
  flags += model.free ? "f" : "";
  flags += model.fusion == Fusion::Loop ? "L" : model.fusion == Fusion::Reduce ? "R" : "";
  return flags;
}

std::string withName(std::string text, llvm::StringRef name) {
  for (size_t at; (at = text.find('$')) != std::string::npos;)
    text.replace(at, 1, name.str());
  return text;
}

TEST(OpModelTest, EveryRow) {
  OpModelTable table;
  std::set<std::string> tested;
  for (const OpModelCase &item : opModelCases()) {
    llvm::SmallVector<llvm::StringRef> names;
    llvm::SplitString(item.names, names);
    for (llvm::StringRef name : names) {
      Context context;
      Found found = lookup(context, withName(item.text, name), table);
      EXPECT_EQ(toString(found.model.kind), toString(item.kind)) << name.str();
      EXPECT_EQ(flagsOf(found.model), item.flags) << name.str();
      EXPECT_EQ(found.flops, flops::Count(item.flops)) << name.str();
      tested.insert(name.str());
    }
  }
  for (llvm::StringRef name : table.names())
    EXPECT_EQ(tested.count(name.str()), 1u) << "no case for the row " << name.str();
}

TEST(OpModelTest, RequiredAttributesAreTheOpsOwn) {
  // The op of a case has the attribute that its row requires.
  OpModelTable table;
  for (const OpModelCase &item : opModelCases()) {
    llvm::SmallVector<llvm::StringRef> names;
    llvm::SplitString(item.names, names);
    for (llvm::StringRef name : names)
      if (const OpModel *row = table.find(name); row && !row->requiredAttribute.empty())
        EXPECT_NE(llvm::StringRef(item.text).find(row->requiredAttribute), llvm::StringRef::npos)
            << name.str();
  }
}

/// Kind and flags of the op in `text`.
std::string describe(const std::string &text, const OpModelTable &table = OpModelTable()) {
  Context context;
  OpModel model = lookup(context, text, table).model;
  return std::string(toString(model.kind)) + " " + flagsOf(model);
}

TEST(OpModelTest, UnknownOpsAreOpaque) {
  EXPECT_EQ(describe(R"(%0 = "foo.bar"(%a) : (tensor<2x3xf32>) -> tensor<f32>)"), "other ");
  EXPECT_EQ(describe(R"(%0 = "foo.bar"(%a) {remat.pure} : (tensor<2x3xf32>) -> tensor<f32>)"),
            "other pr");
}

TEST(OpModelTest, CustomCallsNeedADeclaration) {
  const std::string call = R"(%0 = "stablehlo.custom_call"(%a) <{call_target_name = "f")";
  const std::string type = " : (tensor<2x3xf32>) -> tensor<2x3xf32>";
  EXPECT_EQ(describe(call + "}>" + type), "custom p");
  EXPECT_EQ(describe(call + ", has_side_effect = false}>" + type), "custom p");
  EXPECT_EQ(describe(call + ", has_side_effect = true}>" + type), "custom ");
  EXPECT_EQ(describe(call + "}> {remat.pure}" + type), "custom pr");
  EXPECT_EQ(describe(call + ", has_side_effect = true}> {remat.pure}" + type), "custom pr");
}

TEST(OpModelTest, KeepTakesAwayRecomputation) {
  EXPECT_EQ(
      describe(R"(%0 = "stablehlo.tanh"(%a) {remat.keep} : (tensor<2x3xf32>) -> tensor<2x3xf32>)"),
      "elementwise pL");
}

TEST(OpModelTest, RegionsNarrowTheirOp) {
  auto reduceWith = [](const std::string &body) {
    return describe(R"(%0 = "stablehlo.reduce"(%a, %s) <{dimensions = array<i64: 1>}> ({
      ^bb0(%l: tensor<f32>, %r: tensor<f32>):
        )" + body + R"(
        "stablehlo.return"(%m) : (tensor<f32>) -> ()
      }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>)");
  };
  EXPECT_EQ(
      reduceWith(R"(%m = "stablehlo.add"(%l, %r) : (tensor<f32>, tensor<f32>) -> tensor<f32>)"),
      "reduce prR");
  EXPECT_EQ(reduceWith(R"(%m = "foo.bar"(%l, %r) : (tensor<f32>, tensor<f32>) -> tensor<f32>)"),
            "reduce R");
  EXPECT_EQ(reduceWith(R"(%m = "stablehlo.custom_call"(%l) <{call_target_name = "f"}> :
                          (tensor<f32>) -> tensor<f32>)"),
            "reduce pR");
}

TEST(OpModelTest, DeclaredEffectsOfRegisteredOps) {
  EXPECT_EQ(describe(R"(%0 = ml_program.global_load @g : tensor<f32>)"), "other ");
  EXPECT_EQ(describe(R"(%t = arith.constant true
                        cf.assert %t, "no")"),
            "other ");
  EXPECT_EQ(describe(R"(%0 = "tosa.custom"(%a) <{operator_name = "f", domain_name = "d",
                        implementation_attrs = ""}> : (tensor<2x3xf32>) -> tensor<2x3xf32>)"),
            "other ");
}

TEST(OpModelTest, RegisteredOpsWithoutARow) {
  // arith and math: the elementwise and constant traits say all.
  Context context;
  Found found = lookup(context, "%0 = math.tanh %a : tensor<2x3xf32>", OpModelTable());
  EXPECT_EQ(found.model.kind, planning::OpKind::Elementwise);
  EXPECT_EQ(flagsOf(found.model), "prL");
  EXPECT_EQ(found.flops, 6);
  EXPECT_EQ(describe("%0 = arith.addf %a, %a : tensor<2x3xf32>"), "elementwise prL");
  EXPECT_EQ(describe("%0 = arith.constant dense<1.0> : tensor<2x3xf32>"), "constant prfL");
}

/// A structured op on 2x3 tensors with the given maps, iterators and body.
std::string generic(const std::string &maps, const std::string &iterators, const std::string &ins,
                    const std::string &out, const std::string &body) {
  return "%e = tensor.empty() : " + out + "\n%0 = linalg.generic {indexing_maps = [" + maps +
         "], iterator_types = [" + iterators + "]} ins(" + ins + ") outs(%e : " + out + ") {" +
         body + "} -> " + out;
}

TEST(OpModelTest, StructuredOps) {
  const std::string id = "affine_map<(i, j) -> (i, j)>", swap = "affine_map<(i, j) -> (j, i)>";
  const std::string two = "\"parallel\", \"parallel\"";
  const std::string yield = "^bb0(%l: f32, %o: f32): linalg.yield %l : f32";
  const std::string ain = "%a : tensor<2x3xf32>", out = "tensor<2x3xf32>";
  EXPECT_EQ(describe(generic(id + ", " + id, two, ain, out, yield)), "elementwise prL");
  EXPECT_EQ(describe(generic(swap + ", " + id, two, ain, "tensor<3x2xf32>", yield)),
            "transpose prL");
  EXPECT_EQ(
      describe(generic("affine_map<(i, j) -> ()>, " + id, two, "%s : tensor<f32>", out, yield)),
      "broadcast prfL");
  EXPECT_EQ(describe(generic("affine_map<(i, j) -> (i, 0)>, affine_map<(i, j) -> (i, j)>", two, ain,
                             "tensor<2x1xf32>", yield)),
            "slice prL");
  EXPECT_EQ(describe(generic(id + ", " + id, two, ain, out,
                             R"(^bb0(%l: f32, %o: f32):
                                %c = linalg.index 0 : index
                                %d = linalg.index 1 : index
                                %x = tensor.extract %a[%c, %d] : tensor<2x3xf32>
                                %y = arith.addf %x, %l : f32
                                linalg.yield %y : f32)")),
            "gather prL");
  // The body casts (free) and adds: one flop per point.
  Context context;
  Found reduce = lookup(context,
                        generic(id + ", affine_map<(i, j) -> (i)>", "\"parallel\", \"reduction\"",
                                ain, "tensor<2xf64>",
                                R"(^bb0(%l: f32, %o: f64):
                        %w = arith.extf %l : f32 to f64
                        %m = arith.addf %w, %o : f64
                        linalg.yield %m : f64)"),
                        OpModelTable());
  EXPECT_EQ(reduce.model.kind, planning::OpKind::Reduce);
  EXPECT_EQ(flagsOf(reduce.model), "prR");
  EXPECT_EQ(reduce.flops, 6);
}

TEST(OpModelTest, NamedStructuredOps) {
  Context context;
  OpModelTable table;
  Found matmul = lookup(context, R"(%e = tensor.empty() : tensor<2x4xf32>
      %0 = linalg.matmul ins(%a, %b : tensor<2x3xf32>, tensor<3x4xf32>)
                         outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>)",
                        table);
  EXPECT_EQ(matmul.model.kind, planning::OpKind::Dot);
  EXPECT_EQ(flagsOf(matmul.model), "pr");
  EXPECT_EQ(matmul.flops, 2 * 2 * 3 * 4);
  Found conv = lookup(context, R"(
      %x = tensor.empty() : tensor<1x3x8x8xf32>
      %w = tensor.empty() : tensor<5x3x2x2xf32>
      %e = tensor.empty() : tensor<1x5x7x7xf32>
      %0 = linalg.conv_2d_nchw_fchw
             ins(%x, %w : tensor<1x3x8x8xf32>, tensor<5x3x2x2xf32>)
             outs(%e : tensor<1x5x7x7xf32>) -> tensor<1x5x7x7xf32>)",
                      table);
  EXPECT_EQ(conv.model.kind, planning::OpKind::Convolution);
  EXPECT_EQ(conv.flops, 2 * (5 * 7 * 7) * (3 * 2 * 2));
  EXPECT_EQ(describe(R"(
      %x = tensor.empty() : tensor<1x3x8x8xf32>
      %w = tensor.empty() : tensor<2x2xf32>
      %e = tensor.empty() : tensor<1x3x7x7xf32>
      %0 = linalg.pooling_nchw_max
             ins(%x, %w : tensor<1x3x8x8xf32>, tensor<2x2xf32>)
             outs(%e : tensor<1x3x7x7xf32>) -> tensor<1x3x7x7xf32>)"),
            "window prR");
  EXPECT_EQ(describe(R"(%c = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<2x4xf32>
      %0 = linalg.fill ins(%c : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>)"),
            "broadcast prfL");
}

TEST(OpModelTest, RowsForAForeignDialect) {
  OpModelTable table;
  table.add("foo", {"gelu", "silu"},
            {.kind = planning::OpKind::Elementwise,
             .pure = true,
             .recomputable = true,
             .fusion = Fusion::Loop,
             .flops = flops::perResultElement});
  EXPECT_EQ(describe(R"(%0 = "foo.silu"(%a) : (tensor<2x3xf32>) -> tensor<2x3xf32>)", table),
            "elementwise prL");
  EXPECT_EQ(describe(R"(%0 = "foo.relu"(%a) : (tensor<2x3xf32>) -> tensor<2x3xf32>)", table),
            "other ");
}

TEST(OpModelTest, UnreadableAttributesGiveNoCount) {
  Context context;
  OpModelTable table;
  for (
      const char *text : {
          R"(%0 = "stablehlo.dot_general"(%a, %b) : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>)",
          R"(%0 = "stablehlo.dot_general"(%a, %b) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [7]>}> : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>)",
          R"(%0 = "stablehlo.dot_general"(%a, %b) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [x]>}> : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>)",
          R"(%0 = "stablehlo.convolution"(%a, %b) <{dimension_numbers = #stablehlo.conv<[b, f]x[i]->[b, f]>}> : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>)",
          R"(%0 = "stablehlo.convolution"(%a, %b) <{dimension_numbers = "?"}> : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>)",
          R"(%0 = "stablehlo.einsum"(%a, %b) : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>)",
          R"(%0 = "stablehlo.fft"(%a) : (tensor<2x3xf32>) -> tensor<2x4xf32>)",
          R"(%0 = "stablehlo.reduce_window"(%a, %s) : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x4xf32>)",
          R"(%0 = "tosa.max_pool2d"(%a) : (tensor<2x3xf32>) -> tensor<2x4xf32>)",
      })
    EXPECT_EQ(lookup(context, text, table).flops, std::nullopt) << text;
}

TEST(OpModelTest, ConvolutionAttributesInEachSpelling) {
  Context context;
  OpModelTable table;
  for (const char *numbers : {
           "#stablehlo.conv<[b, 0, f]x[0, i, o]->[b, 0, f]>",
           "#stablehlo.conv<[b,0,f]x[0,i,o]->[b,0,f]>",
           "#stablehlo.conv<raw input_batch_dimension = 0, kernel_output_feature_dimension = 2, "
           "output_batch_dimension = 0>",
       }) {
    // 1x8x2 with a kernel 3x2x5 to 1x6x5; the input is dilated by two.
    std::string text = R"(
      %x = "foo.x"() : () -> tensor<1x8x2xf32>
      %w = "foo.w"() : () -> tensor<3x2x5xf32>
      %0 = "stablehlo.convolution"(%x, %w) <{dimension_numbers = )" +
                       std::string(numbers) +
                       R"(, lhs_dilation = dense<2> : tensor<1xi64>}> :
                       (tensor<1x8x2xf32>, tensor<3x2x5xf32>) -> tensor<1x6x5xf32>)";
    EXPECT_EQ(lookup(context, text, table).flops, 2 * (6 * 5) * (3 * 2) / 2) << numbers;
  }
}

TEST(OpModelTest, LoopsAndBranchesCountTheirRegions) {
  Context context;
  OpModelTable table;
  Found branch = lookup(context, R"(
      %c = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
      %0 = "stablehlo.case"(%c) ({
        %t = "stablehlo.tanh"(%a) : (tensor<2x3xf32>) -> tensor<2x3xf32>
        "stablehlo.return"(%t) : (tensor<2x3xf32>) -> ()
      }, {
        %t = "stablehlo.tanh"(%a) : (tensor<2x3xf32>) -> tensor<2x3xf32>
        %u = "stablehlo.tanh"(%t) : (tensor<2x3xf32>) -> tensor<2x3xf32>
        "stablehlo.return"(%u) : (tensor<2x3xf32>) -> ()
      }) : (tensor<i32>) -> tensor<2x3xf32>)",
                        table);
  EXPECT_EQ(branch.flops, 12);
  Found loop = lookup(context, R"(
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c5 = arith.constant 5 : index
      %0 = scf.for %k = %c0 to %c5 step %c1 iter_args(%x = %a) -> tensor<2x3xf32> {
        %t = math.tanh %x : tensor<2x3xf32>
        scf.yield %t : tensor<2x3xf32>
      })",
                      table);
  EXPECT_EQ(loop.flops, 30);
}

TEST(OpModelTest, CountsSaturate) {
  EXPECT_EQ(flops::add(flops::kLimit - 1, 5), flops::kLimit);
  EXPECT_EQ(flops::multiply(int64_t(1) << 40, int64_t(1) << 40), flops::kLimit);
  EXPECT_EQ(flops::multiply(3, 4), 12);
}

} // namespace
} // namespace remat::test
