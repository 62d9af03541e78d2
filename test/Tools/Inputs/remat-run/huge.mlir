// A step with one temporary of a pebibyte.
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<281474976710656xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<281474976710656xf32>) -> tensor<281474976710656xf32>
  %i = arith.constant 7 : index
  %a = tensor.extract %f[%i] : tensor<281474976710656xf32>
  %y = tensor.insert %a into %x[%i] : tensor<8xf32>
  return %y : tensor<8xf32>
}
