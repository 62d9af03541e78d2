// RUN: remat-opt %s --remat-stablehlo-to-linalg --split-input-file | FileCheck %s

// The updates are taken in row-major order, each element read, combined and written back; the
// operand is an argument, so it is copied first. An index beyond the operand makes the loop
// over its window run no round.
// CHECK-LABEL: func.func @rows(
// CHECK-SAME: %[[X:.*]]: tensor<5x4xf32>, %[[I:.*]]: tensor<3x1xi32>, %[[U:.*]]: tensor<3x4xf32>
func.func @rows(%x: tensor<5x4xf32>, %i: tensor<3x1xi32>, %u: tensor<3x4xf32>) -> tensor<5x4xf32> {
  // CHECK: %[[COPY:.*]] = linalg.copy ins(%[[X]] : tensor<5x4xf32>)
  // CHECK: %[[R:.*]] = scf.for %[[ROW:.*]] = %{{.*}} to %c3{{.*}} iter_args(%[[OUTER:.*]] = %[[COPY]])
  // CHECK: %[[INDEX:.*]] = tensor.extract %[[I]][%[[ROW]], %{{.*}}]
  // CHECK: %[[START:.*]] = arith.index_cast %[[INDEX]] : i32 to index
  // CHECK: %[[IN:.*]] = arith.cmpi ule, %[[START]], %c4
  // CHECK: %[[ROUNDS:.*]] = arith.select %[[IN]], %c4{{.*}}, %c0
  // CHECK: scf.for %[[COLUMN:.*]] = %{{.*}} to %[[ROUNDS]] {{.*}} iter_args(%[[ACC:.*]] = %[[OUTER]])
  // CHECK: %[[OLD:.*]] = tensor.extract %[[ACC]][%[[START]], %[[COLUMN]]]
  // CHECK: %[[UPDATE:.*]] = tensor.extract %[[U]][%[[ROW]], %[[COLUMN]]]
  // CHECK: %[[SUM:.*]] = arith.addf %[[OLD]], %[[UPDATE]]
  // CHECK: tensor.insert %[[SUM]] into %[[ACC]][%[[START]], %[[COLUMN]]]
  // CHECK: return %[[R]]
  %0 = "stablehlo.scatter"(%x, %i, %u) <{indices_are_sorted = false, scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, unique_indices = false}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %e = tensor.empty() : tensor<f32>
    %s = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%a, %b : tensor<f32>, tensor<f32>) outs(%e : tensor<f32>) {
    ^bb0(%in: f32, %in_0: f32, %out: f32):
      %1 = arith.addf %in, %in_0 : f32
      linalg.yield %1 : f32
    } -> tensor<f32>
    "stablehlo.return"(%s) : (tensor<f32>) -> ()
  }) : (tensor<5x4xf32>, tensor<3x1xi32>, tensor<3x4xf32>) -> tensor<5x4xf32>
  return %0 : tensor<5x4xf32>
}

// -----

// Batching dimensions: the operand is read at the position of the index. A tensor that is made
// for the scatter alone is updated where it is. Without a window, the guard is a loop of its own.
// CHECK-LABEL: func.func @batched(
func.func @batched(%i: tensor<2x3x1xi32>, %u: tensor<2x3xf32>) -> tensor<2x8xf32> {
  // CHECK: %[[ZERO:.*]] = linalg.fill
  // CHECK-NOT: linalg.copy
  // CHECK: scf.for %[[B:[a-z0-9_]+]] = {{.*}} iter_args(%{{.*}} = %[[ZERO]])
  // CHECK: scf.for %[[N:[a-z0-9_]+]] = {{.*}}
  // CHECK: %[[AT:.*]] = tensor.extract %{{.*}}[%[[B]], %[[N]], %c0{{.*}}] : tensor<2x3x1xi32>
  // CHECK: %[[POSITION:.*]] = arith.index_cast %[[AT]]
  // CHECK: %[[ONCE:.*]] = arith.select %{{.*}}, %c1{{.*}}, %c0
  // CHECK: scf.for %{{.*}} = %{{.*}} to %[[ONCE]]
  // CHECK: tensor.insert %{{.*}} into %{{.*}}[%[[B]], %[[POSITION]]] : tensor<2x8xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2x8xf32>
  %x = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x8xf32>) -> tensor<2x8xf32>
  %0 = "stablehlo.scatter"(%x, %i, %u) <{scatter_dimension_numbers = #stablehlo.scatter<input_batching_dims = [0], scatter_indices_batching_dims = [0], inserted_window_dims = [1], scatter_dims_to_operand_dims = [1], index_vector_dim = 2>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    "stablehlo.return"(%b) : (tensor<f32>) -> ()
  }) : (tensor<2x8xf32>, tensor<2x3x1xi32>, tensor<2x3xf32>) -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}

// -----

// Two operands, one loop. Unsigned indices are widened as such, and lose their sign.
// CHECK-LABEL: func.func @pair(
// CHECK-SAME: tensor<1xi8>
func.func @pair(%x: tensor<5xf32>, %y: tensor<5xi32>, %i: tensor<1xui8>, %u: tensor<f32>, %v: tensor<i32>) -> (tensor<5xf32>, tensor<5xi32>) {
  // CHECK-COUNT-2: linalg.copy
  // CHECK: arith.index_castui
  // CHECK: scf.for {{.*}} -> (tensor<5xf32>, tensor<5xi32>)
  %0:2 = "stablehlo.scatter"(%x, %y, %i, %u, %v) <{scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0]>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<i32>, %c: tensor<f32>, %d: tensor<i32>):
    "stablehlo.return"(%c, %d) : (tensor<f32>, tensor<i32>) -> ()
  }) : (tensor<5xf32>, tensor<5xi32>, tensor<1xui8>, tensor<f32>, tensor<i32>) -> (tensor<5xf32>, tensor<5xi32>)
  return %0#0, %0#1 : tensor<5xf32>, tensor<5xi32>
}

// -----

// Inside a region that is computed again.
// CHECK-LABEL: func.func @again(
func.func @again(%x: tensor<5xf32>, %i: tensor<1xi32>, %u: tensor<f32>) -> tensor<5xf32> {
  // CHECK: remat.recompute
  // CHECK-NEXT: tensor.empty
  // CHECK-NEXT: linalg.copy
  // CHECK: scf.for
  // CHECK: remat.yield
  %r = remat.recompute (%a = %x : tensor<5xf32>, %b = %i : tensor<1xi32>, %c = %u : tensor<f32>) {
    %0 = "stablehlo.scatter"(%a, %b, %c) <{scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0]>}> ({
    ^bb0(%old: tensor<f32>, %new: tensor<f32>):
      "stablehlo.return"(%new) : (tensor<f32>) -> ()
    }) : (tensor<5xf32>, tensor<1xi32>, tensor<f32>) -> tensor<5xf32>
    remat.yield %0 : tensor<5xf32>
  }
  return %r : tensor<5xf32>
}
