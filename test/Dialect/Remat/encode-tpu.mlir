// RUN: remat-opt %s --remat-encode=target=xla-tpu | FileCheck %s

// What is recomputed from a recomputed value waits for that without a barrier. A
// second time it needs one, or the two would be merged.
// CHECK-LABEL: func.func @from_recomputed(
// CHECK-SAME: %[[K:.*]]: tensor<8xf32>, %[[G:.*]]: tensor<8xf32>)
// CHECK-NEXT: %[[A:.*]] = "stablehlo.tanh"(%[[K]])
// CHECK-NEXT: %[[B:.*]]:2 = "stablehlo.optimization_barrier"(%[[A]], %[[G]])
// CHECK-NEXT: %[[R:.*]] = "stablehlo.cosine"(%[[B]]#0)
// CHECK-NEXT: %[[S:.*]] = "stablehlo.add"(%[[B]]#1, %[[R]])
// CHECK-NEXT: %[[Q:.*]] = "stablehlo.sine"(%[[R]])
// CHECK-NEXT: %[[T:.*]] = "stablehlo.add"(%[[S]], %[[Q]])
// CHECK-NEXT: %[[C:.*]]:2 = "stablehlo.optimization_barrier"(%[[R]], %[[T]])
// CHECK-NEXT: %[[U:.*]] = "stablehlo.sine"(%[[C]]#0)
// CHECK-NEXT: %[[V:.*]] = "stablehlo.add"(%[[C]]#1, %[[U]])
// CHECK-NEXT: return %[[V]]
func.func @from_recomputed(%k: tensor<8xf32>, %g: tensor<8xf32>) -> tensor<8xf32> {
  %a = "stablehlo.tanh"(%k) : (tensor<8xf32>) -> tensor<8xf32>
  %r = remat.recompute (%p = %a : tensor<8xf32>) after (%g : tensor<8xf32>) {
    %0 = "stablehlo.cosine"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  %s = "stablehlo.add"(%g, %r) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %q = remat.recompute (%p = %r : tensor<8xf32>) after (%s : tensor<8xf32>) {
    %0 = "stablehlo.sine"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  %t = "stablehlo.add"(%s, %q) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %u = remat.recompute (%p = %r : tensor<8xf32>) after (%t : tensor<8xf32>) {
    %0 = "stablehlo.sine"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  %v = "stablehlo.add"(%t, %u) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %v : tensor<8xf32>
}
