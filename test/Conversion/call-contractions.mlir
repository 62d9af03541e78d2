// RUN: remat-opt %s --remat-call-contractions | FileCheck %s
// RUN: remat-opt %s --remat-call-contractions --remat-lower-cpu | FileCheck %s --check-prefix=LLVM

// Counts of batch, row, column and depth loops; of each loop its size and its strides in
// the left factor, the right one and the result. Equal shapes share a constant.
// CHECK-DAG: memref.global "private" constant @[[PRODUCT:contraction_shape[_0-9]*]] : memref<16xi64> = dense<[0, 1, 1, 1, 16, 64, 0, 32, 32, 0, 1, 1, 64, 1, 32, 0]>
// CHECK-DAG: memref.global "private" constant @[[TURNED:contraction_shape[_0-9]*]] : memref<16xi64> = dense<[0, 1, 1, 1, 32, 1, 0, 16, 16, 0, 64, 1, 64, 32, 1, 0]>
// CHECK-DAG: memref.global "private" constant @[[CONV:contraction_shape[_0-9]*]] : memref<32xi64> = dense<[0, 3, 1, 3, 2, 605, 0, 100, 5, 110, 0, 20, 5, 10, 0, 4, 4, 0, 1, 1, 3, 55, 60, 0, 3, 5, 20, 0, 5, 1, 4, 0]>
// CHECK-DAG: memref.global "private" constant @[[HEADS:contraction_shape[_0-9]*]] : memref<24xi64> = dense<[2, 1, 1, 1, 8, 24576, 24576, 65536, 4, 16, 16, 16384, 128, 192, 0, 128, 128, 0, 192, 1, 16, 1, 1, 0]>
// CHECK-DAG: func.func private @rematContractF32(index, index, index, index)
// CHECK-DAG: func.func private @rematContractF64(index, index, index, index)

// CHECK-LABEL: func @products
// CHECK-SAME: %[[A:arg0]]: {{.*}}, %[[B:arg1]]: {{.*}}, %[[C:arg2]]: {{.*}}, %[[D:arg3]]
// LLVM-LABEL: llvm.func @products
func.func @products(%a: memref<16x64xf32>, %b: memref<64x32xf32>, %c: memref<16x32xf32>, %d: memref<32x16xf32>) {
  // CHECK: %[[S:.*]] = memref.get_global @[[PRODUCT]]
  // CHECK-DAG: %[[PA:.*]] = memref.extract_aligned_pointer_as_index %[[A]]
  // CHECK-DAG: %[[PB:.*]] = memref.extract_aligned_pointer_as_index %[[B]]
  // CHECK-DAG: %[[PC:.*]] = memref.extract_aligned_pointer_as_index %[[C]]
  // CHECK-DAG: %[[PS:.*]] = memref.extract_aligned_pointer_as_index %[[S]]
  // CHECK: call @rematContractF32(%[[PA]], %[[PB]], %[[PC]], %[[PS]])
  // LLVM: llvm.call @rematContractF32
  linalg.matmul ins(%a, %b : memref<16x64xf32>, memref<64x32xf32>) outs(%c : memref<16x32xf32>)
  // CHECK: get_global @[[PRODUCT]]
  linalg.matmul ins(%a, %b : memref<16x64xf32>, memref<64x32xf32>) outs(%c : memref<16x32xf32>)

  // Of a result that is turned, the columns are what lies together.
  // CHECK: get_global @[[TURNED]]
  // CHECK: %[[PB2:.*]] = memref.extract_aligned_pointer_as_index %[[B]]
  // CHECK: call @rematContractF32(%[[PB2]],
  linalg.generic {
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
                     affine_map<(m, n, k) -> (n, m)>],
    iterator_types = ["parallel", "parallel", "reduction"]
  } ins(%a, %b : memref<16x64xf32>, memref<64x32xf32>) outs(%d : memref<32x16xf32>) {
  ^bb0(%l: f32, %r: f32, %old: f32):
    %p = arith.mulf %r, %l : f32
    %s = arith.addf %p, %old : f32
    linalg.yield %s : f32
  }
  return
}

// 2x11x11x5 by 3x3x5x4 with stride 2.
// CHECK-LABEL: func @convolution
func.func @convolution(%x: memref<2x11x11x5xf64>, %w: memref<3x3x5x4xf64>, %y: memref<2x5x5x4xf64>) {
  // CHECK: get_global @[[CONV]]
  // CHECK: call @rematContractF64
  linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>}
      ins(%x, %w : memref<2x11x11x5xf64>, memref<3x3x5x4xf64>) outs(%y : memref<2x5x5x4xf64>)
  return
}

// Strided operands: queries and keys of four heads inside one buffer.
// CHECK-LABEL: func @heads
func.func @heads(%qkv: memref<8x128x192xf32>, %scores: memref<8x4x128x128xf32>) {
  %e = memref.expand_shape %qkv [[0], [1], [2, 3, 4]] output_shape [8, 128, 3, 4, 16] : memref<8x128x192xf32> into memref<8x128x3x4x16xf32>
  %q = memref.subview %e[0, 0, 0, 0, 0] [8, 128, 1, 4, 16] [1, 1, 1, 1, 1] : memref<8x128x3x4x16xf32> to memref<8x128x4x16xf32, strided<[24576, 192, 16, 1]>>
  %k = memref.subview %e[0, 0, 1, 0, 0] [8, 128, 1, 4, 16] [1, 1, 1, 1, 1] : memref<8x128x3x4x16xf32> to memref<8x128x4x16xf32, strided<[24576, 192, 16, 1], offset: 64>>
  // CHECK: get_global @[[HEADS]]
  // CHECK: arith.addi
  // CHECK: call @rematContractF32
  linalg.generic {
    indexing_maps = [affine_map<(b, h, q, k, c) -> (b, q, h, c)>, affine_map<(b, h, q, k, c) -> (b, k, h, c)>,
                     affine_map<(b, h, q, k, c) -> (b, h, q, k)>],
    iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]
  } ins(%q, %k : memref<8x128x4x16xf32, strided<[24576, 192, 16, 1]>>, memref<8x128x4x16xf32, strided<[24576, 192, 16, 1], offset: 64>>)
    outs(%scores : memref<8x4x128x128xf32>) {
  ^bb0(%l: f32, %r: f32, %old: f32):
    %p = arith.mulf %l, %r : f32
    %s = arith.addf %old, %p : f32
    linalg.yield %s : f32
  }
  return
}

// CHECK-LABEL: func @stays
// CHECK-NOT: call
func.func @stays(%v: memref<1x64xf32>, %b: memref<64x32xf32>, %r: memref<1x32xf32>,
                 %i: memref<64x64xi32>, %j: memref<64x64xi32>, %small: memref<4x4xf32>,
                 %half: memref<64x64xf16>, %sq: memref<64x64xf32>, %line: memref<127xf32>) {
  // One row.
  // CHECK: linalg.matmul
  linalg.matmul ins(%v, %b : memref<1x64xf32>, memref<64x32xf32>) outs(%r : memref<1x32xf32>)
  // Integers.
  // CHECK: linalg.matmul
  linalg.matmul ins(%i, %i : memref<64x64xi32>, memref<64x64xi32>) outs(%j : memref<64x64xi32>)
  // Too small.
  // CHECK: linalg.matmul
  linalg.matmul ins(%small, %small : memref<4x4xf32>, memref<4x4xf32>) outs(%small : memref<4x4xf32>)
  // Factors of another type than the sum.
  // CHECK: linalg.matmul
  linalg.matmul ins(%half, %half : memref<64x64xf16>, memref<64x64xf16>) outs(%sq : memref<64x64xf32>)
  // A difference of products.
  // CHECK: linalg.generic
  linalg.generic {
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
                     affine_map<(m, n, k) -> (m, n)>],
    iterator_types = ["parallel", "parallel", "reduction"]
  } ins(%sq, %sq : memref<64x64xf32>, memref<64x64xf32>) outs(%sq : memref<64x64xf32>) {
  ^bb0(%l: f32, %m: f32, %old: f32):
    %p = arith.mulf %l, %m : f32
    %s = arith.subf %old, %p : f32
    linalg.yield %s : f32
  }
  // Rows and columns that write the same elements.
  // CHECK: linalg.generic
  linalg.generic {
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
                     affine_map<(m, n, k) -> (m + n)>],
    iterator_types = ["reduction", "reduction", "reduction"]
  } ins(%sq, %sq : memref<64x64xf32>, memref<64x64xf32>) outs(%line : memref<127xf32>) {
  ^bb0(%l: f32, %m: f32, %old: f32):
    %p = arith.mulf %l, %m : f32
    %s = arith.addf %old, %p : f32
    linalg.yield %s : f32
  }
  // Places that are no linear function of the loops.
  // CHECK: linalg.generic
  linalg.generic {
    indexing_maps = [affine_map<(m, n, k) -> (m floordiv 2, k)>, affine_map<(m, n, k) -> (k, n)>,
                     affine_map<(m, n, k) -> (m, n)>],
    iterator_types = ["parallel", "parallel", "reduction"]
  } ins(%sq, %sq : memref<64x64xf32>, memref<64x64xf32>) outs(%sq : memref<64x64xf32>) {
  ^bb0(%l: f32, %m: f32, %old: f32):
    %p = arith.mulf %l, %m : f32
    %s = arith.addf %old, %p : f32
    linalg.yield %s : f32
  }
  return
}
