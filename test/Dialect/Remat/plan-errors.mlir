// Below the floor: the op that sets it, and what is live there.
// RUN: rm -f %t.json %t.mlir
// RUN: not remat-opt %s --remat-plan="budget=9KiB plan-output=%t.json" -o %t.mlir 2>&1 | FileCheck %s --check-prefix=FLOOR
// RUN: not ls %t.mlir
// RUN: FileCheck %s --input-file=%t.json --check-prefix=WITNESS
// WITNESS: "floor":16384
// FLOOR: plan-errors.mlir:{{[0-9]+}}:1: error: no plan fits the budget 9216 B (9 KiB), scope total: it is below the floor 16384 B (16 KiB); the smallest peak that best effort=default reaches is 16384 B (16 KiB); raise the budget to that, or set it to min
// FLOOR: model.py:14:3: note: stablehlo.multiply %7 (model.py:14) sets the floor: its inputs and results are live together
// FLOOR: plan-errors.mlir:{{[0-9]+}}:17: note: live there: %arg0, 4096 B (4 KiB), an argument
// FLOOR: note: live there: %2, 4096 B (4 KiB), from stablehlo.sine %2 (model.py:9)

// Where the outputs need more than any op.
// RUN: sed -e 's/return %loss, %ga : tensor<f32>, /return %loss, %a, %b, %c, %gb, %ga : tensor<f32>, tensor<1024xf32>, tensor<1024xf32>, tensor<1024xf32>, tensor<1024xf32>, /' -e 's/-> (tensor<f32>, /-> (tensor<f32>, tensor<1024xf32>, tensor<1024xf32>, tensor<1024xf32>, tensor<1024xf32>, /' %s | not remat-opt --remat-plan="budget=9KiB" 2>&1 | FileCheck %s --check-prefix=OUTPUTS
// OUTPUTS: error: no plan fits the budget 9216 B (9 KiB), scope total: it is below the floor 24580 B (24 KiB)
// OUTPUTS: note: the outputs set the floor: they are live together at the end{{$}}
// OUTPUTS: note: live there: %arg0, 4096 B (4 KiB), an argument

// Above the floor, below what the strategy reaches.
// RUN: not remat-opt %s --remat-plan="budget=80%% strategy=kusumoto" 2>&1 | FileCheck %s --check-prefix=REACH
// REACH: error: found no plan that fits the budget 19664 B (19.2 KiB), scope total: the floor is 16384 B (16 KiB); the smallest peak that kusumoto {{.*}} reaches is 20484 B (20 KiB)
// REACH: note: {{.*}} is where most is live

// RUN: not remat-opt %s --remat-plan 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: no budget is given; use budget=8GiB, budget=50% or budget=min
// RUN: not remat-opt %s --remat-plan=budget=0 2>&1 | FileCheck %s --check-prefix=ZERO
// ZERO: plan-errors.mlir:{{[0-9]+}}:1: error: budget '0' is zero; write bytes with or without a unit (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB), a percentage such as 50%, or min{{$}}
// RUN: not remat-opt %s --remat-plan=budget=lots 2>&1 | FileCheck %s --check-prefix=WORD
// WORD: plan-errors.mlir:{{[0-9]+}}:1: error: budget 'lots' is not an amount; write bytes with or without a unit (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB), a percentage such as 50%, or min{{$}}
// RUN: not remat-opt %s --remat-plan="budget=min cost=abacus" 2>&1 | FileCheck %s --check-prefix=COST
// COST: error: unknown cost table 'abacus'; known are h100, {{.*}}paper
// RUN: not remat-opt %s --remat-plan="budget=min strategy=magic" 2>&1 | FileCheck %s --check-prefix=STRATEGY
// STRATEGY: remat-opt: for the --strategy option: Cannot find option named 'magic'!{{$}}
// RUN: not remat-opt %s --remat-plan="budget=min loss=7" 2>&1 | FileCheck %s --check-prefix=LOSS
// LOSS: error: there is no result 7 to take as the loss: @main returns 2 results, numbered from 0{{$}}
// RUN: not remat-opt %s --remat-plan="budget=min loss=1" 2>&1 | FileCheck %s --check-prefix=VECTOR
// VECTOR: error: result 1 of @main is 'tensor<1024xf32>', but a loss is a scalar float; the scalar float results are: 0{{$}}
// RUN: not remat-opt %s --remat-plan="budget=min loss=4294967296" 2>&1 | FileCheck %s --check-prefix=WIDE
// RUN: not remat-opt %s --remat-print-graph=loss=4294967296 2>&1 | FileCheck %s --check-prefix=WIDE
// WIDE: error: there is no result 4294967296 to take as the loss: @main returns 2 results, numbered from 0{{$}}
// RUN: not remat-opt %s --remat-plan="budget=min loss=-2" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not remat-opt %s --remat-print-graph=loss=-2 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// NEGATIVE: error: loss=-2 is no result; results are numbered from 0, and -1 looks for the loss{{$}}
// RUN: not remat-opt %s --remat-plan="budget=min memory-model=xla fold-free=false" 2>&1 | FileCheck %s --check-prefix=FOLD
// RUN: not remat-opt %s --remat-plan="budget=min memory-model=xla-tpu fold-free=false" 2>&1 | FileCheck %s --check-prefix=FOLDTPU
// FOLDTPU: error: fold-free=false and memory-model=xla-tpu do not go together
// FOLD: error: fold-free=false and memory-model=xla do not go together: only the model program can do without folding; drop one of them{{$}}
// RUN: not remat-opt %s --remat-plan="budget=min problem-file=%t.missing/problem.json" 2>&1 | FileCheck %s --check-prefix=FOLDER
// FOLDER: error: cannot write '{{.*}}.missing/problem.json'

// No backward, a dynamic shape, a call that was not inlined.
// RUN: not remat-opt %s --remat-plan="budget=min memory-model=xla" 2>&1 | FileCheck %s --check-prefix=BACKWARD
// BACKWARD: error: there is no backward to plan for
// RUN: sed 's/1024xf32/?xf32/g' %s | not remat-opt --remat-plan=budget=min 2>&1 | FileCheck %s --check-prefix=DYNAMIC
// DYNAMIC: error: argument 0 has type 'tensor<?xf32>', whose size is not known
// RUN: sed 's/"stablehlo.sine"(%b)/func.call @f(%b)/' %s | not remat-opt --remat-plan=budget=min 2>&1 | FileCheck %s --check-prefix=CALL
// CALL: model.py:9:3: error: calls must be inlined before planning, here the call of @f; run the pass 'remat-inline' first{{$}}

func.func private @f(%x: tensor<1024xf32>) -> tensor<1024xf32> {
  return %x : tensor<1024xf32>
}
func.func @main(%x: tensor<1024xf32>) -> (tensor<f32>, tensor<1024xf32>) {
  %a = "stablehlo.tanh"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %b = "stablehlo.exponential"(%a) : (tensor<1024xf32>) -> tensor<1024xf32>
  %c = "stablehlo.sine"(%b) : (tensor<1024xf32>) -> tensor<1024xf32> loc("model.py":9:3)
  %d = "stablehlo.cosine"(%c) : (tensor<1024xf32>) -> tensor<1024xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%d, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<1024xf32>, tensor<f32>) -> tensor<f32>
  %gd = "stablehlo.negate"(%d) : (tensor<1024xf32>) -> tensor<1024xf32>
  %gc = "stablehlo.multiply"(%gd, %c) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32> loc("model.py":14:3)
  %gb = "stablehlo.multiply"(%gc, %b) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %ga = "stablehlo.multiply"(%gb, %a) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  return %loss, %ga : tensor<f32>, tensor<1024xf32>
}
