// RUN: remat-opt %s --remat-form-kernels --canonicalize -split-input-file | FileCheck %s

// One thread per element; a sum stays in a register; equal kernels are one.
// CHECK-LABEL: func.func @rows
// CHECK-SAME: %[[X:.*]]: memref<300x8xf32>, %[[Y:.*]]: memref<300xf32>, %[[Z:.*]]: memref<300xf32>
// CHECK-DAG: %[[TWO:.*]] = arith.constant 2 : index
// CHECK-DAG: %[[SIZE:.*]] = arith.constant 256 : index
// CHECK: gpu.launch_func @kernels::@loops_1 blocks in (%[[TWO]], %{{.*}}, %{{.*}}) threads in (%[[SIZE]], %{{.*}}, %{{.*}}) args(%[[Y]] : memref<300xf32>, %[[X]] : memref<300x8xf32>)
// CHECK-NEXT: gpu.launch_func @kernels::@loops_1 {{.*}} args(%[[Z]] : memref<300xf32>, %[[X]] : memref<300x8xf32>)
// CHECK-NEXT: return
// CHECK: gpu.module @kernels
// CHECK: gpu.func @loops_1(%[[OUT:.*]]: memref<300xf32>, %[[IN:.*]]: memref<300x8xf32>) kernel
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %{{.*}}, %c300_i32
// CHECK: scf.if %[[INSIDE]]
// CHECK: %[[FIRST:.*]] = memref.load %[[OUT]]
// CHECK: %[[SUM:.*]] = scf.for {{.*}} iter_args(%[[PART:.*]] = %[[FIRST]])
// CHECK-NOT: memref.store
// CHECK: memref.store %[[SUM]], %[[OUT]]
// CHECK-NOT: gpu.func
#in = affine_map<(i, j) -> (i, j)>
#out = affine_map<(i, j) -> (i)>
func.func @rows(%x: memref<300x8xf32>, %y: memref<300xf32>, %z: memref<300xf32>) {
  linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<300x8xf32>) outs(%y : memref<300xf32>) {
  ^bb0(%a: f32, %s: f32):
    %t = arith.addf %s, %a : f32
    linalg.yield %t : f32
  }
  linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<300x8xf32>) outs(%z : memref<300xf32>) {
  ^bb0(%a: f32, %s: f32):
    %t = arith.addf %s, %a : f32
    linalg.yield %t : f32
  }
  return
}

// -----

// Copies, and indices in a body; what a thread does not read it does not load.
// CHECK-LABEL: func.func @shift
// CHECK-COUNT-2: gpu.launch_func
// CHECK: gpu.func @loops_1(%[[FROM:.*]]: memref<4xf32, strided<[2], offset: 1>>, %{{.*}}: memref<4xf32>)
// CHECK: memref.load %[[FROM]]
// CHECK: gpu.func @loops_2(%[[IN:.*]]: memref<4xf32>, %[[OUT:.*]]: memref<4xf32>)
// CHECK-NOT: memref.load %[[OUT]]
// CHECK: scf.if
// CHECK: memref.load %[[IN]]
func.func @shift(%x: memref<9xf32>, %y: memref<4xf32>, %z: memref<4xf32>) {
  %odd = memref.subview %x[1] [4] [2] : memref<9xf32> to memref<4xf32, strided<[2], offset: 1>>
  memref.copy %odd, %y : memref<4xf32, strided<[2], offset: 1>> to memref<4xf32>
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      outs(%z : memref<4xf32>) {
  ^bb0(%old: f32):
    %one = arith.constant 1 : index
    %i = linalg.index 0 : index
    %isLater = arith.cmpi uge, %i, %one : index
    %v = scf.if %isLater -> f32 {
      %k = arith.subi %i, %one : index
      %w = memref.load %y[%k] : memref<4xf32>
      scf.yield %w : f32
    } else {
      %zero = arith.constant 0.0 : f32
      scf.yield %zero : f32
    }
    linalg.yield %v : f32
  }
  return
}

// -----

// Single elements: one thread, as far as a run of them reaches.
// CHECK-LABEL: func.func @scatter
// CHECK: gpu.launch_func @kernels::@scalars_1 {{.*}} args(%{{.*}} : memref<8xi32>, %{{.*}} : memref<16xf32>)
// CHECK-NEXT: return
// CHECK: gpu.func @scalars_1
// CHECK: scf.for
func.func @scatter(%rows: memref<8xi32>, %table: memref<16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %one = arith.constant 1.0 : f32
  %first = memref.load %rows[%c0] : memref<8xi32>
  %place = arith.index_cast %first : i32 to index
  memref.store %one, %table[%place] : memref<16xf32>
  scf.for %i = %c0 to %c8 step %c1 {
    %row = memref.load %rows[%i] : memref<8xi32>
    %at = arith.index_cast %row : i32 to index
    memref.store %one, %table[%at] : memref<16xf32>
  }
  return
}

// -----

// A loop on the host, whose condition, and a place that a kernel reads at, lie on the device.
// CHECK-LABEL: func.func @until
// CHECK-SAME: %[[FLAG:.*]]: memref<2xi1>, %[[ROW:.*]]: memref<i32>
// CHECK-DAG: %[[HOST_ROW:.*]] = memref.alloca() : memref<i32>
// CHECK-DAG: %[[HOST_FLAG:.*]] = memref.alloca() : memref<i1>
// CHECK: scf.while
// CHECK: %[[ELEMENT:.*]] = memref.subview %[[FLAG]][1] [1] [1]
// CHECK: gpu.memcpy %[[HOST_FLAG]], %[[ELEMENT]]
// CHECK: %[[GO_ON:.*]] = memref.load %[[HOST_FLAG]][]
// CHECK: scf.condition(%[[GO_ON]])
// CHECK: gpu.memcpy %[[HOST_ROW]]
// CHECK: %[[AT:.*]] = arith.index_cast
// CHECK: gpu.launch_func @kernels::@loops_1 {{.*}} args(%{{.*}} : memref<16x4xf32>, %[[AT]] : index, %{{.*}} : memref<4xf32>)
// CHECK: gpu.func @loops_1(%[[TABLE:.*]]: memref<16x4xf32>, %[[PLACE:.*]]: index,
// CHECK: memref.subview %[[TABLE]][%[[PLACE]], 0]
func.func @until(%flag: memref<2xi1>, %row: memref<i32>, %table: memref<16x4xf32>, %to: memref<4xf32>) {
  %c1 = arith.constant 1 : index
  scf.while : () -> () {
    %goOn = memref.load %flag[%c1] : memref<2xi1>
    scf.condition(%goOn)
  } do {
    %v = memref.load %row[] : memref<i32>
    %i = arith.index_cast %v : i32 to index
    %part = memref.subview %table[%i, 0] [1, 4] [1, 1] : memref<16x4xf32> to memref<4xf32, strided<[1], offset: ?>>
    memref.copy %part, %to : memref<4xf32, strided<[1], offset: ?>> to memref<4xf32>
    scf.yield
  }
  return
}

// -----

// Constants of the module lie beside the kernels that read them; the host reads its own.
// CHECK-LABEL: func.func @table
// CHECK: memref.load %{{.*}} : memref<2xi1>
// CHECK: arith.extui
// CHECK: gpu.module @kernels
// CHECK: gpu.func @scalars_1(%[[BYTE:.*]]: i8, %{{.*}}: memref<i1>)
// CHECK: arith.trunci %[[BYTE]] : i8 to i1
// CHECK: gpu.func @loops_2(%{{.*}}: memref<2xi32>)
// CHECK: memref.get_global @numbers
// CHECK: memref.global "private" constant @numbers
memref.global "private" constant @numbers : memref<2xi32> = dense<[3, 4]>
memref.global "private" constant @flags : memref<2xi1> = dense<[true, false]>
func.func @table(%to: memref<2xi32>, %flag: memref<i1>) {
  %c0 = arith.constant 0 : index
  %numbers = memref.get_global @numbers : memref<2xi32>
  memref.copy %numbers, %to : memref<2xi32> to memref<2xi32>
  %flags = memref.get_global @flags : memref<2xi1>
  %isSet = memref.load %flags[%c0] : memref<2xi1>
  memref.store %isSet, %flag[] : memref<i1>
  return
}
