// RUN: remat-opt %s --remat-encode="target=xla-gpu pins=masks" | FileCheck %s --check-prefixes=ALL,MASKS
// RUN: remat-opt %s --remat-encode="target=xla-gpu pins=kept" | FileCheck %s --check-prefixes=ALL,KEPT
// RUN: remat-opt %s --remat-encode="target=xla-gpu pins=kept" -o %t
// RUN: remat-opt %t --remat-encode="target=xla-gpu pins=kept" | diff %t -
// RUN: remat-opt %s --remat-encode=target=xla-gpu | FileCheck %s --check-prefix=OFF

// The mask is smaller than the product it is made from, which the backward does not
// read; so is the half. What the forward reads stays.
// OFF-NOT: optimization_barrier
// ALL-LABEL: func.func @main(
// ALL: %[[P:.*]] = "stablehlo.dot_general"
// ALL: %[[M:.*]] = "stablehlo.compare"(%[[P]], %{{.*}})
// ALL-NEXT: %[[PM:.*]] = "stablehlo.optimization_barrier"(%[[M]])
// ALL-NEXT: %[[H:.*]] = "stablehlo.slice"(%[[P]])
// KEPT-NEXT: %[[PH:.*]] = "stablehlo.optimization_barrier"(%[[H]])
// ALL-NEXT: "stablehlo.select"(%[[M]],
// MASKS: "stablehlo.negate"(%[[H]])
// KEPT: "stablehlo.negate"(%[[PH]])
// ALL: "stablehlo.select"(%[[PM]],
func.func @main(%x: tensor<512x512xf32>) -> (tensor<f32>, tensor<64x512xf32>, tensor<512x512xf32>) {
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %zs = "stablehlo.broadcast_in_dim"(%z) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<512x512xf32>
  %p = "stablehlo.dot_general"(%x, %x) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
  %m = "stablehlo.compare"(%p, %zs) <{comparison_direction = #stablehlo<comparison_direction GT>}> : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xi1>
  %h = "stablehlo.slice"(%p) <{limit_indices = array<i64: 64, 512>, start_indices = array<i64: 0, 0>, strides = array<i64: 1, 1>}> : (tensor<512x512xf32>) -> tensor<64x512xf32>
  %r = "stablehlo.select"(%m, %p, %zs) : (tensor<512x512xi1>, tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
  %loss = "stablehlo.dot_general"(%r, %r) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0, 1], rhs_contracting_dimensions = [0, 1]>}> : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<f32>
  %gh = "stablehlo.negate"(%h) : (tensor<64x512xf32>) -> tensor<64x512xf32>
  %gs = "stablehlo.broadcast_in_dim"(%loss) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<512x512xf32>
  %gx = "stablehlo.select"(%m, %gs, %zs) : (tensor<512x512xi1>, tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
  return %loss, %gh, %gx : tensor<f32>, tensor<64x512xf32>, tensor<512x512xf32>
}
