// RUN: remat-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{insertion before op 3 runs op 3, which has not run before}}
"test.holder"() {plan = #remat.plan<insertions = [{before = 3, ops = [3]}]>} : () -> ()

// -----

// expected-error @below {{insertion before op 3 runs op -1: a position is not negative}}
"test.holder"() {plan = #remat.plan<insertions = [{before = 3, ops = [-1]}]>} : () -> ()

// -----

// expected-error @below {{insertion before op -3: a position is not negative}}
"test.holder"() {plan = #remat.plan<insertions = [{before = -3, ops = [0]}]>} : () -> ()

// -----

// expected-error @below {{insertion before op 3 runs no op}}
"test.holder"() {plan = #remat.plan<insertions = [{before = 3, ops = []}]>} : () -> ()

// -----

// expected-error @below {{insertions stand by ascending position, but 3 follows 4}}
"test.holder"() {plan = #remat.plan<insertions = [{before = 4, ops = [1]}, {before = 3, ops = [1]}]>} : () -> ()

// -----

// expected-error @below {{the order of a plan lists op 2 twice}}
"test.holder"() {plan = #remat.plan<order = [2, 1, 2], insertions = []>} : () -> ()

// -----

// expected-error @below {{the order of a plan lists op -2: a position is not negative}}
"test.holder"() {plan = #remat.plan<order = [-2], insertions = []>} : () -> ()

// -----

// expected-error @below {{insertion before op 1 runs op 2, which has not run before}}
"test.holder"() {plan = #remat.plan<order = [0, 1, 2], insertions = [{before = 1, ops = [2]}]>} : () -> ()

// -----

// expected-error @below {{insertion before op 1 runs op 3, which has not run before}}
"test.holder"() {plan = #remat.plan<order = [0, 1, 2], insertions = [{before = 1, ops = [3]}]>} : () -> ()

// -----

// expected-error @below {{insertions stand in the plan's order, but the one before op 2 follows a later one}}
"test.holder"() {plan = #remat.plan<order = [0, 2, 1], insertions = [{before = 1, ops = [0]}, {before = 2, ops = [0]}]>} : () -> ()

// -----

// expected-error @below {{a plan has no field 'insertion'; known are version, memory_model, fold_free, loss, scope, budget, peak, plain_peak, cost, base_cost, cost_unit, cost_table, order, insertions}}
"test.holder"() {plan = #remat.plan<insertion = []>} : () -> ()

// -----

// expected-error @below {{field 'peak' is given twice}}
"test.holder"() {plan = #remat.plan<peak = 3, peak = 3>} : () -> ()

// -----

// expected-error @below {{peak -3 of a plan is negative}}
"test.holder"() {plan = #remat.plan<peak = -3>} : () -> ()

// -----

// expected-error @below {{plan version 2 is not supported; this build reads version 1}}
"test.holder"() {plan = #remat.plan<version = 2>} : () -> ()

// -----

// expected-error @below {{unknown memory_model 'tpu'; known are program, arena, xla and xla-tpu}}
"test.holder"() {plan = #remat.plan<memory_model = tpu>} : () -> ()

// -----

// expected-error @below {{unknown scope 'all'; known are total, non-arguments, temporaries}}
"test.holder"() {plan = #remat.plan<scope = all>} : () -> ()

// -----

// expected-error @below {{unknown cost_unit 'hours'; known are femtoseconds, units}}
"test.holder"() {plan = #remat.plan<cost_unit = hours>} : () -> ()

// -----

// expected-error @below {{unknown cost_table 'abacus'; known are h100, h200, a100, tpu-v5p, host, judge, paper}}
"test.holder"() {plan = #remat.plan<cost = 3, cost_table = abacus>} : () -> ()

// -----

// expected-error @below {{a plan that promises a cost or base_cost names its cost_table; known are h100, h200, a100, tpu-v5p, host, judge, paper}}
"test.holder"() {plan = #remat.plan<base_cost = 3>} : () -> ()

// -----

// expected-error @below {{cost_unit of a plan is units, but costs of the cost_table 'h100' are femtoseconds}}
"test.holder"() {plan = #remat.plan<cost_unit = units, cost_table = h100>} : () -> ()

// -----

// expected-error @below {{unknown fold_free 'maybe'; known are true and false}}
"test.holder"() {plan = #remat.plan<fold_free = maybe>} : () -> ()

// -----

// expected-error @below {{expected integer value}}
"test.holder"() {plan = #remat.plan<peak = many>} : () -> ()

// -----

// expected-error @below {{attribute 'remat.plan' belongs on a function, not on 'test.holder'}}
"test.holder"() {remat.plan = #remat.plan<insertions = []>} : () -> ()

// -----

// expected-error @below {{attribute 'remat.plan' is a #remat.plan, not 3 : i64}}
func.func @main() attributes {remat.plan = 3} {
  return
}

// -----

// expected-error @below {{attribute 'remat.clones' is an integer, not "many"}}
func.func @main() attributes {remat.clones = "many"} {
  return
}

// -----

// expected-error @below {{@main has a plan but no body}}
func.func private @main() attributes {remat.plan = #remat.plan<insertions = []>}

// -----

// expected-error @below {{@main has a plan that inserts before op 2, but its block holds ops 0 to 1}}
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32>
    attributes {remat.plan = #remat.plan<insertions = [{before = 2, ops = [0]}]>} {
  %0 = "stablehlo.tanh"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

// expected-error @below {{@main has a plan whose order lists op 2, but its block holds ops 0 to 1 and a terminator}}
func.func @main(%x: tensor<f32>) -> tensor<f32>
    attributes {remat.plan = #remat.plan<order = [1, 0, 2], insertions = []>} {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.cosine"(%x) : (tensor<f32>) -> tensor<f32>
  return %a : tensor<f32>
}

// -----

// expected-error @below {{@main has a plan that inserts before op 1, which its order does not list}}
func.func @main(%x: tensor<f32>) -> tensor<f32>
    attributes {remat.plan = #remat.plan<order = [0], insertions = [{before = 1, ops = [0]}]>} {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.cosine"(%x) : (tensor<f32>) -> tensor<f32>
  return %a : tensor<f32>
}
