// The passes in stock mlir-opt.
// RUN: mlir-opt %s --allow-unregistered-dialect --load-dialect-plugin=%remat_plugin --load-pass-plugin=%remat_plugin --pass-pipeline='builtin.module(remat{budget=min target=xla-gpu})' -o %t.mlir
// RUN: remat-opt %s --remat="budget=min target=xla-gpu" -o %t.own.mlir
// RUN: diff %t.mlir %t.own.mlir
// RUN: mlir-opt %s --allow-unregistered-dialect --load-dialect-plugin=%remat_plugin --load-pass-plugin=%remat_plugin --pass-pipeline='builtin.module(remat-inline,remat-plan{budget=min},remat-apply,cse,remat-encode{target=xla-gpu},remat-verify{reference=%s})' -o %t.parts.mlir
// RUN: diff %t.mlir %t.parts.mlir
// RUN: mlir-opt %s --allow-unregistered-dialect --load-dialect-plugin=%remat_plugin --load-pass-plugin=%remat_plugin --pass-pipeline='builtin.module(remat{budget=min})' | FileCheck %s
// RUN: not mlir-opt %s --allow-unregistered-dialect --load-dialect-plugin=%remat_plugin --load-pass-plugin=%remat_plugin --pass-pipeline='builtin.module(remat{budget=1000})' 2>&1 | FileCheck %s --check-prefix=REFUSED

// CHECK: remat.recompute
// REFUSED: error: no plan fits the budget 1000 B
func.func @main(%x: tensor<1024xf32>) -> (tensor<f32>, tensor<1024xf32>) {
  %a = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %b = func.call @act(%a) : (tensor<1024xf32>) -> tensor<1024xf32>
  %c = "stablehlo.sine"(%b) : (tensor<1024xf32>) -> tensor<1024xf32>
  %d = "stablehlo.cosine"(%c) : (tensor<1024xf32>) -> tensor<1024xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%d, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<1024xf32>, tensor<f32>) -> tensor<f32>
  %gd = "stablehlo.negate"(%d) : (tensor<1024xf32>) -> tensor<1024xf32>
  %gc = "stablehlo.multiply"(%gd, %c) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %gb = "stablehlo.multiply"(%gc, %b) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %ga = "stablehlo.multiply"(%gb, %a) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  return %loss, %ga : tensor<f32>, tensor<1024xf32>
}
func.func private @act(%x: tensor<1024xf32>) -> tensor<1024xf32> {
  %0 = "stablehlo.exponential"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  return %0 : tensor<1024xf32>
}
