// RUN: remat-opt %s --remat-share-loops | FileCheck %s
// RUN: remat-opt %s --remat-share-loops --convert-scf-to-cf --finalize-memref-to-llvm --convert-func-to-llvm=use-bare-ptr-memref-call-conv --convert-arith-to-llvm --convert-cf-to-llvm --reconcile-unrealized-casts --remat-share-calls | FileCheck %s --check-prefix=LLVM

// CHECK-LABEL: func @step
// LLVM: llvm.func @rematShare(!llvm.ptr, !llvm.ptr, i64)
// LLVM-LABEL: llvm.func @step
// LLVM-SAME: %[[X:arg0]]: !llvm.ptr, %[[SUMS:arg1]]: !llvm.ptr
func.func @step(%x: memref<512x128xf32>, %sums: memref<128xf32>, %small: memref<16xf32>) {
  // CHECK: %[[ZERO:.*]] = arith.constant 0 : index
  // CHECK: %[[MANY:.*]] = arith.constant 128 : index
  // CHECK: call @columns(%arg0, %arg1, %[[ZERO]], %[[MANY]])
  // LLVM: %[[ROOM:.*]] = llvm.alloca
  // LLVM: llvm.store %{{.*}}, %{{.*}} : !llvm.ptr, !llvm.ptr
  // LLVM: llvm.store
  // LLVM: %[[PART:.*]] = llvm.mlir.addressof @columns_part : !llvm.ptr
  // LLVM: llvm.call @rematShare(%[[PART]], %[[ROOM]], %{{.*}}) : (!llvm.ptr, !llvm.ptr, i64) -> ()
  func.call @columns(%x, %sums) : (memref<512x128xf32>, memref<128xf32>) -> ()
  // CHECK: call @small(%arg2) :
  func.call @small(%small) : (memref<16xf32>) -> ()
  // CHECK: call @scattered(%arg0) :
  func.call @scattered(%x) : (memref<512x128xf32>) -> ()
  // CHECK: call @program(%arg0) :
  func.call @program(%x) : (memref<512x128xf32>) -> ()
  return
}

// Sums down the columns: the columns are shared.
// LLVM: llvm.func internal @columns_part(%[[LIST:.*]]: !llvm.ptr, %[[B:.*]]: i64, %[[E:.*]]: i64)
// LLVM: %[[P0:.*]] = llvm.load
// LLVM: %[[P1:.*]] = llvm.load
// LLVM: llvm.call @columns(%[[P0]], %[[P1]], %[[B]], %[[E]])
// CHECK: func private @columns(%{{.*}}: memref<512x128xf32>, %{{.*}}: memref<128xf32>, %[[BEGIN:.*]]: index, %[[END:.*]]: index) attributes {remat.shared}
// LLVM: llvm.func @columns(
// LLVM-NOT: remat.shared
func.func private @columns(%x: memref<512x128xf32>, %sums: memref<128xf32>) attributes {remat.structured} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c128 = arith.constant 128 : index
  %c512 = arith.constant 512 : index
  scf.for %i = %c0 to %c512 step %c1 {
    // CHECK: scf.parallel (%{{.*}}) = (%[[BEGIN]]) to (%[[END]])
    scf.parallel (%j) = (%c0) to (%c128) step (%c1) {
      %a = memref.load %x[%i, %j] : memref<512x128xf32>
      %b = memref.load %sums[%j] : memref<128xf32>
      %c = arith.addf %a, %b : f32
      memref.store %c, %sums[%j] : memref<128xf32>
    }
  }
  return
}

// Too little to share.
// CHECK: func private @small(%{{.*}}: memref<16xf32>) {
func.func private @small(%x: memref<16xf32>) attributes {remat.structured} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant 0.0 : f32
  scf.parallel (%j) = (%c0) to (%c16) step (%c1) {
    memref.store %zero, %x[%j] : memref<16xf32>
  }
  return
}

// No loop of these is parallel.
// CHECK: func private @scattered(%{{.*}}: memref<512x128xf32>) {
func.func private @scattered(%x: memref<512x128xf32>) attributes {remat.structured} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c128 = arith.constant 128 : index
  %c512 = arith.constant 512 : index
  %zero = arith.constant 0.0 : f32
  scf.for %i = %c0 to %c512 step %c1 {
    scf.for %j = %c0 to %c128 step %c1 {
      memref.store %zero, %x[%i, %j] : memref<512x128xf32>
    }
  }
  return
}

// A loop of the program around a parallel one: its second round reads what others of the first
// write.
// CHECK: func private @program(%{{.*}}: memref<512x128xf32>) {
func.func private @program(%x: memref<512x128xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c127 = arith.constant 127 : index
  %c128 = arith.constant 128 : index
  %c512 = arith.constant 512 : index
  scf.for %t = %c0 to %c2 step %c1 {
    scf.parallel (%i, %j) = (%c0, %c0) to (%c512, %c128) step (%c1, %c1) {
      %other = arith.subi %c127, %j : index
      %a = memref.load %x[%i, %other] : memref<512x128xf32>
      memref.store %a, %x[%i, %j] : memref<512x128xf32>
    }
  }
  return
}
