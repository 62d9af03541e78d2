// RUN: not remat-opt %s --remat-encode="target=xla-cpu order-backward=true" 2>&1 | FileCheck %s --check-prefix=ORDER
// RUN: not remat-opt %s --remat-encode="order-updates=true" 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not remat-opt %s --remat-encode="target=xla-cpu tie-accumulations=true" 2>&1 | FileCheck %s --check-prefix=CPU
// RUN: not remat-opt %s --remat-encode="target=xla-cpu pins=masks" 2>&1 | FileCheck %s --check-prefix=MASKS
// RUN: not remat-opt %s --remat-encode="target=xla-gpu pins=kept loss=-2" 2>&1 | FileCheck %s --check-prefix=LOSS
// RUN: not remat-opt %s --remat-encode="target=xla-gpu pins=kept loss=1" 2>&1 | FileCheck %s --check-prefix=NOLOSS
// RUN: sed 's/x: tensor<8xf32>/& {tf.aliasing_output = 1 : i32}/' %s > %t
// RUN: not remat-opt %t --remat-encode="target=xla-gpu order-updates=true" 2>&1 | FileCheck %s --check-prefix=DONOR

// ORDER: error: order-backward=true is made of barriers, which target=xla-cpu has no use for
// NONE: error: order-updates=true is made of barriers, which target=none has no use for; use target=xla-gpu or xla-tpu, or leave the option out
// CPU: error: tie-accumulations=true is made of barriers, which target=xla-cpu has no use for
// MASKS: error: pins=masks is made of barriers, which target=xla-cpu has no use for
// LOSS: error: loss=-2 is no result; results are numbered from 0, and -1 looks for the loss
// NOLOSS: error: there is no result 1 to take as the loss: @main returns 1 results, numbered from 0
// DONOR: error: argument 0 has tf.aliasing_output = 1, but @main returns 1 results
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = "stablehlo.tanh"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
