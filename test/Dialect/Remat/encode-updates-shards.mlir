// RUN: remat-opt %s --remat-encode="target=xla-gpu order-updates=true" | FileCheck %s

// A device's quarter of the weights cannot take the whole of the result, as the planner says.
// CHECK-LABEL: func.func @main(
// CHECK-NOT: optimization_barrier
func.func @main(%x: tensor<128x128xf32>, %w: tensor<128x128xf32> {jax.buffer_donor = true, remat.local = tensor<32x128xf32>}) -> (tensor<128x128xf32>, tensor<f32>) {
  %gw = "stablehlo.dot_general"(%x, %x) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %gx = "stablehlo.dot_general"(%x, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %l = "stablehlo.dot_general"(%gx, %gx) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0, 1], rhs_contracting_dimensions = [0, 1]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<f32>
  %n = "stablehlo.subtract"(%w, %gw) : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  return %n, %l : tensor<128x128xf32>, tensor<f32>
}
