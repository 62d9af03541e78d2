// RUN: remat-opt %s --remat-plan=budget=min | FileCheck %s --check-prefixes=CHECK,BEST
// RUN: remat-opt %s --remat-plan="budget=min strategy=best effort=default" | FileCheck %s --check-prefixes=CHECK,BEST
// RUN: remat-opt %s --remat-plan="budget=20484 effort=fast" | FileCheck %s --check-prefixes=CHECK,BYTES
// RUN: remat-opt %s --remat-plan="budget=20484 effort=max" | FileCheck %s --check-prefixes=CHECK,BYTES
// RUN: remat-opt %s --remat-plan="budget=min strategy=kusumoto" | FileCheck %s --check-prefixes=CHECK,MIN
// RUN: remat-opt %s --remat-plan=budget=100%% | FileCheck %s --check-prefixes=CHECK,ALL
// RUN: remat-opt %s --remat-plan=budget=20484 | FileCheck %s --check-prefixes=CHECK,BYTES
// RUN: remat-opt %s --remat-plan=strategy=none | FileCheck %s --check-prefixes=CHECK,PLAIN
// RUN: remat-opt %s --remat-plan="budget=min strategy=kusumoto budget-scope=temporaries" | FileCheck %s --check-prefixes=CHECK,TEMP
// RUN: remat-opt %s --remat-plan="budget=min strategy=kusumoto cost=paper fold-free=false loss=0" | FileCheck %s --check-prefixes=CHECK,PAPER
// RUN: remat-opt %s --remat-plan="budget=min strategy=chen" | FileCheck %s --check-prefixes=CHECK,MIN
// RUN: remat-opt %s --remat-plan="budget=min strategy=kusumoto family=exact objective=memory last-segment=recompute granularity=op cost=paper" | FileCheck %s --check-prefixes=CHECK,LAST

// Arguments 4096 B, outputs 4 + 4096 B. At the plain peak a, b, c, d and one
// gradient are live with them; op 0 again saves one of them for one tanh more.

// The default strategy goes down to the floor, the working set of op 8.
// BEST: scope = "total", peak = 16384, plain_peak = 24580, {{.*}}, insertions = [{before = 8,
// MIN: remat.plan = #remat.plan<version = 1, memory_model = "program", fold_free = true, scope = "total", peak = 20484, plain_peak = 24580, cost = [[COST:[0-9]+]], base_cost = {{[0-9]+}}, cost_unit = "femtoseconds", cost_table = "h100", insertions = [{before = 9, ops = [0]}]>
// ALL: budget = 24580, peak = 24580, plain_peak = 24580, cost = [[COST:[0-9]+]], base_cost = [[COST]],
// ALL-SAME: insertions = []
// BYTES: budget = 20484, peak = 20484, {{.*}}, insertions = [{before = {{[0-9]+}}, ops = [{{[0-9]+}}]}]
// PLAIN: scope = "total", peak = 24580, plain_peak = 24580, {{.*}}, insertions = []
// TEMP: scope = "temporaries", peak = 16384, plain_peak = 20480, {{.*}}, insertions = [{before = 9, ops = [0]}]
// PAPER: fold_free = false, loss = 0, scope = "total", peak = 20484, {{.*}}, cost = 11, base_cost = 10, cost_unit = "units", cost_table = "paper", insertions = [{before = 9, ops = [0]}]
// LAST: peak = 20484, {{.*}}, cost = 12, base_cost = 9, cost_unit = "units", cost_table = "paper", insertions = [{before = 6, ops = [2, 3]}, {before = 9, ops = [0]}]

// The program itself is not changed.
// CHECK: "stablehlo.tanh"
// CHECK-NOT: remat.recompute
// CHECK-NOT: "stablehlo.tanh"
func.func @main(%x: tensor<1024xf32>) -> (tensor<f32>, tensor<1024xf32>) {
  %a = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %b = "stablehlo.exponential"(%a) : (tensor<1024xf32>) -> tensor<1024xf32>
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
