// What jax.jit(...).lower(...).as_text() prints; written for remat-opt.test.
module @jit_step {
  func.func public @main(%arg0: tensor<8xf32>) -> tensor<8xf32> {
    %0 = stablehlo.tanh %arg0 : tensor<8xf32>
    return %0 : tensor<8xf32>
  }
}
