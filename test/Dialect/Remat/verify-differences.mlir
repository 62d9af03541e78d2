// What the notes of a failed proof say: of each pair, @NAME_before is the reference
// and @NAME_after the program.
// RUN: sed 's/_before(/(/' %s > %t.before.mlir
// RUN: sed 's/_after(/(/' %s > %t.after.mlir

// RUN: not remat-opt %t.after.mlir --remat-verify="reference=%t.before.mlir entry=result" 2>&1 | FileCheck %s --check-prefix=RESULT
// RESULT: .after.mlir:{{[0-9]+}}:1: error: @result is not equivalent to the reference: result 0 differs
// RESULT: .after.mlir:{{[0-9]+}}:{{[0-9]+}}: note: here the program has 'test.pair'{{$}}
// RESULT: .before.mlir:{{[0-9]+}}:{{[0-9]+}}: note: where the reference has another result of the op: 'test.pair'{{$}}
func.func @result_before(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0:2 = "test.pair"(%x) : (tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>)
  return %0#0 : tensor<8xf32>
}
func.func @result_after(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0:2 = "test.pair"(%x) : (tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>)
  return %0#1 : tensor<8xf32>
}

// RUN: not remat-opt %t.after.mlir --remat-verify="reference=%t.before.mlir entry=operands" 2>&1 | FileCheck %s --check-prefix=OPERANDS
// OPERANDS: error: @operands is not equivalent to the reference: result 0 differs
// OPERANDS: note: here the program has 'stablehlo.concatenate'{{$}}
// OPERANDS: note: where the reference has another number of operands, effects or regions: 'stablehlo.concatenate'{{$}}
func.func @operands_before(%x: tensor<8xf32>, %none: tensor<0xf32>) -> tensor<8xf32> {
  %0 = "stablehlo.concatenate"(%x, %none) <{dimension = 0 : i64}> : (tensor<8xf32>, tensor<0xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func @operands_after(%x: tensor<8xf32>, %none: tensor<0xf32>) -> tensor<8xf32> {
  %0 = "stablehlo.concatenate"(%x) <{dimension = 0 : i64}> : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// RUN: not remat-opt %t.after.mlir --remat-verify="reference=%t.before.mlir entry=types" 2>&1 | FileCheck %s --check-prefix=TYPES
// TYPES: error: @types is not equivalent to the reference: result 0 differs
// TYPES: note: here the program has 'stablehlo.convert'{{$}}
// TYPES: note: where the reference has other result types: 'stablehlo.convert'{{$}}
func.func @types_before(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = "stablehlo.convert"(%x) : (tensor<8xf32>) -> tensor<8xf16>
  %1 = "stablehlo.convert"(%0) : (tensor<8xf16>) -> tensor<8xf32>
  return %1 : tensor<8xf32>
}
func.func @types_after(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = "stablehlo.convert"(%x) : (tensor<8xf32>) -> tensor<8xbf16>
  %1 = "stablehlo.convert"(%0) : (tensor<8xbf16>) -> tensor<8xf32>
  return %1 : tensor<8xf32>
}

// RUN: not remat-opt %t.after.mlir --remat-verify="reference=%t.before.mlir entry=place" 2>&1 | FileCheck %s --check-prefix=PLACE
// PLACE: error: @place is not equivalent to the reference: result 0 differs
// PLACE: note: here the program has 'test.read'{{$}}
// PLACE: note: where the reference has another place among the side effects: 'test.read'{{$}}
func.func @place_before(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = "test.read"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  %1 = "test.read"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func @place_after(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = "test.read"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  %1 = "test.read"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %1 : tensor<8xf32>
}

// RUN: not remat-opt %t.after.mlir --remat-verify="reference=%t.before.mlir entry=region" 2>&1 | FileCheck %s --check-prefix=REGION
// REGION: error: @region is not equivalent to the reference: result 0 differs
// REGION: note: here the program has a region of 'stablehlo.map'{{$}}
// REGION: note: where the reference has other types or another terminator: a region of 'stablehlo.map'{{$}}
func.func @region_before(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = "stablehlo.map"(%x) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>):
    %c = "stablehlo.constant"() <{value = dense<1.0> : tensor<f32>}> : () -> tensor<f32>
    "stablehlo.return"(%c) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func @region_after(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = "stablehlo.map"(%x) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f64>):
    %c = "stablehlo.constant"() <{value = dense<1.0> : tensor<f32>}> : () -> tensor<f32>
    "stablehlo.return"(%c) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// RUN: not remat-opt %t.after.mlir --remat-verify="reference=%t.before.mlir entry=argument" 2>&1 | FileCheck %s --check-prefix=ARGUMENT
// ARGUMENT: error: @argument is not equivalent to the reference: result 0 differs
// ARGUMENT: note: here the program has block argument 1 of a region{{$}}
// ARGUMENT: note: where the reference has another argument: block argument 0 of a region{{$}}
func.func @argument_before(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = "stablehlo.map"(%x, %x) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    "stablehlo.return"(%p) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func @argument_after(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = "stablehlo.map"(%x, %x) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    "stablehlo.return"(%q) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// A region of an unknown op may use a value above its definition.
// RUN: not remat-opt %t.after.mlir --remat-verify="reference=%t.before.mlir entry=early" 2>&1 | FileCheck %s --check-prefix=EARLY
// EARLY: error: @early is not equivalent to the reference: side effect 0 differs
// EARLY: note: here the program has argument 0 of the function{{$}}
// EARLY: note: where the reference has another op: a value without a definition before it{{$}}
func.func @early_before(%x: tensor<8xf32>) {
  "test.graph"() ({
    %0 = "stablehlo.tanh"(%1) : (tensor<8xf32>) -> tensor<8xf32>
    %1 = "stablehlo.sine"(%x) : (tensor<8xf32>) -> tensor<8xf32>
    "test.end"(%0) : (tensor<8xf32>) -> ()
  }) : () -> ()
  return
}
func.func @early_after(%x: tensor<8xf32>) {
  "test.graph"() ({
    %0 = "stablehlo.tanh"(%x) : (tensor<8xf32>) -> tensor<8xf32>
    %1 = "stablehlo.sine"(%x) : (tensor<8xf32>) -> tensor<8xf32>
    "test.end"(%0) : (tensor<8xf32>) -> ()
  }) : () -> ()
  return
}

// What cannot be compared is refused, also where both programs are the same.
// RUN: not remat-opt %s --remat-verify="reference=%s entry=recursive" 2>&1 | FileCheck %s --check-prefix=RECURSIVE
// RECURSIVE: verify-differences.mlir:{{[0-9]+}}:{{[0-9]+}}: error: @again cannot be compared: it calls itself{{$}}
func.func @recursive(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = call @again(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func private @again(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = call @again(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// RUN: not remat-opt %s --remat-verify="reference=%s entry=open_ended" 2>&1 | FileCheck %s --check-prefix=OPEN
// OPEN: verify-differences.mlir:{{[0-9]+}}:{{[0-9]+}}: error: 'stablehlo.tanh' cannot be compared: it ends a region, but has results, regions or successors{{$}}
func.func @open_ended(%x: tensor<8xf32>) {
  "test.graph"() ({
    %0 = "stablehlo.tanh"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  }) : () -> ()
  return
}
