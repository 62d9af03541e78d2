// Ops that torch-mlir must not look into pass it without regions; remat-stablehlo-to-linalg
// puts the regions back.
// RUN: remat-opt %s --remat-outline-regions | FileCheck %s
// RUN: remat-opt %s --remat-outline-regions --remat-stablehlo-to-linalg -o %t.round.mlir
// RUN: remat-opt %s --remat-stablehlo-to-linalg -o %t.mlir
// RUN: diff %t.round.mlir %t.mlir

// CHECK-LABEL: func.func @main(
// CHECK: "remat_outlined.op"(%arg0, %arg1) {operandSegmentSizes = array<i32: 1, 1>, remat_outlined.name = "remat.recompute", remat_outlined.regions = [@[[BODY:.*]]], remat_outlined.terminator = "remat.yield"}
// CHECK-NEXT: return
// CHECK: func.func private @[[SELECT:.*]](%{{.*}}: tensor<f32>, %{{.*}}: tensor<f32>) -> tensor<i1>
// CHECK: return
// CHECK: func.func private @[[SCATTER:.*]](%{{.*}}: tensor<f32>, %{{.*}}: tensor<f32>) -> tensor<f32>
// CHECK: func.func private @[[BODY]](
// CHECK: "remat_outlined.op"{{.*}} {remat_outlined.name = "stablehlo.select_and_scatter", remat_outlined.regions = [@[[SELECT]], @[[SCATTER]]], remat_outlined.terminator = "stablehlo.return", window_dimensions = array<i64: 2>, window_strides = array<i64: 2>}
func.func @main(%x: tensor<4xf32>, %g: tensor<2xf32>) -> tensor<4xf32> {
  %r = remat.recompute (%a = %x : tensor<4xf32>) after (%g : tensor<2xf32>) {
    %init = arith.constant dense<0.0> : tensor<f32>
    %ones = arith.constant dense<1.0> : tensor<2xf32>
    %0 = "stablehlo.select_and_scatter"(%a, %ones, %init) <{window_dimensions = array<i64: 2>, window_strides = array<i64: 2>}> ({
    ^bb0(%p: tensor<f32>, %q: tensor<f32>):
      %l = tensor.extract %p[] : tensor<f32>
      %m = tensor.extract %q[] : tensor<f32>
      %1 = arith.cmpf oge, %l, %m : f32
      %2 = tensor.from_elements %1 : tensor<i1>
      "stablehlo.return"(%2) : (tensor<i1>) -> ()
    }, {
    ^bb0(%p: tensor<f32>, %q: tensor<f32>):
      "stablehlo.return"(%q) : (tensor<f32>) -> ()
    }) : (tensor<4xf32>, tensor<2xf32>, tensor<f32>) -> tensor<4xf32>
    remat.yield %0 : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}
