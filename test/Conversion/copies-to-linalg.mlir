// A slice is copied by loops, a whole buffer by one memcpy.
// RUN: remat-opt %s --remat-copies-to-linalg | FileCheck %s
// RUN: remat-opt %s --remat-lower-cpu | FileCheck %s --check-prefix=LLVM

// CHECK-LABEL: func.func @main
func.func @main(%from: memref<4x8xf32>, %to: memref<4x8xf32>, %part: memref<4x4xf32>) {
  // CHECK: memref.copy %{{.*}}, %{{.*}} : memref<4x8xf32> to memref<4x8xf32>
  memref.copy %from, %to : memref<4x8xf32> to memref<4x8xf32>
  %slice = memref.subview %to[0, 2] [4, 4] [1, 1]
      : memref<4x8xf32> to memref<4x4xf32, strided<[8, 1], offset: 2>>
  // CHECK: linalg.copy ins(%{{.*}} : memref<4x4xf32, strided<[8, 1], offset: 2>>) outs(%{{.*}} : memref<4x4xf32>)
  memref.copy %slice, %part : memref<4x4xf32, strided<[8, 1], offset: 2>> to memref<4x4xf32>
  // CHECK-NOT: memref.copy
  return
}

// LLVM-COUNT-1: llvm.intr.memcpy
// LLVM-NOT: memrefCopy
