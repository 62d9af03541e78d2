// RUN: remat-opt %s -split-input-file --remat-encode="target=xla-gpu tie-accumulations=true" | FileCheck %s
// RUN: remat-opt %s -split-input-file --remat-encode="target=xla-gpu tie-accumulations=true" -o %t
// RUN: remat-opt %t -split-input-file --remat-encode="target=xla-gpu tie-accumulations=true" | diff %t -
// RUN: remat-opt %s -split-input-file --remat-encode=target=xla-gpu | FileCheck %s --check-prefix=OFF

// A step backward waits for the sum over the steps before it.
// OFF-NOT: optimization_barrier
// CHECK-LABEL: func.func @unrolled(
// CHECK-SAME: %[[X:.*]]: tensor<128x128xf32>, %[[W:.*]]: tensor<128x128xf32>)
// CHECK-NEXT: %[[D0:.*]] = "stablehlo.dot_general"(%[[X]], %[[X]])
// CHECK-NEXT: %[[H1:.*]] = "stablehlo.dot_general"(%[[X]], %[[W]])
// CHECK-NEXT: %[[D1:.*]] = "stablehlo.dot_general"(%[[H1]], %[[X]])
// CHECK-NEXT: %[[H2:.*]] = "stablehlo.dot_general"(%[[H1]], %[[W]])
// CHECK-NEXT: %[[S:.*]] = "stablehlo.add"(%[[D0]], %[[D1]])
// CHECK-NEXT: %[[B:.*]]:2 = "stablehlo.optimization_barrier"(%[[S]], %[[H2]])
// CHECK-NEXT: %[[D2:.*]] = "stablehlo.dot_general"(%[[B]]#1, %[[X]])
// CHECK-NEXT: %[[R:.*]] = "stablehlo.add"(%[[B]]#0, %[[D2]])
// CHECK-NEXT: return %[[R]]
func.func @unrolled(%x: tensor<128x128xf32>, %w: tensor<128x128xf32>) -> tensor<128x128xf32> {
  %d0 = "stablehlo.dot_general"(%x, %x) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %h1 = "stablehlo.dot_general"(%x, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %d1 = "stablehlo.dot_general"(%h1, %x) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %h2 = "stablehlo.dot_general"(%h1, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %s = "stablehlo.add"(%d0, %d1) : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %d2 = "stablehlo.dot_general"(%h2, %x) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %r = "stablehlo.add"(%s, %d2) : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  return %r : tensor<128x128xf32>
}

// -----

// In a sum of residuals each addend depends on the sum so far: nothing to order.
// CHECK-LABEL: func.func @residual(
// CHECK-NOT: optimization_barrier
func.func @residual(%x: tensor<128x128xf32>) -> tensor<128x128xf32> {
  %a = "stablehlo.tanh"(%x) : (tensor<128x128xf32>) -> tensor<128x128xf32>
  %s = "stablehlo.add"(%x, %a) : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %b = "stablehlo.tanh"(%s) : (tensor<128x128xf32>) -> tensor<128x128xf32>
  %t = "stablehlo.add"(%s, %b) : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  return %t : tensor<128x128xf32>
}
