// RUN: remat-opt %s --remat-outline-regions --remat-stablehlo-to-linalg --split-input-file --verify-diagnostics

func.func @captures(%x: tensor<4xf32>, %g: tensor<2xf32>, %init: tensor<f32>, %p: tensor<i1>) -> tensor<4xf32> {
  // expected-error @below {{stablehlo.select_and_scatter has a region of several blocks, or one that reads values from outside; write it with regions that read their arguments only}}
  %0 = "stablehlo.select_and_scatter"(%x, %g, %init) <{window_dimensions = array<i64: 2>, window_strides = array<i64: 2>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    "stablehlo.return"(%p) : (tensor<i1>) -> ()
  }, {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    "stablehlo.return"(%b) : (tensor<f32>) -> ()
  }) : (tensor<4xf32>, tensor<2xf32>, tensor<f32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @gone(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{remat_outlined.op does not name an op and the functions that are its regions; run remat-outline-regions again}}
  %0 = "remat_outlined.op"(%x) {remat_outlined.name = "remat.recompute", remat_outlined.regions = [@gone_body], remat_outlined.terminator = "remat.yield"} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
