// The memory model of our own back end: docs/concepts/memory-model.md, rules M1 to M4.
// RUN: remat-opt %s --remat-print-graph=memory-model=arena -o /dev/null | FileCheck %s

// M1: a constant, an empty and a number take nothing. M4: a fill that is only written over
// is run with the product.
// CHECK:      op {{[0-9]+}} linalg.matmul dot forward recomputable {{.*}} inputs=%arg0,%arg1 results=%[[#]]:64 cone=[[#]],[[#]]
// M2: what reads a view reads what it shows; the broadcast, which another kind of
// compiler would fold, is a buffer.
// CHECK-NEXT: op {{[0-9]+}} linalg.broadcast broadcast {{.*}} results=%[[WIDE:[0-9]+]]:64
// CHECK-NEXT: op {{[0-9]+}} linalg.exp elementwise {{.*}} inputs=%[[WIDE]] results=%[[HALF:[0-9]+]]:32
// M4: a concatenation is one buffer.
// CHECK-NEXT: op {{[0-9]+}} tensor.insert_slice update {{.*}} inputs=%[[HALF]],%arg2 results=%[[#]]:64 cone=
// M3: a fill that something reads is a buffer.
// CHECK:      op {{[0-9]+}} linalg.fill {{.*}} results=%[[FILL:[0-9]+]]:64
// CHECK-NEXT: op {{[0-9]+}} linalg.add {{.*}} inputs={{.*}}%[[FILL]]
// M4: a loop starts from what is made of constants. M1: an empty that is read is a buffer.
// CHECK-NEXT: op {{[0-9]+}} scf.for loop {{.*}} inputs=%[[#]] results=%[[#]]:64 cone=
// CHECK-NEXT: op {{[0-9]+}} tensor.empty {{.*}} results=%[[WINDOW:[0-9]+]]:4
// CHECK-NEXT: op {{[0-9]+}} linalg.pooling_ncw_max window {{.*}}%[[WINDOW]] results=%[[#]]:12
func.func @main(%a: tensor<4x4xf32>, %w: tensor<4x4xf32>, %half: tensor<2x4xf32>, %b: tensor<4xf32>) -> (tensor<f32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<1x1x3xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<4x4xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%e0 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %h = linalg.matmul ins(%a, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%fill : tensor<4x4xf32>) -> tensor<4x4xf32>
  %e1 = tensor.empty() : tensor<4x4xf32>
  %wide = linalg.broadcast ins(%b : tensor<4xf32>) outs(%e1 : tensor<4x4xf32>) dimensions = [0]
  %top = tensor.extract_slice %wide[0, 0] [2, 4] [1, 1] : tensor<4x4xf32> to tensor<2x4xf32>
  %e2 = tensor.empty() : tensor<2x4xf32>
  %exp = linalg.exp ins(%top : tensor<2x4xf32>) outs(%e2 : tensor<2x4xf32>) -> tensor<2x4xf32>
  %e3 = tensor.empty() : tensor<4x4xf32>
  %one = tensor.insert_slice %half into %e3[0, 0] [2, 4] [1, 1] : tensor<2x4xf32> into tensor<4x4xf32>
  %two = tensor.insert_slice %exp into %one[2, 0] [2, 4] [1, 1] : tensor<2x4xf32> into tensor<4x4xf32>
  %e4 = tensor.empty() : tensor<f32>
  %f4 = linalg.fill ins(%zero : f32) outs(%e4 : tensor<f32>) -> tensor<f32>
  %loss = linalg.reduce ins(%two : tensor<4x4xf32>) outs(%f4 : tensor<f32>) dimensions = [0, 1] (%x: f32, %y: f32) {
    %s = arith.addf %x, %y : f32
    linalg.yield %s : f32
  }
  %e5 = tensor.empty() : tensor<4x4xf32>
  %read = linalg.fill ins(%zero : f32) outs(%e5 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %e6 = tensor.empty() : tensor<4x4xf32>
  %sum = linalg.add ins(%h, %read : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e6 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %e7 = tensor.empty() : tensor<4x4xf32>
  %start = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} outs(%e7 : tensor<4x4xf32>) {
  ^bb0(%out: f32):
    linalg.yield %zero : f32
  } -> tensor<4x4xf32>
  %diagonal = scf.for %i = %c0 to %c4 step %c1 iter_args(%carry = %start) -> tensor<4x4xf32> {
    %x = tensor.extract %sum[%i, %i] : tensor<4x4xf32>
    %next = tensor.insert %x into %carry[%i, %i] : tensor<4x4xf32>
    scf.yield %next : tensor<4x4xf32>
  }
  %row = tensor.extract_slice %diagonal[0, 0] [1, 4] [1, 1] : tensor<4x4xf32> to tensor<1x4xf32>
  %one_row = tensor.expand_shape %row [[0, 1], [2]] output_shape [1, 1, 4] : tensor<1x4xf32> into tensor<1x1x4xf32>
  %window = tensor.empty() : tensor<2xf16>
  %e8 = tensor.empty() : tensor<1x1x3xf32>
  %f8 = linalg.fill ins(%zero : f32) outs(%e8 : tensor<1x1x3xf32>) -> tensor<1x1x3xf32>
  %pooled = linalg.pooling_ncw_max ins(%one_row, %window : tensor<1x1x4xf32>, tensor<2xf16>) outs(%f8 : tensor<1x1x3xf32>) -> tensor<1x1x3xf32>
  return %loss, %sum, %two, %pooled : tensor<f32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<1x1x3xf32>
}
