// Each of two late values may die before the other is made: a plan in that order.
// RUN: remat-opt %s --remat-plan="budget=70%% budget-scope=temporaries order=reorder problem-file=%t.problem.json plan-output=%t.plan.json" -o %t.mlir
// RUN: FileCheck %s --check-prefix=PLAN --input-file=%t.mlir
// PLAN: #remat.plan<{{.*}}, budget = 8601, peak = 8192, plain_peak = 12288, {{.*}}, order = [0, 1, 2, 3, 4, 8, 7, 9], insertions = []>
// In base order it takes a recomputation, or does not fit.
// RUN: remat-opt %s --remat-plan="budget=70%% budget-scope=temporaries" | FileCheck %s --check-prefix=BASE
// BASE-NOT: order =
// BASE: insertions = [{

// Moved ops, and folded ones before the first that reads them.
// RUN: remat-opt %t.mlir --remat-apply -o %t.applied.mlir
// RUN: FileCheck %s --check-prefix=APPLY --input-file=%t.applied.mlir
// APPLY: %[[GA:.*]] = "stablehlo.sine"
// APPLY-NEXT: %[[GB:.*]] = "stablehlo.cosine"(%[[GA]])
// APPLY-NEXT: %[[NB:.*]] = "stablehlo.dot_general"(%[[GB]], %[[GB]])
// APPLY-NEXT: %[[K:.*]] = "stablehlo.constant"
// APPLY-NEXT: %[[KB:.*]] = "stablehlo.broadcast_in_dim"(%[[K]])
// APPLY-NEXT: %[[GC:.*]] = "stablehlo.multiply"(%[[GA]], %[[KB]])
// APPLY-NEXT: %[[NC:.*]] = "stablehlo.dot_general"(%[[GC]], %[[GC]])
// APPLY-NEXT: return %{{.*}}, %[[NB]], %[[NC]]

// The moved program is proven equal, alone and in the pipeline; a wrong one is not.
// RUN: remat-opt %t.applied.mlir --remat-verify=reference=%s -o /dev/null
// RUN: remat-opt %s --remat="budget=70%% budget-scope=temporaries order=reorder target=xla-gpu" | FileCheck %s --check-prefix=APPLY
// RUN: sed 's/stablehlo.cosine/stablehlo.sine/' %t.applied.mlir > %t.wrong.mlir
// RUN: not remat-opt %t.wrong.mlir --remat-verify=reference=%s -o /dev/null 2>&1 | FileCheck %s --check-prefix=WRONG
// WRONG: @main is not equivalent to the reference: result 1 differs

// The other spellings of the plan say the same.
// RUN: FileCheck %s --check-prefix=JSON --input-file=%t.plan.json
// JSON: "order": "reorder",
// JSON: "schedule": [0,1,2,3,4,8,7,9]
// RUN: remat-opt %s --remat-plan="plan-file=%t.plan.json budget-scope=temporaries plan-output=%t.again.json" -o %t.again.mlir
// RUN: diff %t.mlir %t.again.mlir
// RUN: diff %t.plan.json %t.again.json
// RUN: remat-plan %t.problem.json --budget=70%% --order=reorder -o %t.tool.json
// RUN: diff %t.plan.json %t.tool.json
// RUN: remat-plan %t.problem.json --verify=%t.plan.json
// RUN: not remat-opt %s --remat-plan="plan-file=%t.plan.json order=reorder budget-scope=temporaries" -o /dev/null 2>&1 | FileCheck %s --check-prefix=IDLE
// IDLE: the option 'order' do not go together

func.func @main(%x: tensor<1024xf32>) -> (tensor<f32>, tensor<f32>, tensor<f32>) {
  %a = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %b = "stablehlo.exponential"(%a) : (tensor<1024xf32>) -> tensor<1024xf32>
  %loss = "stablehlo.dot_general"(%b, %b) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<f32>
  %ga = "stablehlo.sine"(%b) : (tensor<1024xf32>) -> tensor<1024xf32>
  %gb = "stablehlo.cosine"(%ga) : (tensor<1024xf32>) -> tensor<1024xf32>
  %k = "stablehlo.constant"() <{value = dense<2.0> : tensor<f32>}> : () -> tensor<f32>
  %kb = "stablehlo.broadcast_in_dim"(%k) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1024xf32>
  %gc = "stablehlo.multiply"(%ga, %kb) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %nb = "stablehlo.dot_general"(%gb, %gb) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<f32>
  %nc = "stablehlo.dot_general"(%gc, %gc) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<f32>
  return %loss, %nb, %nc : tensor<f32>, tensor<f32>, tensor<f32>
}
