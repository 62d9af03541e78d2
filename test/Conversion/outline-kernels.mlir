// RUN: remat-opt %s --remat-outline-kernels --split-input-file | FileCheck %s
// RUN: remat-opt %s --remat-lower-cpu --split-input-file | FileCheck %s --check-prefix=LLVM

// Equal work is one function, wherever its buffers lie; constants are made inside.
// CHECK-LABEL: func @step
// CHECK-SAME: %[[X:.*]]: memref<64xf32>, %[[ARENA:.*]]: memref<1024xi8>
// LLVM-LABEL: llvm.func @step
func.func @step(%x: memref<64xf32>, %arena: memref<1024xi8>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %c256 = arith.constant 256 : index
  %c512 = arith.constant 512 : index
  // CHECK: %[[A:.*]] = memref.view %[[ARENA]]
  %a = memref.view %arena[%c0][] : memref<1024xi8> to memref<64xf32>
  // CHECK: %[[B:.*]] = memref.view %[[ARENA]]
  %b = memref.view %arena[%c256][] : memref<1024xi8> to memref<64xf32>
  // CHECK: call @[[EXP:kernel[_0-9]*]](%[[X]], %[[A]])
  // LLVM: llvm.call @[[EXP:kernel[_0-9]*]](
  linalg.exp ins(%x : memref<64xf32>) outs(%a : memref<64xf32>)
  // CHECK: call @[[EXP]](%[[A]], %[[B]])
  // LLVM: llvm.call @[[EXP]](
  linalg.exp ins(%a : memref<64xf32>) outs(%b : memref<64xf32>)
  // In place.
  // CHECK: call @[[PLACE:kernel[_0-9]*]](%[[B]])
  linalg.exp ins(%b : memref<64xf32>) outs(%b : memref<64xf32>)
  // Two views of one buffer may overlap.
  // CHECK: %[[LOW:.*]] = memref.subview
  // CHECK: %[[HIGH:.*]] = memref.subview
  %low = memref.subview %x[0] [32] [1] : memref<64xf32> to memref<32xf32, strided<[1]>>
  %high = memref.subview %x[32] [32] [1] : memref<64xf32> to memref<32xf32, strided<[1], offset: 32>>
  // CHECK: call @[[HALVES:kernel[_0-9]*]](%[[LOW]], %[[HIGH]])
  linalg.exp ins(%low : memref<32xf32, strided<[1]>>) outs(%high : memref<32xf32, strided<[1], offset: 32>>)
  // A loop takes the arena and a part of it.
  // CHECK: call @[[LOOP:kernel[_0-9]*]](%[[ARENA]], %[[A]])
  scf.for %i = %c0 to %c64 step %c1 {
    %c = memref.view %arena[%c512][] : memref<1024xi8> to memref<64xf32>
    %v = memref.load %a[%i] : memref<64xf32>
    memref.store %v, %c[%i] : memref<64xf32>
  }
  return
}
// CHECK: func private @[[EXP]](%{{.*}}: memref<64xf32> {llvm.noalias}, %{{.*}}: memref<64xf32> {llvm.noalias}) attributes {llvm.linkage = #llvm.linkage<internal>, passthrough = ["noinline"], remat.structured}
// CHECK: func private @[[PLACE]](%{{.*}}: memref<64xf32> {llvm.noalias})
// CHECK: func private @[[HALVES]](%{{.*}}: memref<32xf32, strided<[1]>>, %{{.*}}: memref<32xf32, strided<[1], offset: 32>>)
// CHECK: func private @[[LOOP]](%{{.*}}: memref<1024xi8>, %{{.*}}: memref<64xf32>)
// CHECK: arith.constant 64 : index
// LLVM: llvm.func internal @[[EXP]](%{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias}) attributes {passthrough = ["noinline"], sym_visibility = "private"}

// -----

// A result that is a number comes back; a buffer whose place only the run knows stays.
// CHECK-LABEL: func @numbers
func.func @numbers(%x: memref<64xf32>, %n: index, %y: memref<1xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  // CHECK: %[[SUM:.*]] = call @kernel{{.*}}(%{{.*}}) : (memref<64xf32>) -> f32
  %sum = scf.for %i = %c0 to %c8 step %c1 iter_args(%s = %zero) -> (f32) {
    %v = memref.load %x[%i] : memref<64xf32>
    %t = arith.addf %s, %v : f32
    scf.yield %t : f32
  }
  // CHECK: memref.store %[[SUM]]
  memref.store %sum, %y[%c0] : memref<1xf32>
  %part = memref.subview %x[%n] [8] [1] : memref<64xf32> to memref<8xf32, strided<[1], offset: ?>>
  // CHECK: linalg.exp
  linalg.exp ins(%part : memref<8xf32, strided<[1], offset: ?>>) outs(%part : memref<8xf32, strided<[1], offset: ?>>)
  return
}
