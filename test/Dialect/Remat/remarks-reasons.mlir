// Why a forward value could not be recomputed: one remark each, whatever its size.
// RUN: remat-opt %s --remat="budget=min cost=paper target=xla-gpu" --remarks-filter=remat 2>&1 >/dev/null | FileCheck %s

// CHECK-DAG: op=stablehlo.exponential, reason="shares its buffer with a value that may not be recomputed"
// CHECK-DAG: op=stablehlo.custom_call, reason="custom call without remat.pure"
// CHECK-DAG: op=stablehlo.rng, reason=random
func.func @main(%x: tensor<1024xf32>) -> (tensor<f32>, tensor<1024xf32>) {
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %n = "stablehlo.constant"() <{value = dense<1024> : tensor<1xi64>}> : () -> tensor<1xi64>
  %a = "stablehlo.exponential"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %b = "stablehlo.optimization_barrier"(%a) : (tensor<1024xf32>) -> tensor<1024xf32>
  %c = "stablehlo.custom_call"(%b) <{call_target_name = "mine"}> : (tensor<1024xf32>) -> tensor<1024xf32>
  %r = "stablehlo.rng"(%z, %z, %n) <{rng_distribution = #stablehlo<rng_distribution UNIFORM>}> : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<1024xf32>
  %d = "stablehlo.multiply"(%c, %r) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %e = "stablehlo.tanh"(%d) : (tensor<1024xf32>) -> tensor<1024xf32>
  %loss = "stablehlo.reduce"(%e, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %s = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%s) : (tensor<f32>) -> ()
  }) : (tensor<1024xf32>, tensor<f32>) -> tensor<f32>
  %ge = "stablehlo.negate"(%e) : (tensor<1024xf32>) -> tensor<1024xf32>
  %gd = "stablehlo.multiply"(%ge, %r) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %gc = "stablehlo.multiply"(%gd, %c) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %gb = "stablehlo.multiply"(%gc, %b) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %ga = "stablehlo.multiply"(%gb, %a) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  return %loss, %ga : tensor<f32>, tensor<1024xf32>
}
