// RUN: not remat-opt %s -split-input-file --remat-verify=reference=%S/Inputs/verify-reference.mlir 2>&1 >/dev/null | FileCheck %s
// RUN: not remat-opt %s -split-input-file --remat-verify 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not remat-opt %s -split-input-file --remat-verify=reference=%t.missing 2>&1 | FileCheck %s --check-prefix=MISSING

// NONE: error: remat-verify has nothing to compare with; give reference=FILE
// MISSING: error: remat-verify cannot read the reference '{{.*}}.missing'

// Another op.
// CHECK: error: @main is not equivalent to the reference: result 0 differs
// CHECK: note: here the program has 'stablehlo.exponential'
// CHECK: reference.py:2:1: note: where the reference has another op: 'stablehlo.tanh'
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.exponential"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %s = "stablehlo.subtract"(%x, %b) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// Another argument.
// CHECK: error: @main is not equivalent to the reference: result 1 differs
// CHECK: note: here the program has argument 0 of the function
// CHECK: note: where the reference has another argument: argument 1 of the function
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %s = "stablehlo.subtract"(%x, %b) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %x) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// Operands the other way round.
// CHECK: error: @main is not equivalent to the reference: result 1 differs
// CHECK: note: here the program has 'stablehlo.tanh'
// CHECK: note: where the reference has another op: argument 0 of the function
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %s = "stablehlo.subtract"(%b, %x) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// An op inside a region.
// CHECK: error: @main is not equivalent to the reference: result 0 differs
// CHECK: note: here the program has 'stablehlo.maximum'
// CHECK: reference.py:3:1: note: where the reference has another op: 'stablehlo.add'
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.maximum"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %s = "stablehlo.subtract"(%x, %b) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// An attribute.
// CHECK: error: @main is not equivalent to the reference: result 0 differs
// CHECK: note: here the program has 'stablehlo.reduce'
// CHECK: reference.py:4:1: note: where the reference has other attributes: 'stablehlo.reduce'
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 1>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %s = "stablehlo.subtract"(%x, %b) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// A constant.
// CHECK: error: @main is not equivalent to the reference: result 0 differs
// CHECK: note: here the program has 'stablehlo.constant'
// CHECK: note: where the reference has other attributes: 'stablehlo.constant'
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<-0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %s = "stablehlo.subtract"(%x, %b) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// Results in another order.
// CHECK: error: @main is not equivalent to the reference: its type is '(tensor<8xf32>, tensor<8xf32>) -> (tensor<8xf32>, tensor<f32>)', not '(tensor<8xf32>, tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>)'
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<8xf32>, tensor<f32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %s = "stablehlo.subtract"(%x, %b) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %g, %loss : tensor<8xf32>, tensor<f32>
}

// -----

// Donation of another argument.
// CHECK: error: @main is not equivalent to the reference: argument 0 has attributes {}, not {tf.aliasing_output = 1 : i32}
func.func @main(%x: tensor<8xf32>, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %s = "stablehlo.subtract"(%x, %b) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// A side effect that is missing.
// CHECK: error: @main is not equivalent to the reference: it runs 0 ops that have side effects or may not run twice, not 1
// CHECK: reference.py:5:1: note: only in the reference: 'test.print'
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  %s = "stablehlo.subtract"(%x, %b) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// A side effect twice.
// CHECK: error: @main is not equivalent to the reference: it runs 2 ops that have side effects or may not run twice, not 1
// CHECK: note: not in the reference: 'test.print'
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %s = "stablehlo.subtract"(%x, %b) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// A side effect on another value.
// CHECK: error: @main is not equivalent to the reference: side effect 0 differs
// CHECK: note: here the program has argument 0 of the function
// CHECK: note: where the reference has another argument: argument 1 of the function
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%x) : (tensor<8xf32>) -> ()
  %s = "stablehlo.subtract"(%x, %b) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// A barrier that swaps.
// CHECK: error: @main is not equivalent to the reference: result 1 differs
// CHECK: note: here the program has argument 1 of the function
// CHECK: note: where the reference has another op: 'stablehlo.multiply'
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %o:2 = "stablehlo.optimization_barrier"(%a, %w) : (tensor<8xf32>, tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>)
  %b2 = "stablehlo.tanh"(%o#1) : (tensor<8xf32>) -> tensor<8xf32>
  %s = "stablehlo.subtract"(%x, %b2) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// A region that starts from another value.
// CHECK: error: @main is not equivalent to the reference: result 1 differs
// CHECK: note: here the program has argument 1 of the function
// CHECK: note: where the reference has another argument: argument 0 of the function
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %b2 = remat.recompute (%k = %w : tensor<8xf32>, %v = %w : tensor<8xf32>) after (%loss : tensor<f32>) {
    %0 = "stablehlo.multiply"(%k, %v) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
    %1 = "stablehlo.tanh"(%0) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %1 : tensor<8xf32>
  }
  %s = "stablehlo.subtract"(%x, %b2) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// An even constant proves nothing.
// CHECK: error: @main is not equivalent to the reference: result 1 differs
// CHECK: note: here the program has 'stablehlo.select'
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %one = "stablehlo.slice"(%w) <{limit_indices = array<i64: 1>, start_indices = array<i64: 0>, strides = array<i64: 1>}> : (tensor<8xf32>) -> tensor<1xf32>
  %e = "stablehlo.reshape"(%one) : (tensor<1xf32>) -> tensor<f32>
  %i = "stablehlo.bitcast_convert"(%e) : (tensor<f32>) -> tensor<ui32>
  %odd = "stablehlo.constant"() <{value = dense<2> : tensor<ui32>}> : () -> tensor<ui32>
  %or = "stablehlo.or"(%i, %odd) : (tensor<ui32>, tensor<ui32>) -> tensor<ui32>
  %zero = "stablehlo.constant"() <{value = dense<0> : tensor<ui32>}> : () -> tensor<ui32>
  %p2 = "stablehlo.compare"(%or, %zero) <{compare_type = #stablehlo<comparison_type UNSIGNED>, comparison_direction = #stablehlo<comparison_direction NE>}> : (tensor<ui32>, tensor<ui32>) -> tensor<i1>
  %n = "stablehlo.negate"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %x2 = "stablehlo.select"(%p2, %a, %n) : (tensor<i1>, tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b2 = "stablehlo.tanh"(%x2) : (tensor<8xf32>) -> tensor<8xf32>
  %s = "stablehlo.subtract"(%x, %b2) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// Nor does another comparison.
// CHECK: error: @main is not equivalent to the reference: result 1 differs
// CHECK: note: here the program has 'stablehlo.select'
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %one = "stablehlo.slice"(%w) <{limit_indices = array<i64: 1>, start_indices = array<i64: 0>, strides = array<i64: 1>}> : (tensor<8xf32>) -> tensor<1xf32>
  %e = "stablehlo.reshape"(%one) : (tensor<1xf32>) -> tensor<f32>
  %i = "stablehlo.bitcast_convert"(%e) : (tensor<f32>) -> tensor<ui32>
  %odd = "stablehlo.constant"() <{value = dense<1> : tensor<ui32>}> : () -> tensor<ui32>
  %or = "stablehlo.or"(%i, %odd) : (tensor<ui32>, tensor<ui32>) -> tensor<ui32>
  %zero = "stablehlo.constant"() <{value = dense<0> : tensor<ui32>}> : () -> tensor<ui32>
  %p2 = "stablehlo.compare"(%or, %zero) <{compare_type = #stablehlo<comparison_type UNSIGNED>, comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<ui32>, tensor<ui32>) -> tensor<i1>
  %n = "stablehlo.negate"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %x2 = "stablehlo.select"(%p2, %a, %n) : (tensor<i1>, tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b2 = "stablehlo.tanh"(%x2) : (tensor<8xf32>) -> tensor<8xf32>
  %s = "stablehlo.subtract"(%x, %b2) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// Nor with another number than 0.
// CHECK: error: @main is not equivalent to the reference: result 1 differs
// CHECK: note: here the program has 'stablehlo.select'
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %one = "stablehlo.slice"(%w) <{limit_indices = array<i64: 1>, start_indices = array<i64: 0>, strides = array<i64: 1>}> : (tensor<8xf32>) -> tensor<1xf32>
  %e = "stablehlo.reshape"(%one) : (tensor<1xf32>) -> tensor<f32>
  %i = "stablehlo.bitcast_convert"(%e) : (tensor<f32>) -> tensor<ui32>
  %odd = "stablehlo.constant"() <{value = dense<1> : tensor<ui32>}> : () -> tensor<ui32>
  %or = "stablehlo.or"(%i, %odd) : (tensor<ui32>, tensor<ui32>) -> tensor<ui32>
  %zero = "stablehlo.constant"() <{value = dense<3> : tensor<ui32>}> : () -> tensor<ui32>
  %p2 = "stablehlo.compare"(%or, %zero) <{compare_type = #stablehlo<comparison_type UNSIGNED>, comparison_direction = #stablehlo<comparison_direction NE>}> : (tensor<ui32>, tensor<ui32>) -> tensor<i1>
  %n = "stablehlo.negate"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %x2 = "stablehlo.select"(%p2, %a, %n) : (tensor<i1>, tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b2 = "stablehlo.tanh"(%x2) : (tensor<8xf32>) -> tensor<8xf32>
  %s = "stablehlo.subtract"(%x, %b2) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// Nor a conjunction.
// CHECK: error: @main is not equivalent to the reference: result 1 differs
// CHECK: note: here the program has 'stablehlo.select'
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %one = "stablehlo.slice"(%w) <{limit_indices = array<i64: 1>, start_indices = array<i64: 0>, strides = array<i64: 1>}> : (tensor<8xf32>) -> tensor<1xf32>
  %e = "stablehlo.reshape"(%one) : (tensor<1xf32>) -> tensor<f32>
  %i = "stablehlo.bitcast_convert"(%e) : (tensor<f32>) -> tensor<ui32>
  %odd = "stablehlo.constant"() <{value = dense<1> : tensor<ui32>}> : () -> tensor<ui32>
  %or = "stablehlo.and"(%i, %odd) : (tensor<ui32>, tensor<ui32>) -> tensor<ui32>
  %zero = "stablehlo.constant"() <{value = dense<0> : tensor<ui32>}> : () -> tensor<ui32>
  %p2 = "stablehlo.compare"(%or, %zero) <{compare_type = #stablehlo<comparison_type UNSIGNED>, comparison_direction = #stablehlo<comparison_direction NE>}> : (tensor<ui32>, tensor<ui32>) -> tensor<i1>
  %n = "stablehlo.negate"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %x2 = "stablehlo.select"(%p2, %a, %n) : (tensor<i1>, tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b2 = "stablehlo.tanh"(%x2) : (tensor<8xf32>) -> tensor<8xf32>
  %s = "stablehlo.subtract"(%x, %b2) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// Nor a constant that is not the same everywhere.
// CHECK: error: @main is not equivalent to the reference: result 1 differs
// CHECK: note: here the program has 'stablehlo.select'
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %one = "stablehlo.slice"(%w) <{limit_indices = array<i64: 1>, start_indices = array<i64: 0>, strides = array<i64: 1>}> : (tensor<8xf32>) -> tensor<1xf32>
  %e = "stablehlo.reshape"(%one) : (tensor<1xf32>) -> tensor<f32>
  %i = "stablehlo.bitcast_convert"(%e) : (tensor<f32>) -> tensor<2xui32>
  %odd = "stablehlo.constant"() <{value = dense<[1, 2]> : tensor<2xui32>}> : () -> tensor<2xui32>
  %or = "stablehlo.or"(%i, %odd) : (tensor<2xui32>, tensor<2xui32>) -> tensor<2xui32>
  %zero = "stablehlo.constant"() <{value = dense<0> : tensor<2xui32>}> : () -> tensor<2xui32>
  %p2 = "stablehlo.compare"(%or, %zero) <{compare_type = #stablehlo<comparison_type UNSIGNED>, comparison_direction = #stablehlo<comparison_direction NE>}> : (tensor<2xui32>, tensor<2xui32>) -> tensor<i1>
  %n = "stablehlo.negate"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %x2 = "stablehlo.select"(%p2, %a, %n) : (tensor<i1>, tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b2 = "stablehlo.tanh"(%x2) : (tensor<8xf32>) -> tensor<8xf32>
  %s = "stablehlo.subtract"(%x, %b2) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// The other branch of a guard is the wrong one.
// CHECK: error: @main is not equivalent to the reference: result 1 differs
// CHECK: note: here the program has 'stablehlo.negate'
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %one = "stablehlo.slice"(%w) <{limit_indices = array<i64: 1>, start_indices = array<i64: 0>, strides = array<i64: 1>}> : (tensor<8xf32>) -> tensor<1xf32>
  %e = "stablehlo.reshape"(%one) : (tensor<1xf32>) -> tensor<f32>
  %i = "stablehlo.bitcast_convert"(%e) : (tensor<f32>) -> tensor<ui32>
  %odd = "stablehlo.constant"() <{value = dense<1> : tensor<ui32>}> : () -> tensor<ui32>
  %or = "stablehlo.or"(%i, %odd) : (tensor<ui32>, tensor<ui32>) -> tensor<ui32>
  %zero = "stablehlo.constant"() <{value = dense<0> : tensor<ui32>}> : () -> tensor<ui32>
  %p2 = "stablehlo.compare"(%or, %zero) <{compare_type = #stablehlo<comparison_type UNSIGNED>, comparison_direction = #stablehlo<comparison_direction NE>}> : (tensor<ui32>, tensor<ui32>) -> tensor<i1>
  %n = "stablehlo.negate"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %x2 = "stablehlo.select"(%p2, %n, %a) : (tensor<i1>, tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b2 = "stablehlo.tanh"(%x2) : (tensor<8xf32>) -> tensor<8xf32>
  %s = "stablehlo.subtract"(%x, %b2) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// Bits to another type, changed on the way.
// CHECK: error: @main is not equivalent to the reference: result 1 differs
// CHECK: note: here the program has 'stablehlo.bitcast_convert'
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %h = "stablehlo.bitcast_convert"(%a) : (tensor<8xf32>) -> tensor<8x2xbf16>
  %u = "stablehlo.convert"(%h) : (tensor<8x2xbf16>) -> tensor<8x2xf16>
  %a2 = "stablehlo.bitcast_convert"(%u) : (tensor<8x2xf16>) -> tensor<8xf32>
  %b2 = "stablehlo.tanh"(%a2) : (tensor<8xf32>) -> tensor<8xf32>
  %s = "stablehlo.subtract"(%x, %b2) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// Bits to a third type are not what they were.
// CHECK: error: @main is not equivalent to the reference: result 1 differs
// CHECK: note: here the program has 'stablehlo.convert'
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %loss = "stablehlo.reduce"(%b, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %r = "stablehlo.add"(%p, %q) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  "test.print"(%w) : (tensor<8xf32>) -> ()
  %u = "stablehlo.bitcast_convert"(%a) : (tensor<8xf32>) -> tensor<8xui32>
  %a2 = "stablehlo.bitcast_convert"(%u) : (tensor<8xui32>) -> tensor<8xi32>
  %a3 = "stablehlo.convert"(%a2) : (tensor<8xi32>) -> tensor<8xf32>
  %b2 = "stablehlo.tanh"(%a3) : (tensor<8xf32>) -> tensor<8xf32>
  %s = "stablehlo.subtract"(%x, %b2) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}
