// RUN: remat-opt %s -split-input-file --remat-apply | FileCheck %s

// A backward op that runs again reads the latest instance of each value, here the
// one of its own region, not the one that its first execution read: that one may
// be long gone in the plan.
// CHECK-LABEL: func.func @again_from_the_latest(
// CHECK-SAME: %[[X:.*]]: tensor<f32>
func.func @again_from_the_latest(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<loss = 0, insertions = [
      {before = 3, ops = [0]}, {before = 5, ops = [0, 3]}]>} {
  // CHECK: %[[G0:.*]] = "stablehlo.negate"
  // CHECK-NEXT: %[[A1:.*]] = remat.recompute (%{{.*}} = %[[X]] : tensor<f32>) after (%[[G0]] : tensor<f32>)
  // CHECK: %[[G1:.*]] = "stablehlo.multiply"(%[[G0]], %[[A1]])
  // CHECK-NEXT: %[[H:.*]] = "stablehlo.sine"(%[[G1]])
  // CHECK-NEXT: %[[G1_AGAIN:.*]] = remat.recompute (%[[KX:.*]] = %[[X]] : tensor<f32>, %[[KG:.*]] = %[[G0]] : tensor<f32>) after (%[[H]] : tensor<f32>) {
  // CHECK-NEXT: %[[A2:.*]] = "stablehlo.tanh"(%[[KX]])
  // CHECK-NEXT: %[[G2:.*]] = "stablehlo.multiply"(%[[KG]], %[[A2]])
  // CHECK-NEXT: remat.yield %[[G2]]
  // CHECK-NEXT: }
  // CHECK-NEXT: %[[K:.*]] = "stablehlo.multiply"(%[[H]], %[[G1_AGAIN]])
  // CHECK-NEXT: return %{{.*}}, %[[H]], %[[K]]
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %loss = "stablehlo.cosine"(%a) : (tensor<f32>) -> tensor<f32>
  %g0 = "stablehlo.negate"(%loss) : (tensor<f32>) -> tensor<f32>
  %g1 = "stablehlo.multiply"(%g0, %a) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %h = "stablehlo.sine"(%g1) : (tensor<f32>) -> tensor<f32>
  %k = "stablehlo.multiply"(%h, %g1) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %loss, %h, %k : tensor<f32>, tensor<f32>, tensor<f32>
}

// -----

// The same through a folded op: the broadcast of the kept %g0 is emitted with
// both executions of %g1, behind what runs again for it.
// CHECK-LABEL: func.func @again_with_folded(
// CHECK-SAME: %[[X:.*]]: tensor<8xf32>
func.func @again_with_folded(%x: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>, tensor<8xf32>)
    attributes {remat.plan = #remat.plan<loss = 0, insertions = [
      {before = 5, ops = [0]}, {before = 7, ops = [0, 5]}]>} {
  // CHECK: %[[G0:.*]] = "stablehlo.negate"
  // CHECK-NEXT: %[[A1:.*]] = remat.recompute (%{{.*}} = %[[X]] : tensor<8xf32>) after (%[[G0]] : tensor<f32>)
  // CHECK: %[[GB:.*]] = "stablehlo.broadcast_in_dim"(%[[G0]])
  // CHECK: %[[G1:.*]] = "stablehlo.multiply"(%[[GB]], %[[A1]])
  // CHECK-NEXT: %[[H:.*]] = "stablehlo.sine"(%[[G1]])
  // CHECK-NEXT: remat.recompute (%[[KX:.*]] = %[[X]] : tensor<8xf32>, %[[KG:.*]] = %[[G0]] : tensor<f32>) after (%[[H]] : tensor<8xf32>) {
  // CHECK-NEXT: %[[A2:.*]] = "stablehlo.tanh"(%[[KX]])
  // CHECK-NEXT: %[[GB2:.*]] = "stablehlo.broadcast_in_dim"(%[[KG]])
  // CHECK-NEXT: %[[G2:.*]] = "stablehlo.multiply"(%[[GB2]], %[[A2]])
  // CHECK-NEXT: remat.yield %[[G2]]
  %a = "stablehlo.tanh"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%a, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  %g0 = "stablehlo.negate"(%loss) : (tensor<f32>) -> tensor<f32>
  %gb = "stablehlo.broadcast_in_dim"(%g0) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<8xf32>
  %g1 = "stablehlo.multiply"(%gb, %a) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %h = "stablehlo.sine"(%g1) : (tensor<8xf32>) -> tensor<8xf32>
  %k = "stablehlo.multiply"(%h, %g1) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %h, %k : tensor<f32>, tensor<8xf32>, tensor<8xf32>
}

// -----

// Nothing reads %w before it runs again, so that it moves to there, and what ran
// again for its first execution alone is left out. What comes next reads nothing
// made before but the region's own results: the region waits for the last
// gradient that is read behind it.
// CHECK-LABEL: func.func @moved(
// CHECK-SAME: %[[X:.*]]: tensor<f32>
// CHECK-SAME: remat.clones = 2
// CHECK-NEXT: %[[A:.*]] = "stablehlo.tanh"(%[[X]])
// CHECK-NEXT: %[[LOSS:.*]] = "stablehlo.cosine"(%[[A]])
// CHECK-NEXT: %[[G0:.*]] = "stablehlo.negate"(%[[LOSS]])
// CHECK-NEXT: %[[H:.*]] = "stablehlo.sine"(%[[G0]])
// CHECK-NEXT: %[[W:.*]] = remat.recompute (%[[KX:.*]] = %[[X]] : tensor<f32>, %[[KG:.*]] = %[[G0]] : tensor<f32>) after (%[[H]] : tensor<f32>) {
// CHECK-NEXT: %[[A2:.*]] = "stablehlo.tanh"(%[[KX]])
// CHECK-NEXT: %[[W2:.*]] = "stablehlo.multiply"(%[[KG]], %[[A2]])
// CHECK-NEXT: remat.yield %[[W2]]
// CHECK-NEXT: }
// CHECK-NEXT: %[[U:.*]] = "stablehlo.add"(%[[X]], %[[W]])
// CHECK-NEXT: return %[[LOSS]], %[[H]], %[[U]]
func.func @moved(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<loss = 0, insertions = [
      {before = 3, ops = [0]}, {before = 5, ops = [0, 3]}]>} {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %loss = "stablehlo.cosine"(%a) : (tensor<f32>) -> tensor<f32>
  %g0 = "stablehlo.negate"(%loss) : (tensor<f32>) -> tensor<f32>
  %w = "stablehlo.multiply"(%g0, %a) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %h = "stablehlo.sine"(%g0) : (tensor<f32>) -> tensor<f32>
  %u = "stablehlo.add"(%x, %w) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %loss, %h, %u : tensor<f32>, tensor<f32>, tensor<f32>
}

// -----

// The last gradient, %d, is read no more where %w runs again, so that a barrier
// could not hold the region back with it: %h serves.
// CHECK-LABEL: func.func @trigger_is_read_behind(
// CHECK: %[[H:.*]] = "stablehlo.sine"
// CHECK-NEXT: %[[D:.*]] = "stablehlo.exponential"
// CHECK-NEXT: %[[D2:.*]] = "stablehlo.optimization_barrier"(%[[D]])
// CHECK-NEXT: remat.recompute (%{{.*}}) after (%[[H]] : tensor<f32>)
func.func @trigger_is_read_behind(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<loss = 0, insertions = [{before = 6, ops = [0]}]>} {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %loss = "stablehlo.cosine"(%a) : (tensor<f32>) -> tensor<f32>
  %g0 = "stablehlo.negate"(%loss) : (tensor<f32>) -> tensor<f32>
  %h = "stablehlo.sine"(%g0) : (tensor<f32>) -> tensor<f32>
  %d = "stablehlo.exponential"(%g0) : (tensor<f32>) -> tensor<f32>
  %d2 = "stablehlo.optimization_barrier"(%d) : (tensor<f32>) -> tensor<f32>
  %u = "stablehlo.add"(%a, %a) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %k = "stablehlo.multiply"(%u, %h) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %loss, %k : tensor<f32>, tensor<f32>
}
