//===- ForeignDialectTest.cpp - the sample of add-a-dialect.md ------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MyDialectRows.h"
#include "ParsedModule.h"

#include <fstream>
#include <sstream>

namespace remat::test {
namespace {

constexpr char step[] = R"(
  func.func @main(%q: tensor<2x8x4xf32>) -> (tensor<f32>, tensor<2x8x4xf32>) {
    %f = "mydl.flatten"(%q) : (tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
    %a = "mydl.attend"(%f) {causal} : (tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
    %d = "mydl.dropout"(%a) : (tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
    %y = "mydl.gelu"(%d) : (tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
    %loss = "mydl.loss"(%y) : (tensor<2x8x4xf32>) -> tensor<f32>
    %g = "mydl.silu"(%y) : (tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
    return %loss, %g : tensor<f32>, tensor<2x8x4xf32>
  })";

TEST(ForeignDialectTest, RowsOfTheSample) {
  OpModelTable table;
  addMyDialectRows(table);
  AnalysisOptions options;
  options.models = &table;
  Step known(step, options);
  EXPECT_EQ(known.ids(), (std::vector<int64_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(known.cone(1), "mydl.flatten");
  EXPECT_EQ(known.reads(1), "%arg0");
  EXPECT_EQ(known.op(1).work.flops.count, 2 * 2 * (2 * 8 * 8 * 4)); // two dots: q k, scores v
  EXPECT_TRUE(known.op(1).recomputable);
  EXPECT_FALSE(known.op(2).recomputable);
  EXPECT_EQ(known.op(3).kind, OpKind::Elementwise);
  EXPECT_EQ(known.op(3).work.flops.count, 64);
}

TEST(ForeignDialectTest, WithoutItsRowsADialectIsOpaque) {
  Step unknown(step);
  EXPECT_EQ(unknown.ids(), (std::vector<int64_t>{0, 1, 2, 3, 4, 5}));
  for (const planning::Op &op : unknown.graph().ops)
    EXPECT_FALSE(op.recomputable);
}

std::string contentOf(const std::string &path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

TEST(ForeignDialectTest, ThePageShowsThisSample) {
  const std::string root = REMAT_TEST_INPUTS "/../..";
  std::string sample = contentOf(root + "/test/Unit/Analysis/MyDialectRows.h");
  std::string page = contentOf(root + "/docs/development/add-a-dialect.md");
  size_t begin = sample.find("#include"), end = sample.find("\n#endif");
  sample = sample.substr(begin, end - begin);
  EXPECT_NE(page.find("```c++\n" + sample + "```"), std::string::npos);
}

} // namespace
} // namespace remat::test
