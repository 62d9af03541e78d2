// How XLA on GPU adds up: docs/concepts/memory-model.md, X9 and X10.
// RUN: remat-opt %s -split-input-file --remat-print-graph=memory-model=xla -o /dev/null | FileCheck %s

// X9: the later of two products, and each further one, turned or not, is added in place; a sum
// is a buffer, though only a sum reads it.
// CHECK-LABEL: graph products:
// CHECK:      op {{[0-9]+}} stablehlo.dot_general dot {{.*}} inputs=%0,%arg1 results=%[[A:[0-9]+]]:64 cone= scope
// CHECK-NEXT: op {{[0-9]+}} stablehlo.add elementwise {{.*}}flops=144 {{.*}} inputs=%[[A]],%0,%arg1 results=%[[S:[0-9]+]]:64 cone={{[0-9]+}} scope
// CHECK-NEXT: op {{[0-9]+}} stablehlo.add elementwise {{.*}}flops=144 {{.*}} inputs=%[[S]],%0,%arg1 results=%{{[0-9]+}}:64 cone={{[0-9]+,[0-9]+}} scope
module @products {
  func.func @main(%x: tensor<4x4xf32>, %y: tensor<4x4xf32>) -> (tensor<f32>, tensor<4x4xf32>) {
    %h = "stablehlo.tanh"(%x) : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %loss = "stablehlo.dot_general"(%h, %h) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0, 1], rhs_contracting_dimensions = [0, 1]>}> : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<f32>
    %a = "stablehlo.dot_general"(%h, %y) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %b = "stablehlo.dot_general"(%h, %y) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %ab = "stablehlo.add"(%a, %b) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %c = "stablehlo.dot_general"(%h, %y) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]>}> : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %t = "stablehlo.transpose"(%c) <{permutation = array<i64: 1, 0>}> : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %abc = "stablehlo.add"(%ab, %t) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    return %loss, %abc : tensor<f32>, tensor<4x4xf32>
  }
}

// -----

// A product that something else reads, or that is added to another kind of value, is a buffer.
// CHECK-LABEL: graph others:
// CHECK-COUNT-3: stablehlo.dot_general dot
module @others {
  func.func @main(%x: tensor<4x4xf32>, %y: tensor<4x4xf32>) -> (tensor<f32>, tensor<4x4xf32>, tensor<4x4xf32>) {
    %h = "stablehlo.tanh"(%x) : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %loss = "stablehlo.dot_general"(%h, %h) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0, 1], rhs_contracting_dimensions = [0, 1]>}> : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<f32>
    %a = "stablehlo.dot_general"(%h, %y) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %s = "stablehlo.add"(%h, %a) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %b = "stablehlo.dot_general"(%s, %y) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %n = "stablehlo.negate"(%b) : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %sum = "stablehlo.add"(%b, %n) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    return %loss, %sum, %s : tensor<f32>, tensor<4x4xf32>, tensor<4x4xf32>
  }
}

// -----

// X10: scatters into zeros that are only added up are one scatter. One into a value that is no
// constant is a buffer.
// CHECK-LABEL: graph scatters:
// CHECK-NOT: stablehlo.scatter
// CHECK: op {{[0-9]+}} stablehlo.add {{.*}} inputs=%arg0,%0,%arg2 results=%{{[0-9]+}}:400 cone=
// CHECK: op {{[0-9]+}} stablehlo.scatter scatter {{.*}} inputs=%arg3,%arg0,%0
// CHECK: op {{[0-9]+}} stablehlo.add
module @scatters {
  func.func @main(%i: tensor<2x1xi32>, %u: tensor<2x10xf32>, %v: tensor<2x10xf32>, %t: tensor<10x10xf32>) -> (tensor<f32>, tensor<10x10xf32>, tensor<10x10xf32>) {
    %h = "stablehlo.tanh"(%u) : (tensor<2x10xf32>) -> tensor<2x10xf32>
    %loss = "stablehlo.dot_general"(%h, %h) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0, 1], rhs_contracting_dimensions = [0, 1]>}> : (tensor<2x10xf32>, tensor<2x10xf32>) -> tensor<f32>
    %zero = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
    %zeros = "stablehlo.broadcast_in_dim"(%zero) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<10x10xf32>
    %a = "stablehlo.scatter"(%zeros, %i, %h) <{indices_are_sorted = false, scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, unique_indices = false}> ({
    ^bb0(%l: tensor<f32>, %r: tensor<f32>):
      %0 = "stablehlo.add"(%l, %r) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%0) : (tensor<f32>) -> ()
    }) : (tensor<10x10xf32>, tensor<2x1xi32>, tensor<2x10xf32>) -> tensor<10x10xf32>
    %b = "stablehlo.scatter"(%zeros, %i, %v) <{indices_are_sorted = false, scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, unique_indices = false}> ({
    ^bb0(%l: tensor<f32>, %r: tensor<f32>):
      %0 = "stablehlo.add"(%l, %r) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%0) : (tensor<f32>) -> ()
    }) : (tensor<10x10xf32>, tensor<2x1xi32>, tensor<2x10xf32>) -> tensor<10x10xf32>
    %ab = "stablehlo.add"(%a, %b) : (tensor<10x10xf32>, tensor<10x10xf32>) -> tensor<10x10xf32>
    %c = "stablehlo.scatter"(%t, %i, %h) <{indices_are_sorted = false, scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, unique_indices = false}> ({
    ^bb0(%l: tensor<f32>, %r: tensor<f32>):
      %0 = "stablehlo.add"(%l, %r) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%0) : (tensor<f32>) -> ()
    }) : (tensor<10x10xf32>, tensor<2x1xi32>, tensor<2x10xf32>) -> tensor<10x10xf32>
    %ct = "stablehlo.add"(%c, %t) : (tensor<10x10xf32>, tensor<10x10xf32>) -> tensor<10x10xf32>
    return %loss, %ab, %ct : tensor<f32>, tensor<10x10xf32>, tensor<10x10xf32>
  }
}

// -----

// A product that is shown turned to the caller has to be there; the other one is added to it.
// CHECK-LABEL: graph returned:
// CHECK-NOT: op 2 
// CHECK: op 3 stablehlo.dot_general
module @returned {
  func.func @main(%x: tensor<4x4xf32>, %y: tensor<4x4xf32>) -> (tensor<f32>, tensor<4x4xf32>, tensor<4x4xf32>) {
    %h = "stablehlo.tanh"(%x) : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %loss = "stablehlo.dot_general"(%h, %h) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0, 1], rhs_contracting_dimensions = [0, 1]>}> : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<f32>
    %a = "stablehlo.dot_general"(%h, %y) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %b = "stablehlo.dot_general"(%h, %y) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %t = "stablehlo.transpose"(%b) <{permutation = array<i64: 1, 0>}> : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %sum = "stablehlo.add"(%a, %t) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    return %loss, %sum, %t : tensor<f32>, tensor<4x4xf32>, tensor<4x4xf32>
  }
}
