// RUN: remat-opt %s -split-input-file -verify-diagnostics --remat-verify=reference=%S/Inputs/verify-reference.mlir

// Inlined, otherwise the same.
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
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// Pure ops may run again, in any place, or not be read.
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
  %b2 = "stablehlo.tanh"(%a) : (tensor<8xf32>) -> tensor<8xf32>
  %b3 = "stablehlo.tanh"(%w) : (tensor<8xf32>) -> tensor<8xf32>
  %s = "stablehlo.subtract"(%x, %b2) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// Barriers pass on what they take.
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
  %b2 = "stablehlo.tanh"(%o#0) : (tensor<8xf32>) -> tensor<8xf32>
  %s = "stablehlo.subtract"(%x, %b2) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// A region runs where it stands.
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
  %b2 = remat.recompute (%k = %x : tensor<8xf32>, %v = %w : tensor<8xf32>) after (%loss : tensor<f32>) {
    %0 = "stablehlo.multiply"(%k, %v) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
    %1 = "stablehlo.tanh"(%0) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %1 : tensor<8xf32>
  }
  %s = "stablehlo.subtract"(%x, %b2) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// The guard for XLA:CPU: its predicate is always true.
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
  %x2 = "stablehlo.select"(%p2, %a, %n) : (tensor<i1>, tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b2 = "stablehlo.tanh"(%x2) : (tensor<8xf32>) -> tensor<8xf32>
  %s = "stablehlo.subtract"(%x, %b2) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// The guard's constant may be any odd one, on either side.
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
  %odd = "stablehlo.constant"() <{value = dense<7> : tensor<ui32>}> : () -> tensor<ui32>
  %or = "stablehlo.or"(%odd, %i) : (tensor<ui32>, tensor<ui32>) -> tensor<ui32>
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

// Bits and back.
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
  %a2 = "stablehlo.bitcast_convert"(%u) : (tensor<8xui32>) -> tensor<8xf32>
  %b2 = "stablehlo.tanh"(%a2) : (tensor<8xf32>) -> tensor<8xf32>
  %s = "stablehlo.subtract"(%x, %b2) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %g = "stablehlo.multiply"(%s, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %loss, %g : tensor<f32>, tensor<8xf32>
}

// -----

// Another name for a function, and its location, mean nothing.
func.func @main(%x: tensor<8xf32> {tf.aliasing_output = 1 : i32}, %w: tensor<8xf32>) -> (tensor<f32>, tensor<8xf32>) {
  %a = "stablehlo.multiply"(%x, %w) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %b = func.call @other(%a) : (tensor<8xf32>) -> tensor<8xf32>
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
func.func private @other(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = "stablehlo.tanh"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
