// RUN: remat-opt %s -split-input-file --remat-inline | FileCheck %s

// Ops of dialects that are not registered, calls in a row and inside a region.
// CHECK-LABEL: func.func @nested_and_in_region(
// CHECK-SAME: %[[X:.*]]: tensor<8xf32>
func.func @nested_and_in_region(%x: tensor<8xf32>) -> tensor<8xf32> {
  // CHECK-NEXT: %[[T:.*]] = "stablehlo.tanh"(%[[X]])
  // CHECK-NEXT: %[[N:.*]] = "stablehlo.negate"(%[[T]])
  // CHECK-NEXT: %[[W:.*]] = "stablehlo.while"(%[[N]])
  // CHECK: "stablehlo.constant"
  // CHECK: ^bb0(%[[B:.*]]: tensor<8xf32>):
  // CHECK-NEXT: %[[I:.*]] = "stablehlo.tanh"(%[[B]])
  // CHECK-NEXT: "stablehlo.return"(%[[I]])
  // CHECK: return %[[W]]
  %0 = func.call @outer(%x) : (tensor<8xf32>) -> tensor<8xf32>
  %1 = "stablehlo.while"(%0) ({
  ^bb0(%a: tensor<8xf32>):
    %c = "stablehlo.constant"() <{value = dense<false> : tensor<i1>}> : () -> tensor<i1>
    "stablehlo.return"(%c) : (tensor<i1>) -> ()
  }, {
  ^bb0(%b: tensor<8xf32>):
    %2 = func.call @inner(%b) : (tensor<8xf32>) -> tensor<8xf32>
    "stablehlo.return"(%2) : (tensor<8xf32>) -> ()
  }) : (tensor<8xf32>) -> tensor<8xf32>
  return %1 : tensor<8xf32>
}
// CHECK-NOT: @outer
// CHECK-NOT: @inner
func.func private @outer(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = func.call @inner(%x) : (tensor<8xf32>) -> tensor<8xf32>
  %1 = "stablehlo.negate"(%0) : (tensor<8xf32>) -> tensor<8xf32>
  return %1 : tensor<8xf32>
}
func.func private @inner(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = "stablehlo.tanh"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

// A callee that hands its arguments on: results are values of the caller.
// CHECK-LABEL: func.func @hands_arguments_on(
// CHECK-SAME: %[[X:.*]]: tensor<8xf32>, %[[Y:.*]]: tensor<8xf32>
func.func @hands_arguments_on(%x: tensor<8xf32>, %y: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  // CHECK-NEXT: return %[[Y]], %[[X]]
  %0:2 = func.call @swap(%x, %y) : (tensor<8xf32>, tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>)
  return %0#0, %0#1 : tensor<8xf32>, tensor<8xf32>
}
func.func private @swap(%x: tensor<8xf32>, %y: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  return %y, %x : tensor<8xf32>, tensor<8xf32>
}

// -----

// CHECK-LABEL: func.func @composite(
func.func @composite(%x: tensor<8xf32>) -> tensor<8xf32> {
  // CHECK-NEXT: "chlo.square"
  // CHECK-NEXT: return
  %0 = "stablehlo.composite"(%x) <{composite_attributes = {}, decomposition = @square, name = "my.square", version = 0 : i32}> : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func private @square(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = "chlo.square"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

// What something still refers to stays: public functions and what they call,
// and what an op names in an attribute.
// CHECK-LABEL: func.func @main(
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = func.call @shared(%x) : (tensor<8xf32>) -> tensor<8xf32>
  %1 = "stablehlo.custom_call"(%0) <{call_target_name = "f", called_computations = [@named]}> : (tensor<8xf32>) -> tensor<8xf32>
  return %1 : tensor<8xf32>
}
// CHECK: func.func @api(
// CHECK-NEXT: call @shared
func.func @api(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = func.call @shared(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
// CHECK: func.func private @shared(
func.func private @shared(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = "stablehlo.tanh"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
// CHECK: func.func private @named(
func.func private @named(%x: tensor<8xf32>) -> tensor<8xf32> {
  return %x : tensor<8xf32>
}
// CHECK-NOT: @dead
func.func private @dead(%x: tensor<8xf32>) -> tensor<8xf32> {
  return %x : tensor<8xf32>
}
