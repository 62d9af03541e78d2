//===- Steps.h - small training steps for tests -----------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_TEST_UNIT_ANALYSIS_STEPS_H
#define REMAT_TEST_UNIT_ANALYSIS_STEPS_H

#include <string>

namespace remat::test {

/// One layer, its loss, the gradient, and plain gradient descent. Block
/// positions stand in the comments.
inline constexpr char oneLayer[] = R"(
module @jit_step {
  func.func @main(%w: tensor<4x4xf32> {tf.aliasing_output = 1 : i32}, %x: tensor<2x4xf32>)
      -> (tensor<f32>, tensor<4x4xf32>) {
    %rate = "stablehlo.constant"() <{value = dense<0.1> : tensor<f32>}> : () -> tensor<f32> // 0
    %h = "stablehlo.dot_general"(%x, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32> // 1
    %a = "stablehlo.tanh"(%h) : (tensor<2x4xf32>) -> tensor<2x4xf32> // 2
    %zero = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32> // 3
    %loss = "stablehlo.reduce"(%a, %zero) <{dimensions = array<i64: 0, 1>}> ({
    ^bb0(%l: tensor<f32>, %r: tensor<f32>):
      %m = "stablehlo.add"(%l, %r) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%m) : (tensor<f32>) -> ()
    }) : (tensor<2x4xf32>, tensor<f32>) -> tensor<f32> // 4
    %one = "stablehlo.constant"() <{value = dense<1.0> : tensor<f32>}> : () -> tensor<f32> // 5
    %ones = "stablehlo.broadcast_in_dim"(%one) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2x4xf32> // 6
    %aa = "stablehlo.multiply"(%a, %a) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32> // 7
    %d = "stablehlo.subtract"(%ones, %aa) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32> // 8
    %dw = "stablehlo.dot_general"(%x, %d) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<4x4xf32> // 9
    %rates = "stablehlo.broadcast_in_dim"(%rate) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x4xf32> // 10
    %g = "stablehlo.multiply"(%rates, %dw) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32> // 11
    %new = "stablehlo.subtract"(%w, %g) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32> // 12
    return %loss, %new : tensor<f32>, tensor<4x4xf32>
  }
})";

/// A step around `body`, which reads %x and makes a value %y, both 2x4xf32. The
/// loss follows at once; the backward reads %x and %y. Body ops have the block
/// positions from 0.
inline std::string stepAround(const std::string &body) {
  return R"(
  func.func @main(%x: tensor<2x4xf32>, %w: tensor<4x4xf32>, %s: tensor<f32>)
      -> (tensor<f32>, tensor<2x4xf32>) {
    )" + body +
         R"(
    %loss = "foo.loss"(%y) {remat.pure} : (tensor<2x4xf32>) -> tensor<f32>
    %grad = "foo.grad"(%loss, %x, %y) {remat.pure} : (tensor<f32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    return %loss, %grad : tensor<f32>, tensor<2x4xf32>
  })";
}

/// Returns `%result = "name"(operand) : tensor<2x4xf32>` for one operand or two,
/// separated by a comma.
inline std::string op(const std::string &result, const std::string &name,
                      const std::string &operands) {
  std::string type = operands.find(',') == std::string::npos ? "tensor<2x4xf32>"
                                                             : "tensor<2x4xf32>, tensor<2x4xf32>";
  return "\n" + result + " = \"" + name + "\"(" + operands + ") : (" + type +
         ") -> tensor<2x4xf32>";
}

/// Returns a 2x4 dot product of `operand` with %w.
inline std::string dot(const std::string &result, const std::string &operand) {
  return "\n" + result + " = \"stablehlo.dot_general\"(" + operand +
         R"(, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1],
            rhs_contracting_dimensions = [0]>}> :
            (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>)";
}

} // namespace remat::test

#endif // REMAT_TEST_UNIT_ANALYSIS_STEPS_H
