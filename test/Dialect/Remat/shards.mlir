// Marks say what one of four devices holds: bytes and flops of the graph are one
// device's, and the encoded program is without them.
// RUN: remat-opt %s --remat-print-graph -o /dev/null | FileCheck %s --check-prefix=GRAPH
// RUN: remat-opt %s --remat="budget=min target=xla-gpu" --mlir-print-op-generic | FileCheck %s --check-prefix=ENCODED

// GRAPH: arguments %arg0:64,%arg1:32
// GRAPH: op 0 stablehlo.dot_general dot forward recomputable flops=64 read=96 written=32
// GRAPH: op 1 stablehlo.tanh elementwise forward recomputable flops=[[#]] read=32 written=32

// ENCODED-NOT: remat.
// ENCODED: sdy.sharding = #sdy.sharding<@mesh, [{"data"}, {}]>
// ENCODED: "stablehlo.dot_general"{{.*}} {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"data"}, {}]>]>}
// ENCODED: "stablehlo.optimization_barrier"
// ENCODED: "stablehlo.dot_general"{{.*}} {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"data"}, {}]>]>}
// ENCODED-NOT: remat.
module @step attributes {mhlo.num_partitions = 4 : i32} {
  "sdy.mesh"() <{mesh = #sdy.mesh<["data"=4]>, sym_name = "mesh"}> : () -> ()
  func.func @main(%w: tensor<4x4xf32>, %x: tensor<8x4xf32> {remat.local = tensor<2x4xf32>, sdy.sharding = #sdy.sharding<@mesh, [{"data"}, {}]>}) -> (tensor<f32>, tensor<8x4xf32>) {
    %d0 = "stablehlo.dot_general"(%x, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> {remat.local = [tensor<2x4xf32>], remat.ways = 4 : i64, sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"data"}, {}]>]>} : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
    %h0 = "stablehlo.tanh"(%d0) {remat.local = [tensor<2x4xf32>], remat.ways = 4 : i64} : (tensor<8x4xf32>) -> tensor<8x4xf32>
    %d1 = "stablehlo.dot_general"(%h0, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> {remat.local = [tensor<2x4xf32>], remat.ways = 4 : i64, sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"data"}, {}]>]>} : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
    %h1 = "stablehlo.tanh"(%d1) {remat.local = [tensor<2x4xf32>], remat.ways = 4 : i64} : (tensor<8x4xf32>) -> tensor<8x4xf32>
    %d2 = "stablehlo.dot_general"(%h1, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> {remat.local = [tensor<2x4xf32>], remat.ways = 4 : i64, sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"data"}, {}]>]>} : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
    %h2 = "stablehlo.tanh"(%d2) {remat.local = [tensor<2x4xf32>], remat.ways = 4 : i64} : (tensor<8x4xf32>) -> tensor<8x4xf32>
    %d3 = "stablehlo.dot_general"(%h2, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> {remat.local = [tensor<2x4xf32>], remat.ways = 4 : i64, sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"data"}, {}]>]>} : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
    %h3 = "stablehlo.tanh"(%d3) {remat.local = [tensor<2x4xf32>], remat.ways = 4 : i64} : (tensor<8x4xf32>) -> tensor<8x4xf32>
    %zero = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
    %loss = "stablehlo.reduce"(%h3, %zero) <{dimensions = array<i64: 0, 1>}> ({
    ^bb0(%l: tensor<f32>, %r: tensor<f32>):
      %m = "stablehlo.add"(%l, %r) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%m) : (tensor<f32>) -> ()
    }) {remat.ways = 4 : i64} : (tensor<8x4xf32>, tensor<f32>) -> tensor<f32>
    %m3 = "stablehlo.multiply"(%h3, %h3) {remat.local = [tensor<2x4xf32>], remat.ways = 4 : i64} : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
    %g3 = "stablehlo.dot_general"(%m3, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]>}> {remat.local = [tensor<2x4xf32>], remat.ways = 4 : i64} : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
    %m2 = "stablehlo.multiply"(%g3, %h2) {remat.local = [tensor<2x4xf32>], remat.ways = 4 : i64} : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
    %g2 = "stablehlo.dot_general"(%m2, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]>}> {remat.local = [tensor<2x4xf32>], remat.ways = 4 : i64} : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
    %m1 = "stablehlo.multiply"(%g2, %h1) {remat.local = [tensor<2x4xf32>], remat.ways = 4 : i64} : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
    %g1 = "stablehlo.dot_general"(%m1, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]>}> {remat.local = [tensor<2x4xf32>], remat.ways = 4 : i64} : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
    %m0 = "stablehlo.multiply"(%g1, %h0) {remat.local = [tensor<2x4xf32>], remat.ways = 4 : i64} : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
    %g0 = "stablehlo.dot_general"(%m0, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]>}> {remat.local = [tensor<2x4xf32>], remat.ways = 4 : i64} : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
    return %loss, %g0 : tensor<f32>, tensor<8x4xf32>
  }
}
