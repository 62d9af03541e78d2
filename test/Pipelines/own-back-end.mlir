// From tensors to one arena, and on to LLVM with bare pointers. The regions are gone,
// and what they compute is computed twice.
// RUN: remat-opt %S/../Tools/Inputs/remat-run/after.mlir --remat-bufferize | FileCheck %s --check-prefix=PACKED
// RUN: remat-opt %S/../Tools/Inputs/remat-run/after.mlir --remat-bufferize --remat-lower-cpu | FileCheck %s --check-prefix=LLVM
// PACKED: func.func @main({{.*}}memref<256x8xf32>, %{{.*}}: memref<32x8xf32>, %{{.*}}: memref<16x64xf32>, %{{.*}}: memref<65536xi8>)
// PACKED-SAME: remat.arena = 65536 : i64, remat.live = 65536 : i64
// PACKED-NOT: memref.alloc
// PACKED-NOT: memref.copy
// PACKED-COUNT-3: math.tanh
// PACKED-NOT: remat.recompute
// LLVM: llvm.func @main(%arg0: !llvm.ptr{{.*}}, %arg7: !llvm.ptr
// LLVM-NOT: memref
// LLVM-NOT: llvm.intr.tanh
// LLVM: llvm.func internal @kernel
// LLVM-NOT: unrealized_conversion_cast

// On to kernels, which are PTX for a chip.
// RUN: remat-opt %S/../Tools/Inputs/remat-run/after.mlir --remat-bufferize --remat-lower-gpu=format=nvvm | FileCheck %s --check-prefix=NVVM
// RUN: remat-opt %s --remat-lower-gpu=chip=sm_90 | FileCheck %s --check-prefix=PTX
// NVVM: llvm.func @main(%arg0: !llvm.ptr{{.*}}, %arg8: !llvm.ptr{{.*}}) -> i32
// NVVM: llvm.call @rematLaunch
// NVVM: gpu.module @kernels
// NVVM: llvm.func @{{.*}}nvvm.kernel
// NVVM-NOT: memref
// NVVM-NOT: unrealized_conversion_cast
// PTX: gpu.binary @kernels [#gpu.object<#nvvm.target<O = 3, chip = "sm_90">, assembly = "{{.*}}.target sm_90{{.*}}.entry loops_1(

// RUN: not remat-opt %s --remat-bufferize=entry=step 2>&1 | FileCheck %s --check-prefix=ENTRY
// ENTRY: there is no function @step in the module
func.func @main(%x: memref<4xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%x : memref<4xf32>)
  return
}
