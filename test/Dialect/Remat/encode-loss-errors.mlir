// RUN: remat-opt %s -verify-diagnostics --remat-encode="target=xla-gpu order-backward=true"
// RUN: remat-opt %s -verify-diagnostics --remat-encode="target=xla-gpu pins=kept"

func.func @main(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  // expected-error @below {{the forward ends at this 'remat.recompute', which runs nothing, so it has no op to end at; remove the region}}
  %l = remat.recompute (%p = %x : tensor<f32>) {
    remat.yield %p : tensor<f32>
  }
  %g = "stablehlo.negate"(%l) : (tensor<f32>) -> tensor<f32>
  %r = remat.recompute (%q = %l : tensor<f32>) after (%g : tensor<f32>) {
    %0 = "stablehlo.tanh"(%q) : (tensor<f32>) -> tensor<f32>
    remat.yield %0 : tensor<f32>
  }
  %h = "stablehlo.add"(%r, %g) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %l, %h : tensor<f32>, tensor<f32>
}
