// RUN: remat-opt %s --remat-inline=entry=second | FileCheck %s
// RUN: not remat-opt %s --remat-inline 2>&1 | FileCheck %s --check-prefix=SEVERAL
// RUN: not remat-opt %s --remat-inline=entry=third 2>&1 | FileCheck %s --check-prefix=NONE

// SEVERAL: error: the module has 2 public functions with a body, none of them @main: @first, @second; name one with the option 'entry'
// NONE: error: there is no function @third in the module; it has @first, @second, @f

// CHECK: func.func @first(
// CHECK-NEXT: call @f
func.func @first(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = func.call @f(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
// CHECK: func.func @second(
// CHECK-NEXT: "stablehlo.tanh"
func.func @second(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = func.call @f(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func private @f(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = "stablehlo.tanh"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
