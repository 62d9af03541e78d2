// A loop whose end the second argument decides, and a place in a table that the third one
// names: a host that launches kernels must read both.
#id = affine_map<(i) -> (i)>
func.func @main(%x: tensor<300xf32>, %n: tensor<i32>, %row: tensor<1xi32>, %table: tensor<10x300xf32>) -> tensor<300xf32> {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %c0 = arith.constant 0 : index
  %w = tensor.extract %row[%c0] : tensor<1xi32>
  %at = arith.index_cast %w : i32 to index
  %part = tensor.extract_slice %table[%at, 0] [1, 300] [1, 1] : tensor<10x300xf32> to tensor<300xf32>
  %r:2 = scf.while (%i = %zero, %y = %x) : (i32, tensor<300xf32>) -> (i32, tensor<300xf32>) {
    %limit = tensor.extract %n[] : tensor<i32>
    %goOn = arith.cmpi slt, %i, %limit : i32
    scf.condition(%goOn) %i, %y : i32, tensor<300xf32>
  } do {
  ^bb0(%i: i32, %y: tensor<300xf32>):
    %z = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
        ins(%part : tensor<300xf32>) outs(%y : tensor<300xf32>) {
    ^bb0(%b: f32, %a: f32):
      %c = arith.mulf %a, %a : f32
      %d = arith.addf %c, %b : f32
      linalg.yield %d : f32
    } -> tensor<300xf32>
    %j = arith.addi %i, %one : i32
    scf.yield %j, %z : i32, tensor<300xf32>
  }
  return %r#1 : tensor<300xf32>
}
