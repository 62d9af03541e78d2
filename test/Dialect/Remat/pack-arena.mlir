// RUN: remat-opt %s -split-input-file --remat-pack-arena | FileCheck %s
// RUN: remat-opt %s -split-input-file --remat-pack-arena --remarks-filter=remat -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// Of three buffers at most two are live at once: the third takes the place of the first. The
// returned one is the caller's.
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<16xf32>, %[[OUT:[a-z0-9]*]]: memref<16xf32>, %[[ARENA:[a-z0-9]*]]: memref<128xi8>)
// CHECK-SAME: remat.arena = 128 : i64, remat.live = 128 : i64
// CHECK: %[[FIRST:.*]] = arith.constant [[PLACE:[0-9]+]] : index
// CHECK-NEXT: %[[A:.*]] = memref.view %[[ARENA]][%[[FIRST]]][] : memref<128xi8> to memref<16xf32>
// CHECK-NEXT: linalg.exp ins(%[[X]] {{.*}} outs(%[[A]]
// CHECK: %[[B:.*]] = memref.view %[[ARENA]][%{{.*}}][]
// CHECK-NEXT: linalg.log ins(%[[A]] {{.*}} outs(%[[B]]
// CHECK: %[[AGAIN:.*]] = arith.constant [[PLACE]] : index
// CHECK-NEXT: %[[C:.*]] = memref.view %[[ARENA]][%[[AGAIN]]][]
// CHECK-NEXT: linalg.exp ins(%[[B]] {{.*}} outs(%[[C]]
// CHECK-NEXT: linalg.log ins(%[[C]] {{.*}} outs(%[[OUT]]
// CHECK-NEXT: return
// CHECK-NOT: memref.alloc
// REMARK: [Analysis] packed | Category:remat | Function=main | arena=128, buffers=3, live=128, status=optimal
func.func @main(%x: memref<16xf32>) -> memref<16xf32> {
  %a = memref.alloc() : memref<16xf32>
  linalg.exp ins(%x : memref<16xf32>) outs(%a : memref<16xf32>)
  %b = memref.alloc() : memref<16xf32>
  linalg.log ins(%a : memref<16xf32>) outs(%b : memref<16xf32>)
  memref.dealloc %a : memref<16xf32>
  %c = memref.alloc() : memref<16xf32>
  linalg.exp ins(%b : memref<16xf32>) outs(%c : memref<16xf32>)
  %out = memref.alloc() : memref<16xf32>
  linalg.log ins(%c : memref<16xf32>) outs(%out : memref<16xf32>)
  return %out : memref<16xf32>
}

// -----

// A view counts as the buffer that it shows; what is returned through a view, and an argument
// that is returned, are copied.
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<16xf32>, %[[OUT:[a-z0-9]*]]: memref<4x4xf32>, %[[SAME:[a-z0-9]*]]: memref<16xf32>, %[[ARENA:[a-z0-9]*]]: memref<64xi8>)
// CHECK: %[[A:.*]] = memref.view %[[ARENA]]
// CHECK: %[[V:.*]] = memref.expand_shape %[[A]]
// CHECK: memref.copy %[[V]], %[[OUT]]
// CHECK: memref.copy %[[X]], %[[SAME]]
func.func @main(%x: memref<16xf32>) -> (memref<4x4xf32>, memref<16xf32>) {
  %a = memref.alloc() : memref<16xf32>
  linalg.exp ins(%x : memref<16xf32>) outs(%a : memref<16xf32>)
  %v = memref.expand_shape %a [[0, 1]] output_shape [4, 4] : memref<16xf32> into memref<4x4xf32>
  return %v, %x : memref<4x4xf32>, memref<16xf32>
}

// -----

// Inside a loop lifetimes are those of an iteration, so two buffers share bytes; what stands
// outside is live as long as the loop.
// REMARK: arena=128, buffers=3, live=128
// CHECK-LABEL: func.func @main(
// CHECK: remat.arena = 128
func.func @main(%x: memref<16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %outside = memref.alloc() : memref<16xf32>
  linalg.exp ins(%x : memref<16xf32>) outs(%outside : memref<16xf32>)
  scf.for %i = %c0 to %c8 step %c1 {
    %a = memref.alloc() : memref<16xf32>
    linalg.log ins(%outside : memref<16xf32>) outs(%a : memref<16xf32>)
    linalg.exp ins(%a : memref<16xf32>) outs(%x : memref<16xf32>)
    %b = memref.alloc() : memref<16xf32>
    linalg.log ins(%x : memref<16xf32>) outs(%b : memref<16xf32>)
    linalg.exp ins(%b : memref<16xf32>) outs(%x : memref<16xf32>)
  }
  return
}

// -----

// A buffer that iterations hand on is live as long as the loop, although it is last read early
// in the body.
// REMARK: arena=192, buffers=3, live=192
// CHECK-LABEL: func.func @main(
// CHECK: remat.arena = 192
func.func @main(%x: memref<16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %start = memref.alloc() : memref<16xf32>
  linalg.exp ins(%x : memref<16xf32>) outs(%start : memref<16xf32>)
  %last = scf.for %i = %c0 to %c8 step %c1 iter_args(%carry = %start) -> memref<16xf32> {
    %a = memref.alloc() : memref<16xf32>
    linalg.log ins(%carry : memref<16xf32>) outs(%a : memref<16xf32>)
    %next = memref.alloc() : memref<16xf32>
    linalg.exp ins(%a : memref<16xf32>) outs(%next : memref<16xf32>)
    scf.yield %next : memref<16xf32>
  }
  linalg.exp ins(%last : memref<16xf32>) outs(%x : memref<16xf32>)
  return
}
