// RUN: remat-opt %s --remat="budget=20484 cost=paper target=xla-gpu" --remarks-filter=remat 2>&1 >/dev/null | FileCheck %s
// RUN: remat-opt %s --remat="budget=20484 cost=paper" 2>&1 >/dev/null | FileCheck %s --check-prefix=OFF --allow-empty
// RUN: remat-opt %s --remat="budget=20484 cost=paper" --remarks-filter=remat --remark-format=yaml --remarks-output-file=%t.yaml -o %t.mlir
// RUN: FileCheck %s --check-prefix=YAML --input-file=%t.yaml

// CHECK: remark: [Analysis] planned | Category:remat | Function=main | base_cost=9, bound=10, cost=10, peak=20484, plain_peak=24580, scope=total, status=optimal, strategy="best effort=default"
// CHECK: model.py:3:1: remark: [Passed] recomputed | Category:remat | Function=main | Remark=recomputed, bytes=4096, cost=1, cost_unit=units, op=stablehlo.tanh, source=model.py:3, times=1, value=%0
// CHECK: remark: [Missed] kept | Category:remat | Function=main | {{.*}}op=stablehlo.exponential, reason="marked remat.keep"
// CHECK: model.py:5:1: remark: [Missed] kept | Category:remat | Function=main | {{.*}}op=foreign.sine, reason="unknown op"
// CHECK: remark: [Analysis] applied | Category:remat | Function=main | clones=1, recomputations=1, regions=1, unread=0
// CHECK: remark: [Analysis] encoded | Category:remat | Function=main | barriers=1, guards=0, recomputed_ops=1
// OFF-NOT: remark
// YAML: --- !Passed
// YAML: Name: {{.*}}recomputed
func.func @main(%x: tensor<1024xf32>) -> (tensor<f32>, tensor<1024xf32>) {
  %a = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32> loc("model.py":3:1)
  %b = "stablehlo.exponential"(%a) {remat.keep} : (tensor<1024xf32>) -> tensor<1024xf32>
  %c = "foreign.sine"(%b) : (tensor<1024xf32>) -> tensor<1024xf32> loc("model.py":5:1)
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
