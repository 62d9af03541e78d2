// RUN: remat-opt %s -split-input-file --remat-own-destinations | FileCheck %s

// A fill that two products write over is made for each, right before it; the numbers
// that it is made of stay shared.
// CHECK-LABEL: func.func @shared_fill(
// CHECK: %[[ZERO:.*]] = arith.constant
// CHECK: %[[FIRST:.*]] = tensor.empty
// CHECK-NEXT: %[[FILLED:.*]] = linalg.fill ins(%[[ZERO]] : f32) outs(%[[FIRST]]
// CHECK-NEXT: linalg.matmul ins({{.*}}) outs(%[[FILLED]]
// CHECK-NEXT: %[[SECOND:.*]] = tensor.empty
// CHECK-NEXT: %[[AGAIN:.*]] = linalg.fill ins(%[[ZERO]] : f32) outs(%[[SECOND]]
// CHECK-NEXT: linalg.matmul ins({{.*}}) outs(%[[AGAIN]]
func.func @shared_fill(%a: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x4xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = linalg.matmul ins(%a, %a : tensor<4x4xf32>, tensor<4x4xf32>) outs(%fill : tensor<4x4xf32>) -> tensor<4x4xf32>
  %c = linalg.matmul ins(%b, %a : tensor<4x4xf32>, tensor<4x4xf32>) outs(%fill : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %b, %c : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// A fill that is read as well as written over stays for the reader.
// CHECK-LABEL: func.func @read_fill(
// CHECK: %[[READ:.*]] = linalg.fill
// CHECK: %[[OWN:.*]] = linalg.fill
// CHECK-NEXT: linalg.matmul ins(%[[READ]], {{.*}}) outs(%[[OWN]]
func.func @read_fill(%a: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x4xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = linalg.matmul ins(%fill, %a : tensor<4x4xf32>, tensor<4x4xf32>) outs(%fill : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %b : tensor<4x4xf32>
}

// -----

// The parts of a concatenation move to its end, what they insert stays where it was made.
// CHECK-LABEL: func.func @concatenation(
// CHECK: linalg.exp
// CHECK: linalg.log
// CHECK: %[[WHOLE:.*]] = tensor.empty() : tensor<8xf32>
// CHECK-NEXT: %[[HALF:.*]] = tensor.insert_slice {{.*}} into %[[WHOLE]]
// CHECK-NEXT: tensor.insert_slice {{.*}} into %[[HALF]]
func.func @concatenation(%a: tensor<4xf32>) -> tensor<8xf32> {
  %whole = tensor.empty() : tensor<8xf32>
  %0 = tensor.empty() : tensor<4xf32>
  %exp = linalg.exp ins(%a : tensor<4xf32>) outs(%0 : tensor<4xf32>) -> tensor<4xf32>
  %half = tensor.insert_slice %exp into %whole[0] [4] [1] : tensor<4xf32> into tensor<8xf32>
  %1 = tensor.empty() : tensor<4xf32>
  %log = linalg.log ins(%exp : tensor<4xf32>) outs(%1 : tensor<4xf32>) -> tensor<4xf32>
  %both = tensor.insert_slice %log into %half[4] [4] [1] : tensor<4xf32> into tensor<8xf32>
  return %both : tensor<8xf32>
}

// -----

// A destination that is seen through a view moves with the view.
// CHECK-LABEL: func.func @viewed(
// CHECK: linalg.exp
// CHECK: %[[EMPTY:.*]] = tensor.empty() : tensor<16xf32>
// CHECK-NEXT: %[[FILL:.*]] = linalg.fill {{.*}} outs(%[[EMPTY]]
// CHECK-NEXT: %[[SQUARE:.*]] = tensor.expand_shape %[[FILL]]
// CHECK-NEXT: linalg.matmul {{.*}} outs(%[[SQUARE]]
func.func @viewed(%a: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<16xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<16xf32>) -> tensor<16xf32>
  %square = tensor.expand_shape %fill [[0, 1]] output_shape [4, 4] : tensor<16xf32> into tensor<4x4xf32>
  %0 = tensor.empty() : tensor<4x4xf32>
  %exp = linalg.exp ins(%a : tensor<4x4xf32>) outs(%0 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = linalg.matmul ins(%exp, %a : tensor<4x4xf32>, tensor<4x4xf32>) outs(%square : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %b : tensor<4x4xf32>
}

// -----

// Inside a loop's body, too.
// CHECK-LABEL: func.func @in_a_loop(
// CHECK: scf.for
// CHECK: %[[EMPTY:.*]] = tensor.empty
// CHECK-NEXT: linalg.exp ins({{.*}}) outs(%[[EMPTY]]
// CHECK-NEXT: %[[OTHER:.*]] = tensor.empty
// CHECK-NEXT: linalg.log ins({{.*}}) outs(%[[OTHER]]
func.func @in_a_loop(%a: tensor<4xf32>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %r = scf.for %i = %c0 to %c8 step %c1 iter_args(%x = %a) -> tensor<4xf32> {
    %empty = tensor.empty() : tensor<4xf32>
    %exp = linalg.exp ins(%x : tensor<4xf32>) outs(%empty : tensor<4xf32>) -> tensor<4xf32>
    %log = linalg.log ins(%exp : tensor<4xf32>) outs(%empty : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %log : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// -----

// An empty that two products write over through one view is made for each.
// CHECK-LABEL: func.func @shared_view(
// CHECK: %[[ONE:.*]] = tensor.empty() : tensor<16xf32>
// CHECK-NEXT: %[[SQUARE:.*]] = tensor.expand_shape %[[ONE]]
// CHECK-NEXT: %[[FILL:.*]] = linalg.fill {{.*}} outs(%[[SQUARE]]
// CHECK-NEXT: linalg.matmul {{.*}} outs(%[[FILL]]
// CHECK-NEXT: %[[OTHER:.*]] = tensor.empty() : tensor<16xf32>
// CHECK-NEXT: %[[VIEW:.*]] = tensor.expand_shape %[[OTHER]]
// CHECK-NEXT: %[[AGAIN:.*]] = linalg.fill {{.*}} outs(%[[VIEW]]
// CHECK-NEXT: linalg.matmul {{.*}} outs(%[[AGAIN]]
func.func @shared_view(%a: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<16xf32>
  %square = tensor.expand_shape %empty [[0, 1]] output_shape [4, 4] : tensor<16xf32> into tensor<4x4xf32>
  %first = linalg.fill ins(%zero : f32) outs(%square : tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = linalg.matmul ins(%a, %a : tensor<4x4xf32>, tensor<4x4xf32>) outs(%first : tensor<4x4xf32>) -> tensor<4x4xf32>
  %second = linalg.fill ins(%zero : f32) outs(%square : tensor<4x4xf32>) -> tensor<4x4xf32>
  %c = linalg.matmul ins(%b, %a : tensor<4x4xf32>, tensor<4x4xf32>) outs(%second : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %b, %c : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// What is made of constants is made for a loop of its own as well.
// CHECK-LABEL: func.func @constant_start(
// CHECK: %[[READ:.*]] = linalg.generic
// CHECK: tensor.empty
// CHECK: %[[OWN:.*]] = linalg.generic
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %[[OWN]])
// CHECK: linalg.exp ins(%[[READ]]
func.func @constant_start(%a: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4xf32>
  %start = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%empty : tensor<4xf32>) {
  ^bb0(%out: f32):
    linalg.yield %zero : f32
  } -> tensor<4xf32>
  %r = scf.for %i = %c0 to %c4 step %c1 iter_args(%x = %start) -> tensor<4xf32> {
    %v = tensor.extract %a[%i] : tensor<4xf32>
    %n = tensor.insert %v into %x[%i] : tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  }
  %other = tensor.empty() : tensor<4xf32>
  %e = linalg.exp ins(%start : tensor<4xf32>) outs(%other : tensor<4xf32>) -> tensor<4xf32>
  return %r, %e : tensor<4xf32>, tensor<4xf32>
}
