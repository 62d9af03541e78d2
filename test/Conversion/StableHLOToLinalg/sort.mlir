// RUN: remat-opt %s --remat-stablehlo-to-linalg | FileCheck %s

// A merge sort of each column: ceil(log2 5) = 3 times, runs are merged into a scratch line,
// which is copied back.
// CHECK-LABEL: func.func @columns(
func.func @columns(%x: tensor<5x3xf32>, %y: tensor<5x3xi32>) -> (tensor<5x3xf32>, tensor<5x3xi32>) {
  // CHECK: %[[KEYS:.*]] = linalg.copy
  // CHECK: %[[VALUES:.*]] = linalg.copy
  // CHECK: tensor.empty() : tensor<5xf32>
  // CHECK: tensor.empty() : tensor<5xi32>
  // CHECK: scf.for %[[COLUMN:.*]] = {{.*}} to %c3
  // CHECK: scf.for %[[ROUND:.*]] = {{.*}} to %c3
  // CHECK: arith.shli %c1{{.*}}, %[[ROUND]]
  // CHECK: scf.for
  // CHECK: scf.for
  // CHECK: %[[LEFT:.*]] = tensor.extract %{{.*}}[%{{.*}}, %[[COLUMN]]] : tensor<5x3xf32>
  // CHECK: %[[RIGHT:.*]] = tensor.extract %{{.*}}[%{{.*}}, %[[COLUMN]]] : tensor<5x3xf32>
  // CHECK: arith.cmpf olt, %[[RIGHT]], %[[LEFT]]
  // CHECK: scf.for
  // CHECK: tensor.insert %{{.*}} into %{{.*}}[%{{.*}}, %[[COLUMN]]] : tensor<5x3xf32>
  // CHECK: tensor.insert %{{.*}} into %{{.*}}[%{{.*}}, %[[COLUMN]]] : tensor<5x3xi32>
  %0:2 = "stablehlo.sort"(%x, %y) <{dimension = 0 : i64, is_stable = true}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>, %c: tensor<i32>, %d: tensor<i32>):
    %l = tensor.extract %a[] : tensor<f32>
    %r = tensor.extract %b[] : tensor<f32>
    %1 = arith.cmpf olt, %l, %r : f32
    %2 = tensor.from_elements %1 : tensor<i1>
    "stablehlo.return"(%2) : (tensor<i1>) -> ()
  }) : (tensor<5x3xf32>, tensor<5x3xi32>) -> (tensor<5x3xf32>, tensor<5x3xi32>)
  return %0#0, %0#1 : tensor<5x3xf32>, tensor<5x3xi32>
}
