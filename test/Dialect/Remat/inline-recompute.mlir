// RUN: remat-opt %s -split-input-file --remat-inline-recompute | FileCheck %s

// The ops of a region stand where it stood, also inside another region's user.
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:.*]]: tensor<8xf32>
// CHECK-NOT: remat.clones
func.func @main(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) attributes {remat.clones = 2 : i64} {
  // CHECK-NEXT: %[[T:.*]] = "stablehlo.tanh"(%[[X]])
  // CHECK-NEXT: %[[N:.*]] = "stablehlo.negate"(%[[T]])
  // CHECK-NEXT: %[[AGAIN:.*]] = "stablehlo.tanh"(%[[X]])
  // CHECK-NEXT: %[[M:.*]] = "stablehlo.multiply"(%[[AGAIN]], %[[N]])
  // CHECK-NEXT: return %[[N]], %[[M]]
  %t = "stablehlo.tanh"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  %n = "stablehlo.negate"(%t) : (tensor<8xf32>) -> tensor<8xf32>
  %again = remat.recompute (%kept = %x : tensor<8xf32>) after (%n : tensor<8xf32>) {
    %0 = "stablehlo.tanh"(%kept) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  %m = "stablehlo.multiply"(%again, %n) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %n, %m : tensor<8xf32>, tensor<8xf32>
}

// -----

// A result that the body passes on is its input.
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:.*]]: tensor<8xf32>
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  // CHECK-NEXT: return %[[X]]
  %same = remat.recompute (%kept = %x : tensor<8xf32>) {
    remat.yield %kept : tensor<8xf32>
  }
  return %same : tensor<8xf32>
}
