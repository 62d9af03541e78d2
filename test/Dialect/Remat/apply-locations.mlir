// RUN: remat-opt %s --remat-apply --mlir-print-debuginfo | FileCheck %s

// A clone keeps the location of its original; the region has its first op's.
// CHECK: remat.recompute
// CHECK-NEXT: "stablehlo.tanh"{{.*}} loc(#[[TANH:.*]])
// CHECK: } loc(#[[TANH]])
// CHECK: #[[FILE:.*]] = loc("model.py":7:1)
// CHECK: #[[TANH]] = loc("layer/tanh"(#[[FILE]]))
func.func @main(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<insertions = [{before = 3, ops = [0]}]>} {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32> loc("layer/tanh"("model.py":7:1))
  %loss = "stablehlo.exponential"(%a) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.cosine"(%loss) : (tensor<f32>) -> tensor<f32>
  %h = "stablehlo.multiply"(%g, %a) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %loss, %h : tensor<f32>, tensor<f32>
}
