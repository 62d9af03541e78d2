//===- ValueBytesTest.cpp - sizes of IR values ----------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Analysis/ValueBytes.h"
#include "ParsedModule.h"
#include "mlir/AsmParser/AsmParser.h"

namespace remat::test {
namespace {

/// Returns the bytes of the type spelled `text`, or the error's message.
std::string sizeOf(llvm::StringRef text) {
  Context context;
  mlir::Type type = mlir::parseType(text, &context.context);
  EXPECT_TRUE(type) << text.str();
  planning::Result<planning::Bytes> bytes = bytesOf(type);
  return bytes ? std::to_string(bytes->count) : bytes.error().message;
}

struct Case {
  const char *type;
  const char *bytes;
};

TEST(ValueBytesTest, EveryKindOfElement) {
  static constexpr Case cases[] = {
      {"tensor<5xi1>", "5"},
      {"tensor<5xi2>", "2"},
      {"tensor<5xi4>", "3"},
      {"tensor<5xui4>", "3"},
      {"tensor<5xi8>", "5"},
      {"tensor<5xui16>", "10"},
      {"tensor<5xi24>", "15"},
      {"tensor<5xi33>", "25"},
      {"tensor<5xsi64>", "40"},
      {"tensor<5xindex>", "40"},
      {"tensor<5xf4E2M1FN>", "3"},
      {"tensor<5xf6E2M3FN>", "4"},
      {"tensor<5xf8E4M3FN>", "5"},
      {"tensor<5xf8E5M2>", "5"},
      {"tensor<5xbf16>", "10"},
      {"tensor<5xf16>", "10"},
      {"tensor<5xtf32>", "20"},
      {"tensor<5xf32>", "20"},
      {"tensor<5xf64>", "40"},
      {"tensor<5xf80>", "80"},
      {"tensor<5xcomplex<f32>>", "40"},
      {"tensor<5xcomplex<f64>>", "80"},
      {"tensor<5x!quant.uniform<i8:f32, 0.5>>", "5"},
  };
  for (const Case &item : cases)
    EXPECT_EQ(sizeOf(item.type), item.bytes) << item.type;
}

TEST(ValueBytesTest, EveryKindOfType) {
  static constexpr Case cases[] = {
      {"tensor<f32>", "4"},
      {"tensor<0x7xf32>", "0"},
      {"tensor<2x3xf32>", "24"},
      {"vector<2x3xf32>", "24"},
      {"f32", "4"},
      {"i1", "1"},
      {"i64", "8"},
      {"index", "8"},
      {"none", "0"},
      {"!stablehlo.token", "0"},
      {"!tosa.shape<3>", "0"},
      {"tuple<tensor<2xf32>, tuple<tensor<3xi1>, !stablehlo.token>>", "11"},
      {"!torch.vtensor<[2,3],f32>", "24"},
      {"!torch.vtensor<[],si64>", "8"},
      {"!torch.int", "0"},
      {"!torch.list<int>", "0"},
  };
  for (const Case &item : cases)
    EXPECT_EQ(sizeOf(item.type), item.bytes) << item.type;
}

TEST(ValueBytesTest, TypesWithoutASize) {
  static constexpr Case cases[] = {
      {"tensor<?x4xf32>", "has type 'tensor<?x4xf32>', whose size is not known; only static "
                          "shapes can be planned, so export the step with concrete shapes"},
      {"!torch.vtensor<[?],f32>",
       "has type '!torch.vtensor<[?],f32>', whose size is not known; only static shapes can be "
       "planned, so export the step with concrete shapes"},
      {"tensor<*xf32>", "has type 'tensor<*xf32>', which has no rank; only static shapes can be "
                        "planned, so export the step with concrete shapes"},
      {"!torch.vtensor<*,f32>",
       "has type '!torch.vtensor<*,f32>', which has no rank; only static shapes can be planned, "
       "so export the step with concrete shapes"},
      {"vector<[4]xf32>", "has type 'vector<[4]xf32>', whose size is not known; only static "
                          "shapes can be planned"},
      {"tensor<2x!foo.bar>",
       "has type 'tensor<2x!foo.bar>', whose elements have no known size in memory"},
      {"!foo.bar", "has type '!foo.bar', which has no known size in memory"},
      {"!torch.vtensor<[2],foo>",
       "has type '!torch.vtensor<[2],foo>', which has no known size in memory"},
      {"!torch.tensor", "has type '!torch.tensor', which has no known size in memory"},
      {"memref<4xf32>", "has type 'memref<4xf32>', a buffer; plan the step on tensors, before "
                        "bufferization"},
      {"tensor<4611686018427387904xi8>",
       "has type 'tensor<4611686018427387904xi8>', of 2^62 bytes or more"},
      {"tensor<9223372036854775807x9223372036854775807xi8>",
       "has type 'tensor<9223372036854775807x9223372036854775807xi8>', of 2^62 bytes or more"},
      {"tuple<tensor<4611686018427387903xi8>, i8>",
       "has type 'tuple<tensor<4611686018427387903xi8>, i8>', of 2^62 bytes or more"},
  };
  for (const Case &item : cases)
    EXPECT_EQ(sizeOf(item.type), item.bytes) << item.type;
}

TEST(ValueBytesTest, FloatBits) {
  Context context;
  auto bits = [&](llvm::StringRef text) {
    return floatBits(mlir::parseType(text, &context.context));
  };
  EXPECT_EQ(bits("tensor<2xbf16>"), 16);
  EXPECT_EQ(bits("tensor<2xcomplex<f32>>"), 32);
  EXPECT_EQ(bits("!torch.vtensor<[2],f64>"), 64);
  EXPECT_EQ(bits("f8E5M2"), 8);
  EXPECT_EQ(bits("tensor<2xi32>"), 0);
}

} // namespace
} // namespace remat::test
