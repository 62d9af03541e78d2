// RUN: remat-opt %s --remat-encode="target=xla-gpu pins=masks" | FileCheck %s --check-prefixes=ALL,PINS
// RUN: remat-opt %s --remat-encode="target=xla-gpu pins=masks order-backward=true" | FileCheck %s --check-prefixes=ALL,BOTH

// The region keeps the loss, so the return reads it from the region's barrier. The backward
// begins behind the loss all the same: the mask that it reads before the region is pinned.
// With order-backward the region waits for %gz too, whose mask is then read from the pin.
// ALL-LABEL: func.func @main(
// ALL: %[[M:.*]] = "stablehlo.compare"
// ALL-NEXT: %[[P:.*]] = "stablehlo.optimization_barrier"(%[[M]])
// ALL-NEXT: "stablehlo.select"(%[[M]],
// ALL-NEXT: %[[L:.*]] = "stablehlo.dot_general"
// ALL: %[[GX:.*]] = "stablehlo.select"(%[[P]],
// ALL-NEXT: %[[GZ:.*]] = "stablehlo.select"(%[[P]],
// PINS-NEXT: %[[B:.*]]:2 = "stablehlo.optimization_barrier"(%[[L]], %[[GX]])
// BOTH-NEXT: %[[B:.*]]:3 = "stablehlo.optimization_barrier"(%[[L]], %[[GX]], %[[GZ]])
// ALL-NEXT: "stablehlo.exponential"(%[[B]]#0)
// PINS: return %[[B]]#0, %{{.*}}, %[[GZ]]
// BOTH: return %[[B]]#0, %{{.*}}, %[[B]]#2
func.func @main(%x: tensor<512x512xf32>) -> (tensor<f32>, tensor<512x512xf32>, tensor<512x512xf32>) {
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %zs = "stablehlo.broadcast_in_dim"(%z) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<512x512xf32>
  %p = "stablehlo.dot_general"(%x, %x) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
  %m = "stablehlo.compare"(%p, %zs) <{comparison_direction = #stablehlo<comparison_direction GT>}> : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xi1>
  %r = "stablehlo.select"(%m, %p, %zs) : (tensor<512x512xi1>, tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
  %loss = "stablehlo.dot_general"(%r, %r) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0, 1], rhs_contracting_dimensions = [0, 1]>}> : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<f32>
  %gs = "stablehlo.broadcast_in_dim"(%loss) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<512x512xf32>
  %gx = "stablehlo.select"(%m, %gs, %zs) : (tensor<512x512xi1>, tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
  %gz = "stablehlo.select"(%m, %zs, %gs) : (tensor<512x512xi1>, tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
  %e = remat.recompute (%k = %loss : tensor<f32>) after (%gx : tensor<512x512xf32>) {
    %0 = "stablehlo.exponential"(%k) : (tensor<f32>) -> tensor<f32>
    remat.yield %0 : tensor<f32>
  }
  %es = "stablehlo.broadcast_in_dim"(%e) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<512x512xf32>
  %gy = "stablehlo.multiply"(%gx, %es) : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
  return %loss, %gy, %gz : tensor<f32>, tensor<512x512xf32>, tensor<512x512xf32>
}
