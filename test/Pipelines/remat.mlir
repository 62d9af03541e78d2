// All in one, and the same by its parts.
// RUN: remat-opt %s --remat="strategy=kusumoto budget=20484" | FileCheck %s --check-prefixes=ALL,NONE
// RUN: remat-opt %s --remat="strategy=kusumoto budget=min target=xla-gpu" | FileCheck %s --check-prefixes=ALL,GPU
// RUN: remat-opt %s --remat="strategy=kusumoto budget=min target=xla-tpu" | FileCheck %s --check-prefixes=ALL,TPU
// RUN: remat-opt %s --remat="strategy=kusumoto budget=min target=xla-cpu" | FileCheck %s --check-prefixes=ALL,CPU
// RUN: remat-opt %s --remat="strategy=kusumoto budget=min target=xla-gpu" -o %t.one.mlir
// RUN: remat-opt %s --remat-inline --remat-plan="strategy=kusumoto budget=min" --remat-apply --remat-encode=target=xla-gpu -o %t.parts.mlir
// RUN: diff %t.one.mlir %t.parts.mlir
// RUN: remat-opt %s --remat="strategy=kusumoto budget=min target=xla-gpu verify=false" -o %t.unverified.mlir
// RUN: diff %t.one.mlir %t.unverified.mlir
// RUN: remat-opt %t.one.mlir --remat-verify=reference=%s -o %t.verified.mlir

// Upstream clean-up neither merges nor enters planned recomputation.
// RUN: remat-opt %s --remat="strategy=kusumoto budget=min" --cse --canonicalize --remat-encode=target=xla-gpu -o %t.cse.mlir
// RUN: remat-opt %t.cse.mlir --remat-verify=reference=%s | FileCheck %s --check-prefixes=ALL,GPU

// A budget that is not met: no output, not even half of it; an older file stays.
// RUN: echo older > %t.kept
// RUN: not remat-opt %s --remat=budget=1000 -o %t.kept 2>&1 | FileCheck %s --check-prefix=REFUSED
// RUN: FileCheck %s --check-prefix=OLDER --input-file=%t.kept
// REFUSED: error: no plan fits the budget 1000 B, scope total
// OLDER: older
// OLDER-NOT: func.func

// ALL-LABEL: func.func @main(
// ALL-SAME: %[[X:.*]]: tensor<1024xf32>)
// ALL-NEXT: "stablehlo.tanh"(%[[X]])
// ALL-NEXT: "stablehlo.exponential"
// ALL: %[[G:.*]] = "stablehlo.multiply"
// ALL: %[[G:.*]] = "stablehlo.multiply"
// NONE-NEXT: remat.recompute (%[[K:.*]] = %[[X]] : tensor<1024xf32>) after (%[[G]] : tensor<1024xf32>)
// GPU-NEXT: %[[T:.*]]:2 = "stablehlo.optimization_barrier"(%[[X]], %[[G]])
// GPU-NEXT: "stablehlo.tanh"(%[[T]]#0)
// TPU-NEXT: %[[T:.*]]:2 = "stablehlo.optimization_barrier"(%[[X]], %[[G]])
// TPU-NEXT: %[[A:.*]] = "stablehlo.tanh"(%[[T]]#0)
// TPU-NEXT: "stablehlo.multiply"(%[[T]]#1, %[[A]])
// CPU: %[[T:.*]] = "stablehlo.select"(%{{.*}}, %[[X]], %{{.*}})
// CPU-NEXT: "stablehlo.tanh"(%[[T]])
// ALL-NOT: func.func private
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
