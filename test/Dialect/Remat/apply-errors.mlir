// RUN: remat-opt %s -split-input-file -verify-diagnostics --remat-apply

// expected-error @below {{@main has no plan; run remat-plan first, or write 'remat.plan' by hand}}
func.func @main(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.cosine"(%a) : (tensor<f32>) -> tensor<f32>
  return %a, %g : tensor<f32>, tensor<f32>
}

// -----

// expected-error @below {{@main has a plan that runs op 0 again, but stablehlo.rng %0}}
func.func @main(%x: tensor<f32>, %s: tensor<1xi64>) -> (tensor<f32>, tensor<8xf32>)
    attributes {remat.plan = #remat.plan<insertions = [{before = 3, ops = [0]}]>} {
  %r = "stablehlo.rng"(%x, %x, %s) <{rng_distribution = #stablehlo<rng_distribution UNIFORM>}> : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<8xf32>
  %e = "stablehlo.slice"(%r) <{limit_indices = array<i64: 1>, start_indices = array<i64: 0>, strides = array<i64: 1>}> : (tensor<8xf32>) -> tensor<1xf32>
  %loss = "stablehlo.reshape"(%e) : (tensor<1xf32>) -> tensor<f32>
  %g = "stablehlo.cosine"(%r) : (tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// expected-error @below {{@main has a plan that runs op 0 again, which is no op of the planning graph: it is folded into its readers, or nothing reads it}}
func.func @main(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<insertions = [{before = 2, ops = [0]}]>} {
  %c = "stablehlo.constant"() <{value = dense<2.0> : tensor<f32>}> : () -> tensor<f32>
  %a = "stablehlo.add"(%x, %c) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %g = "stablehlo.multiply"(%a, %c) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %a, %g : tensor<f32>, tensor<f32>
}

// -----

// A plan of another program, or of the same under another memory model.
// expected-error @below {{@main has a plan that does not hold: R5: the schedule's peak is 12 B, but the plan promises 100 B; plan this program anew}}
func.func @main(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<peak = 100, insertions = []>} {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.cosine"(%a) : (tensor<f32>) -> tensor<f32>
  return %a, %g : tensor<f32>, tensor<f32>
}

// -----

// expected-error @below {{@main has a plan that does not hold: R7: the schedule's peak 12 B exceeds the budget 11 B; plan this program anew}}
func.func @main(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<budget = 11, insertions = []>} {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.cosine"(%a) : (tensor<f32>) -> tensor<f32>
  return %a, %g : tensor<f32>, tensor<f32>
}

// -----

// expected-error @below {{@main has a plan that does not hold: R6: the schedule costs 3 units, but the plan promises 2; plan this program anew}}
func.func @main(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<cost = 2, cost_table = paper, insertions = [{before = 1, ops = [0]}]>} {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.cosine"(%a) : (tensor<f32>) -> tensor<f32>
  return %a, %g : tensor<f32>, tensor<f32>
}

// -----

// expected-error @below {{@main has a plan that does not hold: the base order's peak is 12 B, but its plain_peak says 16 B; plan this program anew}}
func.func @main(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<plain_peak = 16, insertions = []>} {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.cosine"(%a) : (tensor<f32>) -> tensor<f32>
  return %a, %g : tensor<f32>, tensor<f32>
}

// -----

// expected-error @below {{@main has a plan that does not hold: the base order costs 2 units, but its base_cost says 4; plan this program anew}}
func.func @main(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<cost = 3, base_cost = 4, cost_table = paper, insertions = [{before = 1, ops = [0]}]>} {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.cosine"(%a) : (tensor<f32>) -> tensor<f32>
  return %a, %g : tensor<f32>, tensor<f32>
}

// -----

// expected-error @below {{@main has a plan whose order lists op 0, which is no op of the planning graph: it is folded into its readers, or nothing reads it}}
func.func @main(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<order = [0, 1, 2], insertions = []>} {
  %c = "stablehlo.constant"() <{value = dense<2.0> : tensor<f32>}> : () -> tensor<f32>
  %a = "stablehlo.add"(%x, %c) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %g = "stablehlo.multiply"(%a, %c) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %a, %g : tensor<f32>, tensor<f32>
}

// -----

// expected-error @below {{@main has a plan whose order does not list op 1, stablehlo.cosine %1}}
func.func @main(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<order = [0], insertions = []>} {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.cosine"(%a) : (tensor<f32>) -> tensor<f32>
  return %a, %g : tensor<f32>, tensor<f32>
}

// -----

// expected-error @below {{@main has a plan whose order runs stablehlo.cosine %1}}
func.func @main(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<order = [1, 0], insertions = []>} {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.cosine"(%a) : (tensor<f32>) -> tensor<f32>
  return %a, %g : tensor<f32>, tensor<f32>
}

// -----

// Side effects keep their order.
// expected-error @below {{@main has a plan that does not hold: R2: test.second %2}}
func.func @main(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<order = [0, 2, 1, 3], insertions = []>} {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %b = "test.first"(%a) : (tensor<f32>) -> tensor<f32>
  %c = "test.second"(%a) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.add"(%b, %c) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %a, %g : tensor<f32>, tensor<f32>
}

// -----

// So do the readers of a donated argument and what takes it over.
// expected-error @below {{it takes over a buffer that the other reads; plan this program anew}}
func.func @main(%x: tensor<f32> {tf.aliasing_output = 1 : i32}) -> (tensor<f32>, tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<order = [0, 2, 1], insertions = []>} {
  %loss = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.multiply"(%loss, %x) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %new = "stablehlo.cosine"(%loss) : (tensor<f32>) -> tensor<f32>
  return %loss, %new, %g : tensor<f32>, tensor<f32>, tensor<f32>
}

// -----

// A recomputation behind the update reads what the update overwrites: the copy counts.
// expected-error @below {{R5: the schedule's peak is 40 B, but the plan promises 32 B; plan this program anew}}
func.func @main(%w: tensor<3xf32> {tf.aliasing_output = 1 : i32}) -> (tensor<f32>, tensor<3xf32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<loss = 0, peak = 32, insertions = [{before = 3, ops = [0]}]>} {
  %a = "stablehlo.tanh"(%w) : (tensor<3xf32>) -> tensor<3xf32>
  %loss = "stablehlo.dot_general"(%a, %a) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<3xf32>, tensor<3xf32>) -> tensor<f32>
  %new = "stablehlo.cosine"(%w) : (tensor<3xf32>) -> tensor<3xf32>
  %g = "stablehlo.dot_general"(%a, %a) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<3xf32>, tensor<3xf32>) -> tensor<f32>
  return %loss, %new, %g : tensor<f32>, tensor<3xf32>, tensor<f32>
}
