// RUN: remat-opt %s -split-input-file -verify-diagnostics --remat-encode=target=xla-cpu

func.func @main(%x: tensor<8xf32>, %g: tensor<8xf32>) -> tensor<8xf32> {
  %r = remat.recompute (%p = %x : tensor<8xf32>) after (%g : tensor<8xf32>) {
    // expected-error @below {{'math.tanh' is no StableHLO op, so no XLA target can encode its recomputation; use target=none}}
    %0 = math.tanh %p : tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  return %r : tensor<8xf32>
}

// -----

// expected-error @below {{remat-apply put 2 ops into remat.recompute, but the program holds 1; a pass in between changed planned recomputation}}
func.func @main(%x: tensor<8xf32>, %g: tensor<8xf32>) -> tensor<8xf32>
    attributes {remat.clones = 2 : i64} {
  %r = remat.recompute (%p = %x : tensor<8xf32>) after (%g : tensor<8xf32>) {
    %0 = "stablehlo.tanh"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  return %r : tensor<8xf32>
}

// -----

func.func @main(%x: tensor<0xf32>, %g: !stablehlo.token) -> tensor<0xf32> {
  // expected-error @below {{'remat.recompute' has no tensor of numbers among its inputs and triggers, nor the function among its arguments, to make a guard for XLA:CPU from; use target=none}}
  %r = remat.recompute (%p = %x : tensor<0xf32>) after (%g : !stablehlo.token) {
    %0 = "stablehlo.tanh"(%p) : (tensor<0xf32>) -> tensor<0xf32>
    remat.yield %0 : tensor<0xf32>
  }
  return %r : tensor<0xf32>
}
