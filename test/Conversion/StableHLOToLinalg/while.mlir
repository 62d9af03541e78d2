// RUN: remat-opt %s --remat-stablehlo-to-linalg --split-input-file | FileCheck %s
// RUN: remat-opt %s --remat-stablehlo-to-linalg --split-input-file \
// RUN:   --one-shot-bufferize="bufferize-function-boundaries" --canonicalize \
// RUN: | FileCheck %s --check-prefix=BUFFER

#none = affine_map<() -> ()>
#row = affine_map<(i) -> (i)>
// A counter with a constant bound: scf.for. The counter is computed, the weights are read from
// outside; only the accumulator is carried, in one buffer.
// CHECK-LABEL: func.func @counted(
// CHECK-SAME: %[[W:.*]]: tensor<4xf32>)
// BUFFER-LABEL: func.func @counted(
func.func @counted(%w: tensor<4xf32>) -> (tensor<i32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK: %[[R:.*]] = scf.for %[[K:.*]] = %c0{{.*}} to %c7{{.*}} step %c1{{.*}} iter_args(%[[ACC:.*]] = %{{.*}}) -> (tensor<4xf32>)
  // CHECK: %[[ROUND:.*]] = arith.index_cast %[[K]] : index to i32
  // CHECK: %[[TWICE:.*]] = arith.muli %[[ROUND]], %c2_i32
  // CHECK: arith.addi %[[TWICE]], %c3_i32
  // CHECK: linalg.generic {{.*}} ins(%[[ACC]], %[[W]]
  // CHECK: %[[NEXT:.*]] = bufferization.materialize_in_destination %{{.*}} in %[[ACC]]
  // CHECK: scf.yield %[[NEXT]]
  // CHECK: %[[LAST:.*]] = arith.constant dense<17> : tensor<i32>
  // CHECK: return %[[LAST]], %[[R]], %[[W]]
  // BUFFER: memref.alloc() {{.*}} : memref<4xf32>
  // BUFFER: scf.for
  // BUFFER-NOT: iter_args
  // BUFFER: memref.copy
  %start = arith.constant dense<3> : tensor<i32>
  %f = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<4xf32>
  %zeros = linalg.fill ins(%f : f32) outs(%e0 : tensor<4xf32>) -> tensor<4xf32>
  %0:3 = "stablehlo.while"(%start, %zeros, %w) ({
  ^bb0(%i: tensor<i32>, %acc: tensor<4xf32>, %v: tensor<4xf32>):
    %end = arith.constant 16 : i32
    %e = tensor.empty() : tensor<i1>
    %c = linalg.generic {indexing_maps = [#none, #none], iterator_types = []} ins(%i : tensor<i32>) outs(%e : tensor<i1>) {
    ^bb0(%in: i32, %out: i1):
      %1 = arith.cmpi slt, %in, %end : i32
      linalg.yield %1 : i1
    } -> tensor<i1>
    "stablehlo.return"(%c) : (tensor<i1>) -> ()
  }, {
  ^bb0(%i: tensor<i32>, %acc: tensor<4xf32>, %v: tensor<4xf32>):
    %two = arith.constant dense<2> : tensor<i32>
    %e = tensor.empty() : tensor<i32>
    %next = linalg.generic {indexing_maps = [#none, #none, #none], iterator_types = []} ins(%i, %two : tensor<i32>, tensor<i32>) outs(%e : tensor<i32>) {
    ^bb0(%in: i32, %in_0: i32, %out: i32):
      %1 = arith.addi %in, %in_0 : i32
      linalg.yield %1 : i32
    } -> tensor<i32>
    %e1 = tensor.empty() : tensor<4xf32>
    %sum = linalg.generic {indexing_maps = [#row, #row, #row], iterator_types = ["parallel"]} ins(%acc, %v : tensor<4xf32>, tensor<4xf32>) outs(%e1 : tensor<4xf32>) {
    ^bb0(%in: f32, %in_0: f32, %out: f32):
      %1 = arith.addf %in, %in_0 : f32
      linalg.yield %1 : f32
    } -> tensor<4xf32>
    "stablehlo.return"(%next, %sum, %v) : (tensor<i32>, tensor<4xf32>, tensor<4xf32>) -> ()
  }) : (tensor<i32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<i32>, tensor<4xf32>, tensor<4xf32>)
  return %0#0, %0#1, %0#2 : tensor<i32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// Values that change places are copied before one is overwritten.
#none = affine_map<() -> ()>
// CHECK-LABEL: func.func @swapped(
func.func @swapped(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK: scf.for {{.*}} iter_args(%[[A:.*]] = %{{.*}}, %[[B:.*]] = %{{.*}})
  // CHECK: %[[B0:.*]] = linalg.copy ins(%[[B]]
  // CHECK: %[[A0:.*]] = linalg.copy ins(%[[A]]
  // CHECK: bufferization.materialize_in_destination %[[B0]] in %[[A]]
  // CHECK: bufferization.materialize_in_destination %[[A0]] in %[[B]]
  %zero = arith.constant dense<0> : tensor<ui8>
  %0:3 = "stablehlo.while"(%zero, %x, %y) ({
  ^bb0(%i: tensor<ui8>, %a: tensor<4xf32>, %b: tensor<4xf32>):
    %end = arith.constant 200 : i8
    %bare = builtin.unrealized_conversion_cast %i : tensor<ui8> to tensor<i8>
    %s = tensor.extract %bare[] : tensor<i8>
    %1 = arith.cmpi ult, %s, %end : i8
    %c = tensor.from_elements %1 : tensor<i1>
    "stablehlo.return"(%c) : (tensor<i1>) -> ()
  }, {
  ^bb0(%i: tensor<ui8>, %a: tensor<4xf32>, %b: tensor<4xf32>):
    %one = arith.constant 1 : i8
    %bare = builtin.unrealized_conversion_cast %i : tensor<ui8> to tensor<i8>
    %s = tensor.extract %bare[] : tensor<i8>
    %1 = arith.addi %one, %s : i8
    %n = tensor.from_elements %1 : tensor<i8>
    %next = builtin.unrealized_conversion_cast %n : tensor<i8> to tensor<ui8>
    "stablehlo.return"(%next, %b, %a) : (tensor<ui8>, tensor<4xf32>, tensor<4xf32>) -> ()
  }) : (tensor<ui8>, tensor<4xf32>, tensor<4xf32>) -> (tensor<ui8>, tensor<4xf32>, tensor<4xf32>)
  // CHECK: scf.yield
  return %0#1, %0#2 : tensor<4xf32>, tensor<4xf32>
}

// -----

// A counter that would wrap around before it passes its bound does not count.
// CHECK-LABEL: func.func @endless(
func.func @endless() -> tensor<i8> {
  // CHECK: scf.while
  %zero = arith.constant dense<0> : tensor<i8>
  %0 = "stablehlo.while"(%zero) ({
  ^bb0(%i: tensor<i8>):
    %end = arith.constant 127 : i8
    %s = tensor.extract %i[] : tensor<i8>
    %1 = arith.cmpi sle, %s, %end : i8
    %c = tensor.from_elements %1 : tensor<i1>
    "stablehlo.return"(%c) : (tensor<i1>) -> ()
  }, {
  ^bb0(%i: tensor<i8>):
    %one = arith.constant 1 : i8
    %s = tensor.extract %i[] : tensor<i8>
    %1 = arith.addi %s, %one : i8
    %n = tensor.from_elements %1 : tensor<i8>
    "stablehlo.return"(%n) : (tensor<i8>) -> ()
  }) : (tensor<i8>) -> tensor<i8>
  return %0 : tensor<i8>
}

// -----

// No counter: scf.while, whose condition is scalar code.
// CHECK-LABEL: func.func @open(
// CHECK-SAME: %[[X:.*]]: tensor<f32>, %[[LIMIT:.*]]: tensor<f32>
func.func @open(%x: tensor<f32>, %limit: tensor<f32>) -> tensor<f32> {
  // CHECK: %[[R:.*]] = scf.while (%[[A:.*]] = %[[X]])
  // CHECK: %[[S:.*]] = tensor.extract %[[A]][]
  // CHECK: %[[L:.*]] = tensor.extract %[[LIMIT]][]
  // CHECK: %[[C:.*]] = arith.cmpf olt, %[[S]], %[[L]]
  // CHECK: scf.condition(%[[C]]) %[[A]]
  // CHECK: do
  // CHECK: ^bb0(%[[B:.*]]: tensor<f32>):
  // CHECK: arith.addf
  // CHECK: bufferization.materialize_in_destination %{{.*}} in %[[B]]
  // CHECK: return %[[R]]
  %0:2 = "stablehlo.while"(%x, %limit) ({
  ^bb0(%a: tensor<f32>, %l: tensor<f32>):
    %s = tensor.extract %a[] : tensor<f32>
    %t = tensor.extract %l[] : tensor<f32>
    %1 = arith.cmpf olt, %s, %t : f32
    %c = tensor.from_elements %1 : tensor<i1>
    "stablehlo.return"(%c) : (tensor<i1>) -> ()
  }, {
  ^bb0(%a: tensor<f32>, %l: tensor<f32>):
    %s = tensor.extract %a[] : tensor<f32>
    %1 = arith.addf %s, %s : f32
    %n = tensor.from_elements %1 : tensor<f32>
    "stablehlo.return"(%n, %l) : (tensor<f32>, tensor<f32>) -> ()
  }) : (tensor<f32>, tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return %0#0 : tensor<f32>
}

// -----

// What the body updates in place needs no other buffer: the element is written into what is
// carried. A later read of the old value gives the update a copy.
// CHECK-LABEL: func.func @inPlace(
// BUFFER-LABEL: func.func @inPlace(
func.func @inPlace(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK: scf.for {{.*}} iter_args(%[[A:.*]] = %{{.*}}, %[[B:.*]] = %{{.*}})
  // CHECK: %[[INSERTED:.*]] = tensor.insert %{{.*}} into %[[A]]
  // CHECK: %[[COPY:.*]] = linalg.copy ins(%[[B]]
  // CHECK: %[[OTHER:.*]] = tensor.insert %{{.*}} into %[[COPY]]
  // CHECK: tensor.extract %[[B]]
  // CHECK: %[[BACK:.*]] = bufferization.materialize_in_destination %{{.*}} in %[[B]]
  // CHECK: scf.yield %[[INSERTED]], %[[BACK]]
  // BUFFER: scf.for
  // BUFFER-NOT: iter_args
  // BUFFER: memref.store
  %zero = arith.constant dense<0> : tensor<i8>
  %0:3 = "stablehlo.while"(%zero, %x, %x) ({
  ^bb0(%i: tensor<i8>, %a: tensor<4xf32>, %b: tensor<4xf32>):
    %end = arith.constant 4 : i8
    %s = tensor.extract %i[] : tensor<i8>
    %1 = arith.cmpi slt, %s, %end : i8
    %c = tensor.from_elements %1 : tensor<i1>
    "stablehlo.return"(%c) : (tensor<i1>) -> ()
  }, {
  ^bb0(%i: tensor<i8>, %a: tensor<4xf32>, %b: tensor<4xf32>):
    %one = arith.constant 1 : i8
    %s = tensor.extract %i[] : tensor<i8>
    %1 = arith.addi %s, %one : i8
    %n = tensor.from_elements %1 : tensor<i8>
    %at = arith.index_cast %s : i8 to index
    %first = arith.constant 0 : index
    %new = arith.constant 1.0 : f32
    %inserted = tensor.insert %new into %a[%at] : tensor<4xf32>
    %other = tensor.insert %new into %b[%at] : tensor<4xf32>
    %old = tensor.extract %b[%first] : tensor<4xf32>
    %last = tensor.insert %old into %other[%first] : tensor<4xf32>
    "stablehlo.return"(%n, %inserted, %last) : (tensor<i8>, tensor<4xf32>, tensor<4xf32>) -> ()
  }) : (tensor<i8>, tensor<4xf32>, tensor<4xf32>) -> (tensor<i8>, tensor<4xf32>, tensor<4xf32>)
  return %0#1, %0#2 : tensor<4xf32>, tensor<4xf32>
}
