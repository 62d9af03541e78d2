// RUN: remat-opt %s -split-input-file --remat-encode="target=xla-gpu order-updates=true" | FileCheck %s
// RUN: remat-opt %s -split-input-file --remat-encode="target=xla-gpu order-updates=true" -o %t
// RUN: remat-opt %t -split-input-file --remat-encode="target=xla-gpu order-updates=true" | diff %t -
// RUN: remat-opt %s -split-input-file --remat-encode=target=xla-gpu | FileCheck %s --check-prefix=OFF

// The product with the old weights does not depend on their update, nor the other way
// round. So the gradient, here its transpose, waits for the product.
// OFF-LABEL: func.func @product_beside_update(
// OFF-NOT: optimization_barrier
// OFF: return
// CHECK-LABEL: func.func @product_beside_update(
// CHECK-SAME: %[[X:.*]]: tensor<128x128xf32>, %[[W:.*]]: tensor<128x128xf32>
// CHECK: %[[GW:.*]] = "stablehlo.dot_general"(%[[X]], %[[X]])
// CHECK-NEXT: %[[T:.*]] = "stablehlo.transpose"(%[[GW]])
// CHECK-NEXT: %[[GX:.*]] = "stablehlo.dot_general"(%[[X]], %[[W]])
// CHECK-NEXT: %[[B:.*]]:2 = "stablehlo.optimization_barrier"(%[[T]], %[[GX]])
// CHECK-NEXT: %[[G:.*]] = "stablehlo.tanh"(%[[B]]#1)
// CHECK-NEXT: %[[N:.*]] = "stablehlo.subtract"(%[[W]], %[[B]]#0)
// CHECK-NEXT: return %[[N]], %[[G]]
func.func @product_beside_update(%x: tensor<128x128xf32>, %w: tensor<128x128xf32> {tf.aliasing_output = 0 : i32}) -> (tensor<128x128xf32>, tensor<128x128xf32>) {
  %gw = "stablehlo.dot_general"(%x, %x) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %t = "stablehlo.transpose"(%gw) <{permutation = array<i64: 1, 0>}> : (tensor<128x128xf32>) -> tensor<128x128xf32>
  %gx = "stablehlo.dot_general"(%x, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %g = "stablehlo.tanh"(%gx) : (tensor<128x128xf32>) -> tensor<128x128xf32>
  %n = "stablehlo.subtract"(%w, %t) : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  return %n, %g : tensor<128x128xf32>, tensor<128x128xf32>
}

// -----

// The update depends on the only other reader: nothing to order.
// CHECK-LABEL: func.func @ordered_already(
// CHECK-NOT: optimization_barrier
func.func @ordered_already(%x: tensor<128x128xf32>, %w: tensor<128x128xf32> {jax.buffer_donor = true}) -> tensor<128x128xf32> {
  %y = "stablehlo.dot_general"(%x, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %n = "stablehlo.subtract"(%w, %y) : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  return %n : tensor<128x128xf32>
}

// -----

// A copy of a small argument costs less than a barrier, and an argument that is not
// donated is not updated in place.
// CHECK-LABEL: func.func @nothing_to_gain(
// CHECK-NOT: optimization_barrier
func.func @nothing_to_gain(%x: tensor<8x8xf32>, %w: tensor<8x8xf32> {tf.aliasing_output = 0 : i32}, %v: tensor<8x8xf32>) -> (tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>) {
  %gw = "stablehlo.dot_general"(%x, %x) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %gx = "stablehlo.dot_general"(%x, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]>}> : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %gy = "stablehlo.dot_general"(%x, %v) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]>}> : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %n = "stablehlo.subtract"(%w, %gw) : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %m = "stablehlo.subtract"(%v, %gw) : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  return %n, %m, %gx, %gy : tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>
}

// -----

// The region's barrier orders the update too, but later, so that comes second: the update
// has a barrier of its own.
// CHECK-LABEL: func.func @before_regions(
// CHECK: %[[B:.*]]:2 = "stablehlo.optimization_barrier"(%{{.*}}, %{{.*}}) : (tensor<128x128xf32>, tensor<128x128xf32>)
// CHECK-NEXT: "stablehlo.optimization_barrier"(%{{.*}}, %[[B]]#0, %[[B]]#1)
func.func @before_regions(%x: tensor<128x128xf32>, %w: tensor<128x128xf32> {tf.aliasing_output = 0 : i32}) -> (tensor<128x128xf32>, tensor<128x128xf32>) {
  %k = "stablehlo.tanh"(%x) : (tensor<128x128xf32>) -> tensor<128x128xf32>
  %gw = "stablehlo.dot_general"(%x, %x) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %gx = "stablehlo.dot_general"(%x, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %r = remat.recompute (%p = %k : tensor<128x128xf32>) after (%gw : tensor<128x128xf32>, %gx : tensor<128x128xf32>) {
    %0 = "stablehlo.cosine"(%p) : (tensor<128x128xf32>) -> tensor<128x128xf32>
    remat.yield %0 : tensor<128x128xf32>
  }
  %g = "stablehlo.multiply"(%gx, %r) : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %n = "stablehlo.subtract"(%w, %gw) : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  return %n, %g : tensor<128x128xf32>, tensor<128x128xf32>
}
