// RUN: remat-opt %s -split-input-file --remat-apply | FileCheck %s

// An op with a region and what is folded into it move as one, here ahead of what
// stood between; an op that runs again reads what its new place has.
// CHECK-LABEL: func.func @moves_and_recomputes(
// CHECK-SAME: %[[X:.*]]: tensor<8xf32>
// CHECK-NEXT: %[[A:.*]] = "stablehlo.tanh"(%[[X]])
// CHECK-NEXT: %[[B:.*]] = "stablehlo.exponential"(%[[A]])
// CHECK-NEXT: %[[Z:.*]] = "stablehlo.constant"
// CHECK-NEXT: %[[LOSS:.*]] = "stablehlo.reduce"(%[[B]], %[[Z]])
// CHECK-NEXT: ^bb0
// CHECK-NEXT: "stablehlo.add"
// CHECK-NEXT: "stablehlo.return"
// CHECK-NEXT: })
// CHECK-NEXT: %[[S:.*]] = "stablehlo.sine"(%[[A]])
// CHECK-NEXT: %[[G:.*]] = "stablehlo.negate"(%[[S]])
// CHECK-NEXT: %[[A2:.*]] = remat.recompute (%[[K:.*]] = %[[X]] : tensor<8xf32>) after (%[[G]] : tensor<8xf32>) {
// CHECK-NEXT: "stablehlo.tanh"(%[[K]])
// CHECK-NEXT: remat.yield
// CHECK-NEXT: }
// CHECK-NEXT: %[[H:.*]] = "stablehlo.multiply"(%[[G]], %[[A2]])
// CHECK-NEXT: return %[[LOSS]], %[[H]]
func.func @moves_and_recomputes(%x: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>)
    attributes {remat.plan = #remat.plan<loss = 0, order = [0, 2, 4, 1, 5, 6], insertions = [{before = 6, ops = [0]}]>} {
  %a = "stablehlo.tanh"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  %s = "stablehlo.sine"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.exponential"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  %g = "stablehlo.negate"(%s) : (tensor<8xf32>) -> tensor<8xf32>
  %h = "stablehlo.multiply"(%g, %a) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %h : tensor<f32>, tensor<8xf32>
}

// -----

// What the program computes for nobody goes behind the ops of the plan.
// CHECK-LABEL: func.func @dead_ops(
// CHECK-NEXT: "stablehlo.tanh"
// CHECK-NEXT: "stablehlo.negate"
// CHECK-NEXT: "stablehlo.sine"
// CHECK-NEXT: "stablehlo.cosine"
// CHECK-NEXT: remat.recompute
// CHECK: }
// CHECK-NEXT: return
func.func @dead_ops(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<order = [1, 3, 2], insertions = [{before = 4, ops = [1]}]>} {
  %dead = "stablehlo.cosine"(%x) : (tensor<f32>) -> tensor<f32>
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %s = "stablehlo.sine"(%a) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.negate"(%a) : (tensor<f32>) -> tensor<f32>
  return %a, %s, %g : tensor<f32>, tensor<f32>, tensor<f32>
}
