// RUN: remat-opt %s --remat-stablehlo-to-linalg --split-input-file --verify-diagnostics

func.func @unknownCall(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{stablehlo.custom_call calls 'lapack_spotrf', which only XLA knows; write what it does with StableHLO ops}}
  %0 = "stablehlo.custom_call"(%x) <{call_target_name = "lapack_spotrf"}> : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// Each kind of op is named once.
func.func @notConverted(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{stablehlo.add has no conversion to linalg; run --stablehlo-legalize-to-linalg before, and where that leaves the op, write it with other ops}}
  %0 = "stablehlo.add"(%x, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = "stablehlo.add"(%0, %0) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  // expected-error @below {{chlo.erf has no conversion to linalg; run chlo-legalize-to-stablehlo before}}
  %2 = "chlo.erf"(%1) : (tensor<4xf32>) -> tensor<4xf32>
  // expected-error @below {{sdy.reshard is about several devices; lower the program of one device}}
  %3 = "sdy.reshard"(%2) : (tensor<4xf32>) -> tensor<4xf32>
  return %3 : tensor<4xf32>
}

// -----

func.func @cast(%x: tensor<4xf32>) -> tensor<4xi32> {
  // expected-error @below {{a cast from 'tensor<4xf32>' to 'tensor<4xi32>' is left, which no conversion resolves; write the program with tensors of one type}}
  %0 = builtin.unrealized_conversion_cast %x : tensor<4xf32> to tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

func.func @scatter(%x: tensor<5xf32>, %i: tensor<1xi32>, %u: tensor<2xf32>) -> tensor<5xf32> {
  // expected-error @below {{stablehlo.scatter has dimension numbers that do not fit its operands, or a shape that is not static; export the program again, with static shapes}}
  %0 = "stablehlo.scatter"(%x, %i, %u) <{scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0]>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    "stablehlo.return"(%b) : (tensor<f32>) -> ()
  }) : (tensor<5xf32>, tensor<1xi32>, tensor<2xf32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// -----

func.func @window(%x: tensor<5xf32>, %g: tensor<4xf32>, %init: tensor<f32>) -> tensor<5xf32> {
  // expected-error @below {{stablehlo.select_and_scatter has a window that does not fit its operands, or a shape that is not static; export the program again, with static shapes}}
  %0 = "stablehlo.select_and_scatter"(%x, %g, %init) <{window_dimensions = array<i64: 3>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = arith.constant dense<true> : tensor<i1>
    "stablehlo.return"(%c) : (tensor<i1>) -> ()
  }, {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    "stablehlo.return"(%b) : (tensor<f32>) -> ()
  }) : (tensor<5xf32>, tensor<4xf32>, tensor<f32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// -----

func.func @sort(%x: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error @below {{stablehlo.sort has a dimension or a comparison that does not fit its operands, or a shape that is not static; export the program again, with static shapes}}
  %0 = "stablehlo.sort"(%x) <{dimension = 0 : i64}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = arith.constant dense<true> : tensor<i1>
    "stablehlo.return"(%c) : (tensor<i1>) -> ()
  }) : (tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

func.func @while(%x: tensor<f32>) -> tensor<f32> {
  // expected-error @below {{stablehlo.while has operands, regions and results that do not fit each other; export the program again}}
  %0 = "stablehlo.while"(%x) ({
  ^bb0(%a: tensor<f32>):
    "stablehlo.return"() : () -> ()
  }, {
  ^bb0(%a: tensor<f32>):
    "stablehlo.return"(%a) : (tensor<f32>) -> ()
  }) : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}
