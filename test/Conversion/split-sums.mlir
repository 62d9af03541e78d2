// Sums of many terms are made of partial sums: 65536 = 256 x 256, where a loop is cut
// in two if no loop ends at the place.
// RUN: remat-opt %s --remat-split-sums | FileCheck %s

// CHECK-DAG: #[[ALL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[SQUARES:.*]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-DAG: #[[PARTS:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
#all = affine_map<(d0, d1) -> (d0, d1)>
#none = affine_map<(d0, d1) -> ()>
#column = affine_map<(d0, d1) -> (d1)>
#left = affine_map<(d0, d1, d2) -> (d0, d2)>
#right = affine_map<(d0, d1, d2) -> (d2, d1)>
#out = affine_map<(d0, d1, d2) -> (d0, d1)>

// The sum of all squares of 1024 x 64: of 4 rows at a time.
// CHECK-LABEL: func.func @squares
// CHECK-SAME: (%[[X:.*]]: tensor<1024x64xf32>, %[[START:.*]]: tensor<f32>)
// CHECK: %[[CUT:.*]] = tensor.expand_shape %[[X]] {{\[\[}}0, 1], [2]] output_shape [256, 4, 64]
// CHECK: %[[ZERO:.*]] = arith.constant -0.000000e+00 : f32
// CHECK: %[[FILLED:.*]] = linalg.fill ins(%[[ZERO]] : f32) outs(%{{.*}} : tensor<256xf32>)
// CHECK: %[[PARTIAL:.*]] = linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "reduction", "reduction"]
// CHECK-SAME: ins(%[[CUT]] : tensor<256x4x64xf32>) outs(%[[FILLED]] : tensor<256xf32>)
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction"]} ins(%[[PARTIAL]] : tensor<256xf32>) outs(%[[START]] : tensor<f32>)
func.func @squares(%x: tensor<1024x64xf32>, %start: tensor<f32>) -> tensor<f32> {
  %0 = linalg.generic {indexing_maps = [#all, #none], iterator_types = ["reduction", "reduction"]}
      ins(%x : tensor<1024x64xf32>) outs(%start : tensor<f32>) {
  ^bb0(%in: f32, %sum: f32):
    %square = arith.mulf %in, %in : f32
    %next = arith.addf %sum, %square : f32
    linalg.yield %next : f32
  } -> tensor<f32>
  return %0 : tensor<f32>
}

// Columns, where the sums keep a dimension: 1024 = 32 x 32.
// CHECK-LABEL: func.func @columns
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "reduction", "parallel"]
// CHECK-SAME: ins(%{{.*}} : tensor<32x32x8xf32>) outs(%{{.*}} : tensor<32x8xf32>)
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["reduction", "parallel"]
// CHECK-SAME: ins(%{{.*}} : tensor<32x8xf32>) outs(%{{.*}} : tensor<8xf32>)
func.func @columns(%x: tensor<1024x8xf32>, %start: tensor<8xf32>) -> tensor<8xf32> {
  %0 = linalg.generic {indexing_maps = [#all, #column], iterator_types = ["reduction", "parallel"]}
      ins(%x : tensor<1024x8xf32>) outs(%start : tensor<8xf32>) {
  ^bb0(%in: f32, %sum: f32):
    %next = arith.addf %in, %sum : f32
    linalg.yield %next : f32
  } -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// No loop is cut where the sizes fit.
// CHECK-LABEL: func.func @rows
// CHECK-NOT: expand_shape
// CHECK: ins(%{{.*}} : tensor<32x64xf32>) outs(%{{.*}} : tensor<32xf32>)
// CHECK: ins(%{{.*}} : tensor<32xf32>) outs(%{{.*}} : tensor<f32>)
func.func @rows(%x: tensor<32x64xf32>, %start: tensor<f32>) -> tensor<f32> {
  %0 = linalg.generic {indexing_maps = [#all, #none], iterator_types = ["reduction", "reduction"]}
      ins(%x : tensor<32x64xf32>) outs(%start : tensor<f32>) {
  ^bb0(%in: f32, %sum: f32):
    %next = arith.addf %sum, %in : f32
    linalg.yield %next : f32
  } -> tensor<f32>
  return %0 : tensor<f32>
}

// Few terms, a prime number of them, a product of matrices, and a largest value.
// CHECK-LABEL: func.func @stay
// CHECK-COUNT-5: linalg.generic
// CHECK-NOT: linalg.generic
func.func @stay(%few: tensor<31x33xf32>, %prime: tensor<1031x1xf32>, %a: tensor<8x2048xf32>,
                %b: tensor<2048x8xf32>, %many: tensor<1024x64xf32>, %start: tensor<f32>,
                %matrix: tensor<8x8xf32>)
    -> (tensor<f32>, tensor<f32>, tensor<8x8xf32>, tensor<f32>, tensor<f32>) {
  %0 = linalg.generic {indexing_maps = [#all, #none], iterator_types = ["reduction", "reduction"]}
      ins(%few : tensor<31x33xf32>) outs(%start : tensor<f32>) {
  ^bb0(%in: f32, %sum: f32):
    %next = arith.addf %sum, %in : f32
    linalg.yield %next : f32
  } -> tensor<f32>
  %1 = linalg.generic {indexing_maps = [#all, #none], iterator_types = ["reduction", "reduction"]}
      ins(%prime : tensor<1031x1xf32>) outs(%start : tensor<f32>) {
  ^bb0(%in: f32, %sum: f32):
    %next = arith.addf %sum, %in : f32
    linalg.yield %next : f32
  } -> tensor<f32>
  %2 = linalg.generic {indexing_maps = [#left, #right, #out],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : tensor<8x2048xf32>, tensor<2048x8xf32>) outs(%matrix : tensor<8x8xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %product = arith.mulf %x, %y : f32
    %next = arith.addf %sum, %product : f32
    linalg.yield %next : f32
  } -> tensor<8x8xf32>
  %3 = linalg.generic {indexing_maps = [#all, #none], iterator_types = ["reduction", "reduction"]}
      ins(%many : tensor<1024x64xf32>) outs(%start : tensor<f32>) {
  ^bb0(%in: f32, %best: f32):
    %next = arith.maximumf %best, %in : f32
    linalg.yield %next : f32
  } -> tensor<f32>
  %4 = linalg.generic {indexing_maps = [#all, #none], iterator_types = ["reduction", "reduction"]}
      ins(%many : tensor<1024x64xf32>) outs(%start : tensor<f32>) {
  ^bb0(%in: f32, %sum: f32):
    %row = linalg.index 0 : index
    %number = arith.index_cast %row : index to i32
    %weight = arith.sitofp %number : i32 to f32
    %product = arith.mulf %in, %weight : f32
    %next = arith.addf %sum, %product : f32
    linalg.yield %next : f32
  } -> tensor<f32>
  return %0, %1, %2, %3, %4 : tensor<f32>, tensor<f32>, tensor<8x8xf32>, tensor<f32>, tensor<f32>
}
