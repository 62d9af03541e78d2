// RUN: remat-opt %s --remat-stablehlo-to-linalg | FileCheck %s

// The result starts as the fill value. Per element of the source, loops over its window pick an
// element; one that lies in the padding is never picked.
// CHECK-LABEL: func.func @maxPoolBackward(
// CHECK-SAME: %[[X:.*]]: tensor<5x4xf32>, %[[G:.*]]: tensor<3x4xf32>, %[[INIT:.*]]: tensor<f32>
func.func @maxPoolBackward(%x: tensor<5x4xf32>, %g: tensor<3x4xf32>, %init: tensor<f32>) -> tensor<5x4xf32> {
  // CHECK: %[[FILLED:.*]] = linalg.fill ins(%{{.*}} : f32)
  // CHECK: scf.for %[[I:.*]] = {{.*}} to %c3{{.*}} iter_args(%{{.*}} = %[[FILLED]])
  // CHECK: scf.for %[[J:.*]] = {{.*}} to %c4
  // CHECK: %[[CHOSEN:.*]]:4 = scf.for %[[W:.*]] = {{.*}} to %c3{{.*}} -> (index, index, f32, i1)
  // CHECK: %[[SCALED:.*]] = arith.muli %[[I]], %c2
  // CHECK: %[[MOVED:.*]] = arith.addi %[[SCALED]], %[[W]]
  // CHECK: %[[AT:.*]] = arith.subi %[[MOVED]], %c1
  // CHECK: %[[IN:.*]] = arith.cmpi ult, %[[AT]], %c5
  // CHECK: tensor.extract %[[X]]
  // CHECK: arith.cmpf oge
  // CHECK: arith.andi %{{.*}}, %[[IN]]
  // CHECK: scf.yield
  // CHECK: %[[OLD:.*]] = tensor.extract %{{.*}}[%[[CHOSEN]]#0, %[[CHOSEN]]#1]
  // CHECK: %[[UPDATE:.*]] = tensor.extract %[[G]][%[[I]], %[[J]]]
  // CHECK: %[[SUM:.*]] = arith.addf %[[OLD]], %[[UPDATE]]
  // CHECK: tensor.insert %[[SUM]]
  %0 = "stablehlo.select_and_scatter"(%x, %g, %init) <{padding = dense<[[1, 1], [0, 0]]> : tensor<2x2xi64>, window_dimensions = array<i64: 3, 1>, window_strides = array<i64: 2, 1>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %e = tensor.empty() : tensor<i1>
    %s = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%a, %b : tensor<f32>, tensor<f32>) outs(%e : tensor<i1>) {
    ^bb0(%in: f32, %in_0: f32, %out: i1):
      %1 = arith.cmpf oge, %in, %in_0 : f32
      linalg.yield %1 : i1
    } -> tensor<i1>
    "stablehlo.return"(%s) : (tensor<i1>) -> ()
  }, {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %e = tensor.empty() : tensor<f32>
    %s = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%a, %b : tensor<f32>, tensor<f32>) outs(%e : tensor<f32>) {
    ^bb0(%in: f32, %in_0: f32, %out: f32):
      %1 = arith.addf %in, %in_0 : f32
      linalg.yield %1 : f32
    } -> tensor<f32>
    "stablehlo.return"(%s) : (tensor<f32>) -> ()
  }) : (tensor<5x4xf32>, tensor<3x4xf32>, tensor<f32>) -> tensor<5x4xf32>
  return %0 : tensor<5x4xf32>
}
