// RUN: remat-opt %s --remat-print-graph -o /dev/null | FileCheck %s --check-prefixes=CHECK,PROGRAM
// RUN: remat-opt %s --remat-print-graph=memory-model=xla -o /dev/null | FileCheck %s --check-prefixes=CHECK,XLA
// RUN: remat-opt %s --remat-print-graph=fold-free=false -o /dev/null | FileCheck %s --check-prefixes=CHECK,PLAIN
// RUN: remat-opt %s --remat-print-graph=loss=1 -o /dev/null | FileCheck %s --check-prefix=LOSS
// RUN: remat-opt %s --remat-print-graph -o - | FileCheck %s --check-prefix=UNCHANGED

// CHECK:   graph jit_step: [[#]] ops
// CHECK:   arguments %arg0:64,%arg1:32
// CHECK:   outputs %6,%9,%11<-%arg0
// PROGRAM: op 0 stablehlo.dot_general dot forward recomputable flops=64 read=96 written=32 bits=32 inputs=%arg1,%arg0 results=%0:32 cone= scope="Model/Dense_0/dot_general" at="model.py:3"
// PROGRAM: op 3 stablehlo.add elementwise forward recomputable flops=8 read=32 written=32 bits=32 inputs=%0 results=%3:32 cone=1,2 scope="" at="{{.*}}print-graph.mlir:[[#]]"
// PROGRAM: op 4 stablehlo.tanh elementwise forward once
// PROGRAM: op 6 stablehlo.reduce reduce forward
// PROGRAM: op 7 stablehlo.multiply elementwise backward
// PROGRAM: op 8 foo.effect other backward once flops=0 read=32 written=0 bits=32 inputs=%7 results=the effect of op 8:0
// PROGRAM: op 9 stablehlo.dot_general dot backward
// PROGRAM: op 10 foo.norm other backward
// PROGRAM: op 11 stablehlo.convert elementwise update
// PROGRAM: op 12 stablehlo.subtract elementwise update
// XLA:     op 0 stablehlo.dot_general dot
// XLA-NOT: op 3
// XLA:     op 4 stablehlo.tanh elementwise forward once flops=16 read=32 written=32 bits=32 inputs=%0 results=%4:32 cone=1,2,3
// XLA:     op 12 stablehlo.subtract {{.*}} cone=11
// PLAIN:   op 1 stablehlo.constant constant forward
// PLAIN:   op 2 stablehlo.broadcast_in_dim broadcast forward
// LOSS:    op 10 foo.norm other forward
// LOSS:    op 11 stablehlo.convert elementwise update
// UNCHANGED: graph jit_step
// UNCHANGED: module @jit_step
module @jit_step {
  func.func @main(%w: tensor<4x4xf32> {tf.aliasing_output = 2 : i32}, %x: tensor<2x4xf32>)
      -> (tensor<f32>, tensor<f32>, tensor<4x4xf32>) {
    %h = "stablehlo.dot_general"(%x, %w) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32> loc("jit(step)/jvp(Model)/Dense_0/dot_general"("model.py":3:1))
    %one = "stablehlo.constant"() <{value = dense<1.0> : tensor<f32>}> : () -> tensor<f32>
    %ones = "stablehlo.broadcast_in_dim"(%one) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2x4xf32>
    %s = "stablehlo.add"(%h, %ones) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    %a = "stablehlo.tanh"(%s) {remat.keep} : (tensor<2x4xf32>) -> tensor<2x4xf32>
    %dead = "stablehlo.tanh"(%a) : (tensor<2x4xf32>) -> tensor<2x4xf32>
    %loss = "stablehlo.reduce"(%a, %one) <{dimensions = array<i64: 0, 1>}> ({
    ^bb0(%l: tensor<f32>, %r: tensor<f32>):
      %m = "stablehlo.add"(%l, %r) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%m) : (tensor<f32>) -> ()
    }) : (tensor<2x4xf32>, tensor<f32>) -> tensor<f32>
    %d = "stablehlo.multiply"(%a, %a) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    "foo.effect"(%d) : (tensor<2x4xf32>) -> ()
    %dw = "stablehlo.dot_general"(%x, %d) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<4x4xf32>
    %norm = "foo.norm"(%dw) : (tensor<4x4xf32>) -> tensor<f32>
    %g = "stablehlo.convert"(%dw) : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %new = "stablehlo.subtract"(%w, %g) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    return %loss, %norm, %new : tensor<f32>, tensor<f32>, tensor<4x4xf32>
  }
}
