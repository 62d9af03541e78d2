// RUN: remat-opt %s -split-input-file --remat-plan="strategy=none loss=0" | FileCheck %s

// Arguments take 2 x 64 KiB. The update takes w's buffer over, and the last product reads w
// after it: w is copied before, and the copy is there beside the product and what it reads.
// CHECK-LABEL: func.func @reads_after_the_update
// CHECK-SAME: scope = "total", peak = 327684,
func.func @reads_after_the_update(%w: tensor<128x128xf32> {tf.aliasing_output = 1 : i32}, %x: tensor<128x128xf32>) -> (tensor<f32>, tensor<128x128xf32>, tensor<128x128xf32>) {
  %a = "stablehlo.dot_general"(%w, %x) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %l = "stablehlo.dot_general"(%a, %a) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0, 1], rhs_contracting_dimensions = [0, 1]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<f32>
  %gw = "stablehlo.dot_general"(%a, %x) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %n = "stablehlo.subtract"(%w, %gw) : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %s = "stablehlo.dot_general"(%n, %n) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %z = "stablehlo.dot_general"(%w, %s) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  return %l, %n, %z : tensor<f32>, tensor<128x128xf32>, tensor<128x128xf32>
}

// -----

// Where the update comes last, w is read before and not copied.
// CHECK-LABEL: func.func @reads_before_the_update
// CHECK-SAME: scope = "total", peak = 262148,
func.func @reads_before_the_update(%w: tensor<128x128xf32> {tf.aliasing_output = 1 : i32}, %x: tensor<128x128xf32>) -> (tensor<f32>, tensor<128x128xf32>, tensor<128x128xf32>) {
  %a = "stablehlo.dot_general"(%w, %x) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %l = "stablehlo.dot_general"(%a, %a) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0, 1], rhs_contracting_dimensions = [0, 1]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<f32>
  %gw = "stablehlo.dot_general"(%a, %x) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %z = "stablehlo.dot_general"(%w, %gw) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %n = "stablehlo.subtract"(%w, %gw) : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  return %l, %n, %z : tensor<f32>, tensor<128x128xf32>, tensor<128x128xf32>
}
