// RUN: remat-opt %s --remat-inline --mlir-print-debuginfo | FileCheck %s

// CHECK: "stablehlo.tanh"(%{{.*}}) : (tensor<8xf32>) -> tensor<8xf32> loc(#[[ALL:.*]])
// CHECK-DAG: #[[TANH:.*]] = loc("tanh"(
// CHECK-DAG: #[[CALL:.*]] = loc("call"(
// CHECK-DAG: #[[OUTER:.*]] = loc("outer"(
// CHECK-DAG: #[[INNER:.*]] = loc(callsite(#[[TANH]] at #[[CALL]]))
// CHECK-DAG: #[[ALL]] = loc(callsite(#[[INNER]] at #[[OUTER]]))
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = func.call @layer(%x) : (tensor<8xf32>) -> tensor<8xf32> loc("outer"("model.py":3:1))
  return %0 : tensor<8xf32>
}
func.func private @layer(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = func.call @act(%x) : (tensor<8xf32>) -> tensor<8xf32> loc("call"("model.py":2:1))
  return %0 : tensor<8xf32>
}
func.func private @act(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = "stablehlo.tanh"(%x) : (tensor<8xf32>) -> tensor<8xf32> loc("tanh"("model.py":1:1))
  return %0 : tensor<8xf32>
}
