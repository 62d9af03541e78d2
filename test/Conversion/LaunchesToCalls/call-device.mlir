// RUN: remat-opt %s --remat-call-device --canonicalize | FileCheck %s

// CHECK-DAG: llvm.mlir.global internal constant @[[KERNEL:.*]]("fill\00")
// CHECK-DAG: llvm.mlir.global internal constant @[[PLACE:.*]]("Model/Dense_0 (train.py:7)\00")
// CHECK-DAG: llvm.func @rematLaunch(!llvm.ptr, !llvm.ptr, !llvm.ptr, i64, i64, i64, i64, i64, i64, !llvm.ptr) -> i32
// CHECK-DAG: llvm.func @rematRead(!llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr, i64) -> i32
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: memref<4xi32>, %[[DEVICE:.*]]: !llvm.ptr) -> i32
// CHECK-DAG: %[[NAME:.*]] = llvm.mlir.addressof @[[KERNEL]]
// CHECK-DAG: %[[WHERE:.*]] = llvm.mlir.addressof @[[PLACE]]
// CHECK: %[[READ:.*]] = llvm.call @rematRead(%[[DEVICE]], %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}})
// CHECK: %[[WRONG:.*]] = llvm.icmp "ne" %[[READ]]
// CHECK: cf.cond_br %[[WRONG]], ^[[EXIT:.*]](%[[READ]] : i32), ^[[GO_ON:.*]]
// CHECK: ^[[GO_ON]]:
// CHECK: llvm.store %{{.*}} : i64, !llvm.ptr
// CHECK: llvm.store %{{.*}} : i32, !llvm.ptr
// CHECK: %[[LAUNCHED:.*]] = llvm.call @rematLaunch(%[[DEVICE]], %[[NAME]], %[[WHERE]],
// CHECK: cf.cond_br %{{.*}}, ^[[EXIT]](%[[LAUNCHED]] : i32)
// CHECK: ^[[EXIT]](%[[STATUS:.*]]: i32):
// CHECK-NEXT: return %[[STATUS]] : i32

module attributes {gpu.container_module} {
  func.func @main(%x: memref<4xi32>) {
    %one = arith.constant 1 : index
    %host = memref.alloca() : memref<i32>
    %element = memref.subview %x[1] [1] [1] : memref<4xi32> to memref<i32, strided<[], offset: 1>>
    gpu.memcpy %host, %element : memref<i32>, memref<i32, strided<[], offset: 1>>
    %value = memref.load %host[] : memref<i32>
    gpu.launch_func @kernels::@fill blocks in (%one, %one, %one) threads in (%one, %one, %one)
        args(%x : memref<4xi32>, %value : i32) loc("jit(step)/Model/Dense_0"("train.py":7:1))
    return
  }
  gpu.module @kernels {
    gpu.func @fill(%x: memref<4xi32>, %value: i32) kernel {
      %i = gpu.thread_id x
      memref.store %value, %x[%i] : memref<4xi32>
      gpu.return
    }
  }
}
