// family=exact refuses forwards with too many lower sets. Where that is why no plan
// fits, the error says it, in the pass, in plan.json and in remat-plan.
// RUN: not remat-opt %s --remat-plan="budget=95%% strategy=kusumoto family=exact granularity=op plan-output=%t.json problem-file=%t.problem.json" 2>&1 | FileCheck %s
// RUN: FileCheck %s --input-file=%t.json
// RUN: not remat-plan %t.problem.json --budget=95%% --strategy=kusumoto --family=exact --granularity=op -o %t.tool.json 2>&1 | FileCheck %s
// CHECK: found no plan that fits the budget {{.*}}, scope total: the floor is {{[0-9]+}} B ({{.*}}); family=exact was not searched, for the forward has more than 30000 lower sets on its {{[0-9]+}} nodes: use family=approx or a coarser granularity; the smallest peak that kusumoto family=exact {{.*}} reaches is

// The other family fits.
// RUN: remat-opt %s --remat-plan="budget=95%% strategy=kusumoto family=approx granularity=op" -o %t.mlir

func.func @main(%x: tensor<1024xf32>) -> (tensor<f32>, tensor<1024xf32>) {
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %t0 = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %t1 = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %t2 = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %t3 = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %t4 = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %t5 = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %t6 = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %t7 = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %t8 = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %t9 = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %t10 = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %t11 = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %t12 = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %t13 = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %t14 = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %s1 = "stablehlo.add"(%t0, %t1) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %s2 = "stablehlo.add"(%s1, %t2) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %s3 = "stablehlo.add"(%s2, %t3) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %s4 = "stablehlo.add"(%s3, %t4) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %s5 = "stablehlo.add"(%s4, %t5) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %s6 = "stablehlo.add"(%s5, %t6) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %s7 = "stablehlo.add"(%s6, %t7) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %s8 = "stablehlo.add"(%s7, %t8) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %s9 = "stablehlo.add"(%s8, %t9) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %s10 = "stablehlo.add"(%s9, %t10) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %s11 = "stablehlo.add"(%s10, %t11) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %s12 = "stablehlo.add"(%s11, %t12) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %s13 = "stablehlo.add"(%s12, %t13) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %s14 = "stablehlo.add"(%s13, %t14) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %loss = "stablehlo.reduce"(%s14, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<1024xf32>, tensor<f32>) -> tensor<f32>
  %g0 = "stablehlo.multiply"(%x, %t0) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %g1 = "stablehlo.multiply"(%g0, %t1) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %g2 = "stablehlo.multiply"(%g1, %t2) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %g3 = "stablehlo.multiply"(%g2, %t3) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %g4 = "stablehlo.multiply"(%g3, %t4) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %g5 = "stablehlo.multiply"(%g4, %t5) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %g6 = "stablehlo.multiply"(%g5, %t6) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %g7 = "stablehlo.multiply"(%g6, %t7) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %g8 = "stablehlo.multiply"(%g7, %t8) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %g9 = "stablehlo.multiply"(%g8, %t9) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %g10 = "stablehlo.multiply"(%g9, %t10) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %g11 = "stablehlo.multiply"(%g10, %t11) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %g12 = "stablehlo.multiply"(%g11, %t12) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %g13 = "stablehlo.multiply"(%g12, %t13) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %g14 = "stablehlo.multiply"(%g13, %t14) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  return %loss, %g14 : tensor<f32>, tensor<1024xf32>
}
