// RUN: remat-opt %s --remat-stablehlo-to-linalg | FileCheck %s

// CHECK-LABEL: func.func @if(
// CHECK-SAME: %[[P:.*]]: tensor<i1>, %[[X:.*]]: tensor<4xf32>, %[[Y:.*]]: tensor<4xf32>
func.func @if(%p: tensor<i1>, %x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[C:.*]] = tensor.extract %[[P]][]
  // CHECK: %[[R:.*]] = scf.if %[[C]] -> (tensor<4xf32>) {
  // CHECK-NEXT: scf.yield %[[X]]
  // CHECK-NEXT: } else {
  // CHECK-NEXT: scf.yield %[[Y]]
  // CHECK: return %[[R]]
  %0 = "stablehlo.if"(%p) ({
    "stablehlo.return"(%x) : (tensor<4xf32>) -> ()
  }, {
    "stablehlo.return"(%y) : (tensor<4xf32>) -> ()
  }) : (tensor<i1>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// An index out of range means the last branch.
// CHECK-LABEL: func.func @case(
func.func @case(%i: tensor<i32>, %x: tensor<4xf32>, %y: tensor<4xf32>, %z: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[I:.*]] = arith.index_cast
  // CHECK: scf.index_switch %[[I]]
  // CHECK-NEXT: case 0 {
  // CHECK-NEXT: scf.yield %arg1
  // CHECK: case 1 {
  // CHECK-NEXT: scf.yield %arg2
  // CHECK: default {
  // CHECK-NEXT: scf.yield %arg3
  %0 = "stablehlo.case"(%i) ({
    "stablehlo.return"(%x) : (tensor<4xf32>) -> ()
  }, {
    "stablehlo.return"(%y) : (tensor<4xf32>) -> ()
  }, {
    "stablehlo.return"(%z) : (tensor<4xf32>) -> ()
  }) : (tensor<i32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// CHECK-LABEL: func.func @barrier(
// CHECK-NEXT: return %arg1, %arg0
func.func @barrier(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0:2 = "stablehlo.optimization_barrier"(%x, %y) : (tensor<4xf32>, tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  return %0#1, %0#0 : tensor<4xf32>, tensor<4xf32>
}
