// What verify.mlir and verify-errors.mlir compare with; written for them.
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32> loc("reference.py":1:1)
  %b = func.call @act(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32> loc("reference.py":3:1)
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32> loc("reference.py":4:1)
  "test.print"(%w) : (tensor<8xf32>) -> () loc("reference.py":5:1)
  %s = "stablehlo.subtract"(%x, %b) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32> loc("reference.py":6:1)
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32> loc("reference.py":7:1)
  return %loss, %g : tensor<f32>, tensor<8xf32>
}
func.func private @act(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = "stablehlo.tanh"(%x) : (tensor<8xf32>) -> tensor<8xf32> loc("reference.py":2:1)
  return %0 : tensor<8xf32>
}
