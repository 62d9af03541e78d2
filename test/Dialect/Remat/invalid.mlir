// RUN: remat-opt %s -split-input-file -verify-diagnostics

func.func @no_result(%x: tensor<8xf32>) {
  // expected-error @below {{'remat.recompute' op recomputes no value}}
  remat.recompute (%a = %x : tensor<8xf32>) {
    remat.yield
  }
  return
}

// -----

func.func @no_yield(%x: tensor<8xf32>) {
  // expected-error @below {{the body of 'remat.recompute' ends in 'remat.yield'}}
  remat.recompute (%a = %x : tensor<8xf32>) {
    %0 = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  }
  return
}

// -----

func.func @generic_without_yield(%x: tensor<8xf32>) {
  // expected-error @below {{'remat.recompute' op has a body that does not end in 'remat.yield'}}
  %0 = "remat.recompute"(%x) <{operandSegmentSizes = array<i32: 1, 0>}> ({
  ^bb0(%a: tensor<8xf32>):
    "test.other_end"(%a) : (tensor<8xf32>) -> ()
  }) : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @argument_count(%x: tensor<8xf32>) {
  // expected-error @below {{'remat.recompute' op has 1 inputs, but its body takes 2}}
  %0 = "remat.recompute"(%x) <{operandSegmentSizes = array<i32: 1, 0>}> ({
  ^bb0(%a: tensor<8xf32>, %b: tensor<8xf32>):
    "remat.yield"(%a) : (tensor<8xf32>) -> ()
  }) : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @argument_type(%x: tensor<8xf32>) {
  // expected-error @below {{'remat.recompute' op has input 0 of type 'tensor<8xf32>', but its body takes 'tensor<4xf32>'}}
  %0 = "remat.recompute"(%x) <{operandSegmentSizes = array<i32: 1, 0>}> ({
  ^bb0(%a: tensor<4xf32>):
    "remat.yield"(%a) : (tensor<4xf32>) -> ()
  }) : (tensor<8xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @yield_count(%x: tensor<8xf32>) {
  // expected-error @below {{'remat.recompute' op has 2 results, but its body yields 1}}
  %0:2 = "remat.recompute"(%x) <{operandSegmentSizes = array<i32: 1, 0>}> ({
  ^bb0(%a: tensor<8xf32>):
    "remat.yield"(%a) : (tensor<8xf32>) -> ()
  }) : (tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>)
  return
}

// -----

func.func @yield_type(%x: tensor<8xf32>) {
  // expected-error @below {{'remat.recompute' op has result 0 of type 'tensor<4xf32>', but its body yields 'tensor<8xf32>'}}
  %0 = "remat.recompute"(%x) <{operandSegmentSizes = array<i32: 1, 0>}> ({
  ^bb0(%a: tensor<8xf32>):
    "remat.yield"(%a) : (tensor<8xf32>) -> ()
  }) : (tensor<8xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @sees_outer_value(%x: tensor<8xf32>, %y: tensor<8xf32>) {
  // expected-note @below {{required by region isolation constraints}}
  %0 = remat.recompute (%a = %x : tensor<8xf32>) {
    // expected-error @below {{using value defined outside the region}}
    %1 = "stablehlo.add"(%a, %y) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
    remat.yield %1 : tensor<8xf32>
  }
  return
}

// -----

func.func @random(%x: tensor<8xf32>, %s: tensor<1xi64>) {
  // expected-error @below {{'remat.recompute' op recomputes 'stablehlo.rng', which may not run more than once}}
  %0 = remat.recompute (%a = %x : tensor<8xf32>, %b = %s : tensor<1xi64>) {
    %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
    // expected-note @below {{it has side effects, is random, is marked 'remat.keep', or is unknown to the op table}}
    %1 = "stablehlo.rng"(%z, %z, %b) <{rng_distribution = #stablehlo<rng_distribution UNIFORM>}> : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<8xf32>
    remat.yield %1 : tensor<8xf32>
  }
  return
}

// -----

func.func @unknown(%x: tensor<8xf32>) {
  // expected-error @below {{recomputes 'other.op', which may not run more than once}}
  %0 = remat.recompute (%a = %x : tensor<8xf32>) {
    // expected-note @below {{unknown to the op table}}
    %1 = "other.op"(%a) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %1 : tensor<8xf32>
  }
  return
}

// -----

func.func @marked(%x: tensor<8xf32>) {
  // expected-error @below {{recomputes 'stablehlo.tanh', which may not run more than once}}
  %0 = remat.recompute (%a = %x : tensor<8xf32>) {
    // expected-note @below {{marked 'remat.keep'}}
    %1 = "stablehlo.tanh"(%a) {remat.keep} : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %1 : tensor<8xf32>
  }
  return
}

// -----

// expected-error @below {{'remat.yield' op expects parent op 'remat.recompute'}}
"remat.yield"() : () -> ()
