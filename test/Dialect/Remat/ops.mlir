// RUN: remat-opt %s --verify-roundtrip | FileCheck %s
// RUN: remat-opt %s --mlir-print-op-generic | remat-opt | FileCheck %s

// CHECK-LABEL: func.func @one_value(
// CHECK-SAME: %[[X:.*]]: tensor<8xf32>
func.func @one_value(%x: tensor<8xf32>) -> tensor<8xf32> {
  // CHECK: remat.recompute (%[[KEPT:.*]] = %[[X]] : tensor<8xf32>) {
  // CHECK-NEXT: %[[Y:.*]] = "stablehlo.tanh"(%[[KEPT]])
  // CHECK-NEXT: remat.yield %[[Y]] : tensor<8xf32>
  // CHECK-NEXT: }
  %y = remat.recompute (%kept = %x : tensor<8xf32>) {
    %0 = "stablehlo.tanh"(%kept) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  return %y : tensor<8xf32>
}

// CHECK-LABEL: func.func @two_results_after_a_trigger(
// CHECK-SAME: %[[X:.*]]: tensor<8xf32>, %[[W:.*]]: tensor<4xf32>, %[[G:.*]]: tensor<f32>
func.func @two_results_after_a_trigger(%x: tensor<8xf32>, %w: tensor<4xf32>, %g: tensor<f32>)
    -> (tensor<8xf32>, tensor<4xf32>) {
  // CHECK: %[[R:.*]]:2 = remat.recompute (%[[A:.*]] = %[[X]] : tensor<8xf32>, %[[B:.*]] = %[[W]] : tensor<4xf32>)
  // CHECK-SAME: after (%[[G]] : tensor<f32>) attributes {note = "kept"} {
  // CHECK: remat.yield %{{.*}}, %{{.*}} : tensor<8xf32>, tensor<4xf32>
  // CHECK: return %[[R]]#0, %[[R]]#1
  %r:2 = remat.recompute (%a = %x : tensor<8xf32>, %b = %w : tensor<4xf32>) after (%g : tensor<f32>)
      attributes {note = "kept"} {
    %0 = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
    %1 = "stablehlo.negate"(%b) : (tensor<4xf32>) -> tensor<4xf32>
    remat.yield %0, %1 : tensor<8xf32>, tensor<4xf32>
  }
  return %r#0, %r#1 : tensor<8xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @no_inputs
func.func @no_inputs() -> tensor<8xi32> {
  // CHECK: remat.recompute () {
  %y = remat.recompute () {
    %0 = "stablehlo.iota"() <{iota_dimension = 0 : i64}> : () -> tensor<8xi32>
    remat.yield %0 : tensor<8xi32>
  }
  return %y : tensor<8xi32>
}

// A plan by hand is nothing but its insertions; the rest has defaults.
// CHECK-LABEL: func.func @plan_by_hand
// CHECK-SAME: remat.plan = #remat.plan<version = 1, memory_model = "program", fold_free = true, scope = "total", insertions = [{before = 1, ops = [0]}]>
func.func @plan_by_hand(%x: tensor<8xf32>) -> tensor<8xf32>
    attributes {remat.plan = #remat.plan<insertions = [{before = 1, ops = [0]}]>} {
  %0 = "stablehlo.tanh"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// CHECK-LABEL: func.func @full_plan
// CHECK-SAME: #remat.plan<version = 1, memory_model = "xla", fold_free = false, loss = 2, scope = "non-arguments", budget = 100, peak = 90, plain_peak = 120, cost = 7, base_cost = 5, cost_unit = "femtoseconds", cost_table = "a100", insertions = [{before = 1, ops = [0, 0]}, {before = 2, ops = [1, 0]}]>
func.func @full_plan(%x: tensor<8xf32>) -> tensor<8xf32>
    attributes {remat.plan = #remat.plan<version = 1, memory_model = xla, fold_free = false,
      loss = 2, scope = "non-arguments", budget = 100, peak = 90, plain_peak = 120, cost = 7,
      base_cost = 5, cost_unit = femtoseconds, cost_table = a100,
      insertions = [{before = 1, ops = [0, 0]}, {before = 2, ops = [1, 0]}]>} {
  %0 = "stablehlo.tanh"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  %1 = "stablehlo.tanh"(%0) : (tensor<8xf32>) -> tensor<8xf32>
  return %1 : tensor<8xf32>
}

// CHECK: "test.holder"() {insertion = #remat.insertion<before = 12, ops = [3, 4]>}
"test.holder"() {insertion = #remat.insertion<before = 12, ops = [3, 4]>} : () -> ()
