// RUN: remat-opt %s --remat-order-loops | FileCheck %s

// CHECK-DAG: #[[ROWS:.*]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-DAG: #[[LAST:.*]] = affine_map<(d0, d1, d2) -> (d2)>
// CHECK-DAG: #[[FIRST:.*]] = affine_map<(d0, d1, d2) -> (d0)>

// Per channel, the last dimension: it becomes the innermost loop.
// CHECK-LABEL: func @channels
func.func @channels(%x: memref<8x128x64xf32>, %sums: memref<64xf32>) {
  // CHECK: linalg.generic {indexing_maps = [#[[ROWS]], #[[LAST]]], iterator_types = ["reduction", "reduction", "parallel"]}
  linalg.generic {
    indexing_maps = [affine_map<(d0, d1, d2) -> (d1, d2, d0)>, affine_map<(d0, d1, d2) -> (d0)>],
    iterator_types = ["parallel", "reduction", "reduction"]
  } ins(%x : memref<8x128x64xf32>) outs(%sums : memref<64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.addf %in, %out : f32
    linalg.yield %s : f32
  }
  return
}

// In order already.
// CHECK-LABEL: func @rows
func.func @rows(%x: memref<8x128x64xf32>, %sums: memref<8xf32>) {
  // CHECK: linalg.generic {indexing_maps = [#[[ROWS]], #[[FIRST]]], iterator_types = ["parallel", "reduction", "reduction"]}
  linalg.generic {
    indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0)>],
    iterator_types = ["parallel", "reduction", "reduction"]
  } ins(%x : memref<8x128x64xf32>) outs(%sums : memref<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.addf %in, %out : f32
    linalg.yield %s : f32
  }
  return
}

// A transposed copy: writing along memory counts more than reading. Which number of the
// loop an element has is computed from the loop that runs now.
// CHECK-LABEL: func @transposed
func.func @transposed(%x: memref<32x32xindex>, %y: memref<32x32xindex>) {
  // CHECK: linalg.generic {indexing_maps = [#{{.*}}, #{{.*}}], iterator_types = ["parallel", "parallel"]}
  // CHECK: linalg.index 1
  linalg.generic {
    indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1, d0)>],
    iterator_types = ["parallel", "parallel"]
  } ins(%x : memref<32x32xindex>) outs(%y : memref<32x32xindex>) {
  ^bb0(%in: index, %out: index):
    %i = linalg.index 0 : index
    %s = arith.addi %in, %i : index
    linalg.yield %s : index
  }
  return
}
