// RUN: remat-opt %s --remat-encode="target=xla-gpu pins=kept" | FileCheck %s

// Both halves are made from the one sum, through an op that fuses: together they take what
// it does, so neither is pinned. The half of the other product has the constant in common
// with them, which nothing keeps, and takes less than the product.
// CHECK-LABEL: func.func @main(
// CHECK-COUNT-3: "stablehlo.slice"
// CHECK-NEXT: "stablehlo.optimization_barrier"(%{{.*}}) : (tensor<256x512xf32>) -> tensor<256x512xf32>
// CHECK-NOT: optimization_barrier
func.func @main(%x: tensor<512x512xf32>) -> (tensor<f32>, tensor<256x512xf32>, tensor<256x512xf32>, tensor<256x512xf32>) {
  %z = "stablehlo.constant"() <{value = dense<2.0> : tensor<f32>}> : () -> tensor<f32>
  %zs = "stablehlo.broadcast_in_dim"(%z) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<512x512xf32>
  %p = "stablehlo.dot_general"(%x, %x) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
  %q = "stablehlo.dot_general"(%x, %x) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]>}> : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
  %ps = "stablehlo.add"(%p, %zs) : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
  %qs = "stablehlo.add"(%q, %zs) : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
  %a = "stablehlo.slice"(%ps) <{limit_indices = array<i64: 256, 512>, start_indices = array<i64: 0, 0>, strides = array<i64: 1, 1>}> : (tensor<512x512xf32>) -> tensor<256x512xf32>
  %b = "stablehlo.slice"(%ps) <{limit_indices = array<i64: 512, 512>, start_indices = array<i64: 256, 0>, strides = array<i64: 1, 1>}> : (tensor<512x512xf32>) -> tensor<256x512xf32>
  %c = "stablehlo.slice"(%qs) <{limit_indices = array<i64: 256, 512>, start_indices = array<i64: 0, 0>, strides = array<i64: 1, 1>}> : (tensor<512x512xf32>) -> tensor<256x512xf32>
  %ab = "stablehlo.add"(%a, %b) : (tensor<256x512xf32>, tensor<256x512xf32>) -> tensor<256x512xf32>
  %loss = "stablehlo.dot_general"(%ab, %c) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0, 1], rhs_contracting_dimensions = [0, 1]>}> : (tensor<256x512xf32>, tensor<256x512xf32>) -> tensor<f32>
  %ga = "stablehlo.negate"(%a) : (tensor<256x512xf32>) -> tensor<256x512xf32>
  %gb = "stablehlo.negate"(%b) : (tensor<256x512xf32>) -> tensor<256x512xf32>
  %gc = "stablehlo.negate"(%c) : (tensor<256x512xf32>) -> tensor<256x512xf32>
  return %loss, %ga, %gb, %gc : tensor<f32>, tensor<256x512xf32>, tensor<256x512xf32>, tensor<256x512xf32>
}
