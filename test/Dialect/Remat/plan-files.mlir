// The three spellings of a plan say the same: the attribute, plan.json, and the
// struct between them. problem.json is what remat-plan works on.
// RUN: remat-opt %s --remat-plan="budget=min strategy=kusumoto problem-file=%t.problem.json plan-output=%t.plan.json" -o %t.mlir
// RUN: remat-opt %s --remat-plan="plan-file=%t.plan.json plan-output=%t.again.json" -o %t.again.mlir
// RUN: diff %t.mlir %t.again.mlir
// RUN: diff %t.plan.json %t.again.json
// RUN: FileCheck %s --input-file=%t.plan.json
// RUN: remat-plan %t.problem.json --strategy=kusumoto --budget=min -o %t.tool.json
// RUN: diff %t.plan.json %t.tool.json
// RUN: remat-plan %t.problem.json --verify=%t.plan.json
// RUN: remat-opt %t.mlir --remat-apply | FileCheck %s --check-prefix=APPLY

// CHECK-DAG: "schedule": [0,1,2,3,5,6,7,8,0,9]
// CHECK-DAG: "peak": 20484
// APPLY: remat.recompute

// A plan of another problem, a plan that does not hold, false claims, no plan, no file.
// RUN: sed 's/"schedule": .0,/"schedule": [/' %t.plan.json > %t.broken.json
// RUN: not remat-opt %s --remat-plan="plan-file=%t.broken.json" 2>&1 | FileCheck %s --check-prefix=BROKEN
// BROKEN: plan-files.mlir:{{[0-9]+}}:1: error: '{{.*}}.broken.json' is a plan that does not hold: R4: step 0 executes stablehlo.exponential %1 ({{.*}}plan-files.mlir:{{[0-9]+}}), whose input from stablehlo.tanh %0 ({{.*}}plan-files.mlir:{{[0-9]+}}) was not executed before{{$}}
// RUN: sed 's/"plain_peak": [0-9]*/"plain_peak": 24579/' %t.plan.json > %t.boast.json
// RUN: not remat-opt %s --remat-plan="plan-file=%t.boast.json" 2>&1 | FileCheck %s --check-prefix=BOAST
// BOAST: plan-files.mlir:{{[0-9]+}}:1: error: '{{.*}}.boast.json' is a plan that does not hold: plain_peak: the plan says 24579 B (24 KiB), but the base order peaks at 24580 B (24 KiB){{$}}
// RUN: sed 's/"overhead": [0-9.e-]*/"overhead": 0/' %t.plan.json > %t.free.json
// RUN: not remat-opt %s --remat-plan="plan-file=%t.free.json" 2>&1 | FileCheck %s --check-prefix=FREE
// FREE: error: '{{.*}}.free.json' is a plan that does not hold: overhead: the plan says 0, expected {{0\.[0-9]+$}}
// RUN: sed 's/"plain_peak"/"budget": 20000, "plain_peak"/' %t.plan.json > %t.tight.json
// RUN: not remat-opt %s --remat-plan="plan-file=%t.tight.json budget=90%%" 2>&1 | FileCheck %s --check-prefix=TIGHT
// TIGHT: error: '{{.*}}.tight.json' is a plan that does not hold: budget: the plan says 20000 B ({{.*}}), but peaks at 20484 B (
// RUN: sed 's/"time_us": [0-9.e-]*/"time_us": "soon"/' %t.plan.json > %t.word.json
// RUN: not remat-opt %s --remat-plan="plan-file=%t.word.json" 2>&1 | FileCheck %s --check-prefix=WORD
// WORD: error: {{.*}}.word.json: time_us: {{.*}}soon
// RUN: sed 's/"schedule": .0,/"schedule": [77,/' %t.plan.json > %t.foreign.json
// RUN: not remat-opt %s --remat-plan="plan-file=%t.foreign.json" 2>&1 | FileCheck %s --check-prefix=FOREIGN
// FOREIGN: plan-files.mlir:{{[0-9]+}}:1: error: {{.*}}.foreign.json: schedule[0]: op id 77 does not exist in the problem{{$}}
// RUN: not remat-opt %s --remat-plan="plan-file=%t.plan.json budget-scope=temporaries" 2>&1 | FileCheck %s --check-prefix=SCOPE
// SCOPE: plan-files.mlir:{{[0-9]+}}:1: error: {{.*}}.plan.json: scope: the plan was made for "total", but this problem has "temporaries"{{$}}
// RUN: not remat-opt %s --remat-plan="plan-file=%t.missing.json" 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: error: cannot read plan '{{.*}}.missing.json': No such file or directory
// RUN: not remat-opt %s --remat-plan="budget=min plan-output=%t.folder.missing/plan.json" 2>&1 | FileCheck %s --check-prefix=FOLDER
// FOLDER: error: cannot write '{{.*}}.folder.missing/plan.json': {{.*}}No such file or directory
// RUN: remat-plan %t.problem.json --budget=1000 -o %t.refused.json || true
// RUN: not remat-opt %s --remat-plan="plan-file=%t.refused.json" 2>&1 | FileCheck %s --check-prefix=REFUSED
// REFUSED: error: '{{.*}}.refused.json' holds no plan: its status is infeasible{{$}}

// A budget holds a plan that is read too; options that make plans have no say.
// RUN: remat-opt %s --remat-plan="plan-file=%t.plan.json budget=20484" | FileCheck %s --check-prefix=HELD
// HELD: budget = 20484, peak = 20484
// RUN: remat-opt %s --remat-plan="plan-file=%t.plan.json budget=90%%" | FileCheck %s --check-prefix=SHARE
// SHARE: budget = 22122, peak = 20484

// What is proven for a budget is not proven for a larger one.
// RUN: remat-opt %s --remat-plan="budget=20484 plan-output=%t.best.json" -o %t.best.mlir
// RUN: FileCheck %s --check-prefix=PROVEN --input-file=%t.best.json
// PROVEN: "status": "optimal"
// RUN: remat-opt %s --remat-plan="plan-file=%t.best.json budget=90%% plan-output=%t.wider.json" -o %t.wider.mlir
// RUN: FileCheck %s --check-prefix=WIDER --input-file=%t.wider.json
// WIDER: "status": "feasible"
// WIDER: "stop_reason": "the plan was made for the budget 20484 B (20 KiB)"
// WIDER: "base_cost": [[COST:[0-9]+]],
// WIDER: "bound": [[COST]],
// RUN: remat-plan %t.problem.json --verify=%t.wider.json
// RUN: rm -f %t.small.mlir
// RUN: not remat-opt %s --remat-plan="plan-file=%t.plan.json budget=20483" -o %t.small.mlir 2>&1 | FileCheck %s --check-prefix=SMALL
// SMALL: error: '{{.*}}.plan.json' is a plan that does not hold: R7: the schedule's peak 20484 B (20 KiB) exceeds the budget 20483 B (20 KiB){{$}}
// RUN: not ls %t.small.mlir
// RUN: not remat-opt %s --remat-plan="plan-file=%t.plan.json budget=min" 2>&1 | FileCheck %s --check-prefix=LEAST
// LEAST: error: plan-file='{{.*}}.plan.json' and budget=min do not go together: a plan that is read has its peak; give bytes or a percentage to hold it to{{$}}
// RUN: not remat-opt %s --remat-plan="plan-file=%t.plan.json strategy=kusumoto" 2>&1 | FileCheck %s --check-prefix=MADE -DOPTION=strategy
// RUN: not remat-opt %s --remat-plan="plan-file=%t.plan.json effort=fast" 2>&1 | FileCheck %s --check-prefix=MADE -DOPTION=effort
// RUN: not remat-opt %s --remat-plan="plan-file=%t.plan.json family=exact" 2>&1 | FileCheck %s --check-prefix=MADE -DOPTION=family
// RUN: not remat-opt %s --remat-plan="plan-file=%t.plan.json objective=time" 2>&1 | FileCheck %s --check-prefix=MADE -DOPTION=objective
// RUN: not remat-opt %s --remat-plan="plan-file=%t.plan.json last-segment=keep" 2>&1 | FileCheck %s --check-prefix=MADE -DOPTION=last-segment
// RUN: not remat-opt %s --remat-plan="plan-file=%t.plan.json granularity=op" 2>&1 | FileCheck %s --check-prefix=MADE -DOPTION=granularity
// MADE: error: plan-file='{{.*}}.plan.json' and the option '[[OPTION]]' do not go together: a plan that is read is not made; drop one of them{{$}}

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
