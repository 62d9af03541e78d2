// RUN: remat-opt %s --remat-encode="target=xla-gpu order-backward=true" | FileCheck %s
// RUN: remat-opt %s --remat-encode=target=xla-gpu | FileCheck %s --check-prefix=OFF

// The first region waits for the gradient %ga, which nothing but the return reads, the
// second for %gb, but not again for %ga. A constant need not be waited for.
// CHECK-LABEL: func.func @main(
// CHECK: %[[GA:.*]] = "stablehlo.negate"
// CHECK-NEXT: %[[G:.*]] = "stablehlo.cosine"
// CHECK-NEXT: %[[B:.*]]:3 = "stablehlo.optimization_barrier"(%{{.*}}, %[[G]], %[[GA]])
// CHECK-NEXT: %[[R:.*]] = "stablehlo.tanh"(%[[B]]#0)
// CHECK: %[[GB:.*]] = "stablehlo.multiply"(%[[B]]#1, %[[R]])
// CHECK-NEXT: %[[H:.*]] = "stablehlo.sine"(%[[B]]#1)
// CHECK-NEXT: %[[C:.*]]:3 = "stablehlo.optimization_barrier"(%{{.*}}, %[[H]], %[[GB]])
// CHECK: return %{{.*}}, %[[B]]#2, %[[C]]#2, %{{.*}}
// OFF: "stablehlo.optimization_barrier"(%{{.*}}, %{{.*}}) : (tensor<8xf32>, tensor<8xf32>)
// OFF: "stablehlo.optimization_barrier"(%{{.*}}, %{{.*}}) : (tensor<8xf32>, tensor<8xf32>)
func.func @main(%x: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %k = "stablehlo.exponential"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  %loss = "stablehlo.dot_general"(%k, %k) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<8xf32>, tensor<8xf32>) -> tensor<f32>
  %ga = "stablehlo.negate"(%k) : (tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.cosine"(%k) : (tensor<8xf32>) -> tensor<8xf32>
  %r = remat.recompute (%p = %k : tensor<8xf32>) after (%g : tensor<8xf32>) {
    %0 = "stablehlo.tanh"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  %one = "stablehlo.constant"() <{value = dense<1.0> : tensor<8xf32>}> : () -> tensor<8xf32>
  %gb = "stablehlo.multiply"(%g, %r) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %h = "stablehlo.sine"(%g) : (tensor<8xf32>) -> tensor<8xf32>
  %s = remat.recompute (%q = %k : tensor<8xf32>) after (%h : tensor<8xf32>) {
    %0 = "stablehlo.tanh"(%q) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  %t = "stablehlo.multiply"(%h, %s) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %gc = "stablehlo.multiply"(%t, %one) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %ga, %gb, %gc : tensor<f32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}
