// RUN: remat-opt %s -split-input-file --remat-apply | FileCheck %s

// Two recomputations between two ops are one region, right before the reader,
// ordered after the gradient that the reader takes. The forward stays as it is.
// CHECK-LABEL: func.func @one_region(
// CHECK-SAME: %[[X:.*]]: tensor<8xf32>, %[[W:.*]]: tensor<8xf32>
// CHECK-SAME: attributes {remat.clones = 2 : i64}
// CHECK-NOT: remat.plan
func.func @one_region(%x: tensor<8xf32>, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>)
    attributes {remat.plan = #remat.plan<insertions = [{before = 7, ops = [0, 1]}]>} {
  // CHECK-NEXT: %[[A:.*]] = "stablehlo.multiply"(%[[X]], %[[W]])
  // CHECK-NEXT: %[[B:.*]] = "stablehlo.tanh"(%[[A]])
  // CHECK-NEXT: %[[S:.*]] = "stablehlo.multiply"(%[[B]], %[[B]])
  // CHECK: %[[G0:.*]] = "stablehlo.add"(%[[W]], %[[W]])
  // CHECK-NEXT: %[[G1:.*]] = "stablehlo.negate"(%[[G0]])
  // CHECK-NEXT: %[[AGAIN:.*]] = remat.recompute (%[[KX:.*]] = %[[X]] : tensor<8xf32>, %[[KW:.*]] = %[[W]] : tensor<8xf32>) after (%[[G1]] : tensor<8xf32>) {
  // CHECK-NEXT: %[[A2:.*]] = "stablehlo.multiply"(%[[KX]], %[[KW]]) {mark = 1 : i64}
  // CHECK-NEXT: %[[B2:.*]] = "stablehlo.tanh"(%[[A2]])
  // CHECK-NEXT: remat.yield %[[B2]] : tensor<8xf32>
  // CHECK-NEXT: }
  // CHECK-NEXT: %[[G:.*]] = "stablehlo.multiply"(%[[G1]], %[[AGAIN]])
  // CHECK-NEXT: return %{{.*}}, %[[G]]
  %a = "stablehlo.multiply"(%x, %w) {mark = 1} : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %s = "stablehlo.multiply"(%b, %b) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%s, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  %g0 = "stablehlo.add"(%w, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g1 = "stablehlo.negate"(%g0) : (tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%g1, %b) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// A second region reads what the first yielded; a value that is recomputed twice
// is read from the latest region.
// CHECK-LABEL: func.func @region_after_region(
// CHECK-SAME: %[[X:.*]]: tensor<8xf32>
func.func @region_after_region(%x: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>)
    attributes {remat.plan = #remat.plan<insertions = [
      {before = 5, ops = [0]}, {before = 6, ops = [1]}, {before = 7, ops = [0]}]>} {
  // CHECK: %[[G0:.*]] = "stablehlo.negate"
  // CHECK-NEXT: %[[A1:.*]] = remat.recompute (%[[K1:.*]] = %[[X]] : tensor<8xf32>) after (%[[G0]] : tensor<8xf32>)
  // CHECK-NEXT: "stablehlo.tanh"(%[[K1]])
  // CHECK: %[[G1:.*]] = "stablehlo.multiply"(%[[G0]], %[[A1]])
  // CHECK-NEXT: %[[B1:.*]] = remat.recompute (%[[K2:.*]] = %[[A1]] : tensor<8xf32>) after (%[[G1]] : tensor<8xf32>)
  // CHECK-NEXT: "stablehlo.exponential"(%[[K2]])
  // CHECK: %[[G2:.*]] = "stablehlo.multiply"(%[[G1]], %[[B1]])
  // CHECK-NEXT: %[[A2:.*]] = remat.recompute (%[[K3:.*]] = %[[X]] : tensor<8xf32>) after (%[[G2]] : tensor<8xf32>)
  // CHECK: %[[G3:.*]] = "stablehlo.multiply"(%[[G2]], %[[A2]])
  // CHECK-NEXT: return %{{.*}}, %[[G3]]
  %a = "stablehlo.tanh"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.exponential"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  %g0 = "stablehlo.negate"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  %g1 = "stablehlo.multiply"(%g0, %a) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g2 = "stablehlo.multiply"(%g1, %b) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g3 = "stablehlo.multiply"(%g2, %a) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g3 : tensor<f32>, tensor<8xf32>
}

// -----

// A folded op (the broadcast) is emitted again with each reader that reads
// another instance of its input: in the region, and outside for %g1. The
// original, which only %g1 read, goes away. Folded ops of nothing but constants
// are cloned into regions, because a region is isolated.
// CHECK-LABEL: func.func @folded_ops(
// CHECK-SAME: %[[X:.*]]: tensor<8xf32>
func.func @folded_ops(%x: tensor<8xf32>) -> (tensor<f32>, tensor<4x8xf32>)
    attributes {remat.plan = #remat.plan<insertions = [{before = 9, ops = [3]}]>} {
  // CHECK-NEXT: %[[TWO:.*]] = "stablehlo.constant"() <{value = dense<2.0
  // CHECK-NEXT: %[[TWOS:.*]] = "stablehlo.broadcast_in_dim"(%[[TWO]])
  // CHECK-NEXT: %[[A:.*]] = "stablehlo.multiply"(%[[X]], %[[TWOS]])
  // CHECK-NEXT: %[[B:.*]] = "stablehlo.tanh"(%[[A]])
  // CHECK-NEXT: "stablehlo.constant"() <{value = dense<0.0
  // CHECK-NEXT: "stablehlo.reduce"(%[[B]]
  // CHECK: %[[G0:.*]] = "stablehlo.iota"
  // CHECK: %[[G:.*]] = "stablehlo.cosine"
  // CHECK-NEXT: %[[B1:.*]] = remat.recompute (%[[K:.*]] = %[[A]] : tensor<8xf32>) after (%[[G]] : tensor<4x8xf32>) {
  // CHECK-NEXT: %[[B0:.*]] = "stablehlo.tanh"(%[[K]])
  // CHECK-NEXT: remat.yield %[[B0]]
  // CHECK-NEXT: }
  // CHECK-NEXT: %[[BB:.*]] = "stablehlo.broadcast_in_dim"(%[[B1]]) <{broadcast_dimensions = array<i64: 1>}>
  // CHECK-NEXT: "stablehlo.multiply"(%[[G]], %[[BB]])
  %two = "stablehlo.constant"() <{value = dense<2.0> : tensor<f32>}> : () -> tensor<f32>
  %twos = "stablehlo.broadcast_in_dim"(%two) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<8xf32>
  %a = "stablehlo.multiply"(%x, %twos) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  %bb = "stablehlo.broadcast_in_dim"(%b) <{broadcast_dimensions = array<i64: 1>}> : (tensor<8xf32>) -> tensor<4x8xf32>
  %g0 = "stablehlo.iota"() <{iota_dimension = 0 : i64}> : () -> tensor<4x8xf32>
  %g = "stablehlo.cosine"(%g0) : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %g1 = "stablehlo.multiply"(%g, %bb) : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %loss, %g1 : tensor<f32>, tensor<4x8xf32>
}

// -----

// Constants come into the region with the op that reads them.
// CHECK-LABEL: func.func @constants_in_region(
func.func @constants_in_region(%x: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>)
    attributes {remat.plan = #remat.plan<insertions = [{before = 6, ops = [2]}]>} {
  // CHECK: remat.recompute (%[[K:.*]] = %{{.*}} : tensor<8xf32>) after
  // CHECK-NEXT: %[[C:.*]] = "stablehlo.constant"
  // CHECK-NEXT: %[[CB:.*]] = "stablehlo.broadcast_in_dim"(%[[C]])
  // CHECK-NEXT: "stablehlo.multiply"(%[[K]], %[[CB]])
  %two = "stablehlo.constant"() <{value = dense<2.0> : tensor<f32>}> : () -> tensor<f32>
  %twos = "stablehlo.broadcast_in_dim"(%two) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<8xf32>
  %a = "stablehlo.multiply"(%x, %twos) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%a, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  %g = "stablehlo.negate"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  %g1 = "stablehlo.multiply"(%g, %a) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g1 : tensor<f32>, tensor<8xf32>
}

// -----

// Values that a region of an op reads from outside count as its operands: in a
// reader of the base order, and in an op that runs again.
// CHECK-LABEL: func.func @captured_values(
// CHECK-SAME: %[[X:.*]]: tensor<f32>, %[[I:.*]]: tensor<i32>
func.func @captured_values(%x: tensor<f32>, %i: tensor<i32>) -> (tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<loss = 0, insertions = [{before = 4, ops = [0, 1]}]>} {
  // CHECK: %[[G0:.*]] = "stablehlo.negate"
  // CHECK-NEXT: %[[R:.*]]:2 = remat.recompute (%[[KX:.*]] = %[[X]] : tensor<f32>, %[[KI:.*]] = %[[I]] : tensor<i32>)
  // CHECK-NEXT: %[[A:.*]] = "stablehlo.tanh"(%[[KX]])
  // CHECK-NEXT: %[[B:.*]] = "stablehlo.case"(%[[KI]]) ({
  // CHECK-NEXT: "stablehlo.exponential"(%[[A]])
  // CHECK: remat.yield %[[A]], %[[B]]
  // CHECK: "stablehlo.case"(%[[I]]) ({
  // CHECK-NEXT: "stablehlo.multiply"(%[[R]]#0, %[[R]]#1)
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %b = "stablehlo.case"(%i) ({
    %e = "stablehlo.exponential"(%a) : (tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%e) : (tensor<f32>) -> ()
  }) : (tensor<i32>) -> tensor<f32>
  %loss = "stablehlo.cosine"(%b) : (tensor<f32>) -> tensor<f32>
  %g0 = "stablehlo.negate"(%loss) : (tensor<f32>) -> tensor<f32>
  %g1 = "stablehlo.case"(%i) ({
    %m = "stablehlo.multiply"(%a, %b) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %m2 = "stablehlo.multiply"(%m, %g0) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%m2) : (tensor<f32>) -> ()
  }) : (tensor<i32>) -> tensor<f32>
  return %loss, %g1 : tensor<f32>, tensor<f32>
}

// -----

// Of two recomputations only one is read: the other is left out. At the end of
// the step the reader is the terminator, and the trigger the last gradient.
// CHECK-LABEL: func.func @unread_and_at_the_end(
// CHECK-SAME: remat.clones = 1
func.func @unread_and_at_the_end(%x: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>, tensor<8xf32>)
    attributes {remat.plan = #remat.plan<insertions = [{before = 5, ops = [0]}, {before = 6, ops = [0]}]>} {
  // CHECK: %[[G:.*]] = "stablehlo.negate"
  // CHECK-NEXT: %[[G1:.*]] = "stablehlo.exponential"(%[[G]])
  // CHECK-NEXT: %[[A:.*]] = remat.recompute (%{{.*}} = %{{.*}} : tensor<8xf32>) after (%[[G1]] : tensor<8xf32>)
  // CHECK: return %{{.*}}, %[[A]], %[[G1]]
  %a = "stablehlo.tanh"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  %s = "stablehlo.multiply"(%a, %a) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%s, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  %g = "stablehlo.negate"(%s) : (tensor<8xf32>) -> tensor<8xf32>
  %g1 = "stablehlo.exponential"(%g) : (tensor<8xf32>) -> tensor<8xf32>
  return %loss, %a, %g1 : tensor<f32>, tensor<8xf32>, tensor<8xf32>
}
