// after.mlir with a mistake: the recomputation forgets the hyperbolic tangent.
#id = affine_map<(i, j) -> (i, j)>
#lhs = affine_map<(i, j, k) -> (i, k)>
#lhs_t = affine_map<(i, j, k) -> (k, i)>
#rhs = affine_map<(i, j, k) -> (k, j)>
#rhs_t = affine_map<(i, j, k) -> (j, k)>
#out = affine_map<(i, j, k) -> (i, j)>
func.func @main(%x: tensor<32x16xf32>, %w: tensor<16x64xf32>, %v: tensor<64x8xf32>,
                %u: tensor<8x256xf32>, %r: tensor<256x8xf32>)
    -> (tensor<32x8xf32>, tensor<16x64xf32>) {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e0 = tensor.empty() : tensor<32x64xf32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<32x64xf32>) -> tensor<32x64xf32>
  %p = linalg.matmul ins(%x, %w : tensor<32x16xf32>, tensor<16x64xf32>)
      outs(%f0 : tensor<32x64xf32>) -> tensor<32x64xf32>
  %e1 = tensor.empty() : tensor<32x64xf32>
  %h = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%p : tensor<32x64xf32>) outs(%e1 : tensor<32x64xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = math.tanh %a : f32
    linalg.yield %t : f32
  } -> tensor<32x64xf32>
  %e2 = tensor.empty() : tensor<32x8xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<32x8xf32>) -> tensor<32x8xf32>
  %y = linalg.matmul ins(%h, %v : tensor<32x64xf32>, tensor<64x8xf32>)
      outs(%f2 : tensor<32x8xf32>) -> tensor<32x8xf32>
  %e6 = tensor.empty() : tensor<32x256xf32>
  %f6 = linalg.fill ins(%zero : f32) outs(%e6 : tensor<32x256xf32>) -> tensor<32x256xf32>
  %z = linalg.matmul ins(%y, %u : tensor<32x8xf32>, tensor<8x256xf32>)
      outs(%f6 : tensor<32x256xf32>) -> tensor<32x256xf32>
  %e7 = tensor.empty() : tensor<32x256xf32>
  %g = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%z : tensor<32x256xf32>) outs(%e7 : tensor<32x256xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = math.tanh %a : f32
    linalg.yield %t : f32
  } -> tensor<32x256xf32>
  %e8 = tensor.empty() : tensor<32x8xf32>
  %f8 = linalg.fill ins(%zero : f32) outs(%e8 : tensor<32x8xf32>) -> tensor<32x8xf32>
  %s = linalg.matmul ins(%g, %r : tensor<32x256xf32>, tensor<256x8xf32>)
      outs(%f8 : tensor<32x8xf32>) -> tensor<32x8xf32>
  %e3 = tensor.empty() : tensor<32x64xf32>
  %f3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<32x64xf32>) -> tensor<32x64xf32>
  %dh = linalg.generic {indexing_maps = [#lhs, #rhs_t, #out],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%s, %v : tensor<32x8xf32>, tensor<64x8xf32>) outs(%f3 : tensor<32x64xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %sum = arith.addf %o, %m : f32
    linalg.yield %sum : f32
  } -> tensor<32x64xf32>
  %again = remat.recompute (%rx = %x : tensor<32x16xf32>, %rw = %w : tensor<16x64xf32>)
      after (%dh : tensor<32x64xf32>) {
    %rzero = arith.constant 0.0 : f32
    %re0 = tensor.empty() : tensor<32x64xf32>
    %rf0 = linalg.fill ins(%rzero : f32) outs(%re0 : tensor<32x64xf32>) -> tensor<32x64xf32>
    %rp = linalg.matmul ins(%rx, %rw : tensor<32x16xf32>, tensor<16x64xf32>)
        outs(%rf0 : tensor<32x64xf32>) -> tensor<32x64xf32>
    %re1 = tensor.empty() : tensor<32x64xf32>
    %rh = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%rp : tensor<32x64xf32>) outs(%re1 : tensor<32x64xf32>) {
    ^bb0(%a: f32, %o: f32):
      linalg.yield %a : f32
    } -> tensor<32x64xf32>
    remat.yield %rh : tensor<32x64xf32>
  }
  %e4 = tensor.empty() : tensor<32x64xf32>
  %dp = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%dh, %again : tensor<32x64xf32>, tensor<32x64xf32>) outs(%e4 : tensor<32x64xf32>) {
  ^bb0(%d: f32, %a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %rest = arith.subf %one, %q : f32
    %sum = arith.mulf %d, %rest : f32
    linalg.yield %sum : f32
  } -> tensor<32x64xf32>
  %e5 = tensor.empty() : tensor<16x64xf32>
  %f5 = linalg.fill ins(%zero : f32) outs(%e5 : tensor<16x64xf32>) -> tensor<16x64xf32>
  %dw = linalg.generic {indexing_maps = [#lhs_t, #rhs, #out],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %dp : tensor<32x16xf32>, tensor<32x64xf32>) outs(%f5 : tensor<16x64xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %sum = arith.addf %o, %m : f32
    linalg.yield %sum : f32
  } -> tensor<16x64xf32>
  return %y, %dw : tensor<32x8xf32>, tensor<16x64xf32>
}
