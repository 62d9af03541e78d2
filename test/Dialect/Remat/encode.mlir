// RUN: remat-opt %s -split-input-file --remat-encode=target=xla-gpu | FileCheck %s --check-prefixes=ALL,GPU
// RUN: remat-opt %s -split-input-file --remat-encode=target=xla-tpu | FileCheck %s --check-prefixes=ALL,TPU
// RUN: remat-opt %s -split-input-file --remat-encode=target=xla-cpu | FileCheck %s --check-prefixes=ALL,CPU
// RUN: remat-opt %s -split-input-file --remat-encode=target=none | FileCheck %s --check-prefix=NONE

// A kept value is tied; the argument next to it need not be, for what reads it
// reads the kept value too. On TPU all inputs are. Later readers of the trigger
// go on with the tied one: XLA drops what nobody reads behind a barrier.
// ALL-LABEL: func.func @kept_value(
// ALL-SAME: %[[K:.*]]: tensor<8xf32>, %[[X:.*]]: tensor<8xf32>, %[[G:.*]]: tensor<8xf32>)
// ALL-NOT: attributes
// ALL-NEXT: %[[A:.*]] = "stablehlo.tanh"(%[[K]])
// GPU-NEXT: %[[B:.*]]:2 = "stablehlo.optimization_barrier"(%[[A]], %[[G]])
// GPU-NEXT: %[[R:.*]] = "stablehlo.multiply"(%[[B]]#0, %[[X]])
// GPU-NEXT: "stablehlo.add"(%[[B]]#1, %[[R]])
// TPU-NEXT: %[[B:.*]]:3 = "stablehlo.optimization_barrier"(%[[A]], %[[X]], %[[G]])
// TPU-NEXT: %[[R:.*]] = "stablehlo.multiply"(%[[B]]#0, %[[B]]#1)
// TPU-NEXT: "stablehlo.add"(%[[B]]#2, %[[R]])
// CPU-NEXT: %[[E:.*]] = "stablehlo.slice"(%[[G]]) <{limit_indices = array<i64: 1>, start_indices = array<i64: 0>, strides = array<i64: 1>}> : (tensor<8xf32>) -> tensor<1xf32>
// CPU-NEXT: %[[S:.*]] = "stablehlo.reshape"(%[[E]]) : (tensor<1xf32>) -> tensor<f32>
// CPU-NEXT: %[[I:.*]] = "stablehlo.bitcast_convert"(%[[S]]) : (tensor<f32>) -> tensor<ui32>
// CPU-NEXT: %[[ONE:.*]] = "stablehlo.constant"() <{value = dense<1> : tensor<ui32>}>
// CPU-NEXT: %[[ODD:.*]] = "stablehlo.or"(%[[I]], %[[ONE]]) : (tensor<ui32>, tensor<ui32>) -> tensor<ui32>
// CPU-NEXT: %[[ZERO:.*]] = "stablehlo.constant"() <{value = dense<0> : tensor<ui32>}>
// CPU-NEXT: %[[P:.*]] = "stablehlo.compare"(%[[ODD]], %[[ZERO]]) <{compare_type = #stablehlo<comparison_type UNSIGNED>, comparison_direction = #stablehlo<comparison_direction NE>}> : (tensor<ui32>, tensor<ui32>) -> tensor<i1>
// CPU-NEXT: %[[N:.*]] = "stablehlo.negate"(%[[A]])
// CPU-NEXT: %[[T:.*]] = "stablehlo.select"(%[[P]], %[[A]], %[[N]]) : (tensor<i1>, tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
// CPU-NEXT: %[[R:.*]] = "stablehlo.multiply"(%[[T]], %[[X]])
// CPU-NEXT: "stablehlo.add"(%[[G]], %[[R]])
// ALL-NEXT: return
// NONE-LABEL: func.func @kept_value(
// NONE-SAME: attributes {remat.clones = 1 : i64}
// NONE: remat.recompute
func.func @kept_value(%k: tensor<8xf32>, %x: tensor<8xf32>, %g: tensor<8xf32>) -> tensor<8xf32>
    attributes {remat.clones = 1 : i64} {
  %a = "stablehlo.tanh"(%k) : (tensor<8xf32>) -> tensor<8xf32>
  %r = remat.recompute (%p = %a : tensor<8xf32>, %q = %x : tensor<8xf32>) after (%g : tensor<8xf32>) {
    %0 = "stablehlo.multiply"(%p, %q) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  %s = "stablehlo.add"(%g, %r) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %s : tensor<8xf32>
}

// -----

// Only the transposed trigger is read behind the barrier, so that is tied.
// ALL-LABEL: func.func @trigger_read_through_view(
// ALL-SAME: %[[K:.*]]: tensor<8x4xf32>, %[[G:.*]]: tensor<4x8xf32>)
// GPU: %[[A:.*]] = "stablehlo.tanh"(%[[K]])
// GPU-NEXT: %[[V:.*]] = "stablehlo.transpose"(%[[G]])
// GPU-NEXT: %[[B:.*]]:2 = "stablehlo.optimization_barrier"(%[[A]], %[[V]])
// GPU-NEXT: %[[R:.*]] = "stablehlo.cosine"(%[[B]]#0)
// GPU-NEXT: "stablehlo.add"(%[[B]]#1, %[[R]])
func.func @trigger_read_through_view(%k: tensor<8x4xf32>, %g: tensor<4x8xf32>) -> tensor<8x4xf32> {
  %a = "stablehlo.tanh"(%k) : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %v = "stablehlo.transpose"(%g) <{permutation = array<i64: 1, 0>}> : (tensor<4x8xf32>) -> tensor<8x4xf32>
  %r = remat.recompute (%p = %a : tensor<8x4xf32>) after (%g : tensor<4x8xf32>) {
    %0 = "stablehlo.cosine"(%p) : (tensor<8x4xf32>) -> tensor<8x4xf32>
    remat.yield %0 : tensor<8x4xf32>
  }
  %s = "stablehlo.add"(%v, %r) : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
  return %s : tensor<8x4xf32>
}

// -----

// Of two regions with one trigger neither keeps it alive for the other: both tie
// what is made from it and read behind them, the second from the first's barrier,
// so that their barriers differ. What the first ties, the second reads from there:
// XLA would keep it twice, in the layout of each. On CPU their guards differ by a number.
// ALL-LABEL: func.func @one_trigger_for_two(
// ALL-SAME: %[[K:.*]]: tensor<8xf32>, %[[G:.*]]: tensor<8xf32>)
// GPU: %[[A:.*]] = "stablehlo.tanh"(%[[K]])
// GPU-NEXT: %[[V:.*]] = "stablehlo.negate"(%[[G]])
// GPU-NEXT: %[[B1:.*]]:2 = "stablehlo.optimization_barrier"(%[[A]], %[[V]])
// GPU-NEXT: %[[R1:.*]] = "stablehlo.cosine"(%[[B1]]#0)
// GPU-NEXT: %[[B2:.*]]:2 = "stablehlo.optimization_barrier"(%[[B1]]#0, %[[B1]]#1)
// GPU-NEXT: %[[R2:.*]] = "stablehlo.cosine"(%[[B2]]#0)
// GPU-NEXT: %[[S:.*]] = "stablehlo.add"(%[[R1]], %[[R2]])
// GPU-NEXT: "stablehlo.add"(%[[B2]]#1, %[[S]])
// CPU: %[[ONE:.*]] = "stablehlo.constant"() <{value = dense<1> : tensor<ui32>}>
// CPU-NEXT: "stablehlo.or"(%{{.*}}, %[[ONE]])
// CPU: %[[THREE:.*]] = "stablehlo.constant"() <{value = dense<3> : tensor<ui32>}>
// CPU-NEXT: "stablehlo.or"(%{{.*}}, %[[THREE]])
func.func @one_trigger_for_two(%k: tensor<8xf32>, %g: tensor<8xf32>) -> tensor<8xf32> {
  %a = "stablehlo.tanh"(%k) : (tensor<8xf32>) -> tensor<8xf32>
  %v = "stablehlo.negate"(%g) : (tensor<8xf32>) -> tensor<8xf32>
  %r1 = remat.recompute (%p = %a : tensor<8xf32>) after (%g : tensor<8xf32>) {
    %0 = "stablehlo.cosine"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  %r2 = remat.recompute (%p = %a : tensor<8xf32>) after (%g : tensor<8xf32>) {
    %0 = "stablehlo.cosine"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  %s = "stablehlo.add"(%r1, %r2) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %t = "stablehlo.add"(%v, %s) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %t : tensor<8xf32>
}

// -----

// XLA:GPU makes one product of two that share an operand, so what a product reads
// is tied, also behind a view; the other argument need not be. On CPU only one
// operand is.
// ALL-LABEL: func.func @product_of_an_argument(
// ALL-SAME: %[[K:.*]]: tensor<4x8xf32>, %[[W:.*]]: tensor<64xf32>, %[[B:.*]]: tensor<4x8xf32>, %[[G:.*]]: tensor<4x8xf32>)
// ALL-NEXT: %[[A:.*]] = "stablehlo.tanh"(%[[K]])
// GPU-NEXT: %[[T:.*]]:3 = "stablehlo.optimization_barrier"(%[[A]], %[[W]], %[[G]])
// GPU-NEXT: %[[V:.*]] = "stablehlo.reshape"(%[[T]]#1)
// GPU-NEXT: %[[D:.*]] = "stablehlo.dot_general"(%[[T]]#0, %[[V]])
// GPU-NEXT: "stablehlo.add"(%[[D]], %[[B]])
// GPU-NEXT: "stablehlo.add"(%[[T]]#2,
// CPU: "stablehlo.select"
// CPU-NOT: "stablehlo.select"
// CPU: return
func.func @product_of_an_argument(%k: tensor<4x8xf32>, %w: tensor<64xf32>, %b: tensor<4x8xf32>, %g: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %a = "stablehlo.tanh"(%k) : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %r = remat.recompute (%p = %a : tensor<4x8xf32>, %pw = %w : tensor<64xf32>, %pb = %b : tensor<4x8xf32>) after (%g : tensor<4x8xf32>) {
    %0 = "stablehlo.reshape"(%pw) : (tensor<64xf32>) -> tensor<8x8xf32>
    %1 = "stablehlo.dot_general"(%p, %0) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
    %2 = "stablehlo.add"(%1, %pb) : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
    remat.yield %2 : tensor<4x8xf32>
  }
  %s = "stablehlo.add"(%g, %r) : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %s : tensor<4x8xf32>
}

// -----

// On GPU the gradient of a pool starts from a value that waits for what it
// scatters; without recomputation nothing changes.
// ALL-LABEL: func.func @pool_gradient(
// ALL-SAME: %[[K:.*]]: tensor<8xf32>, %[[G:.*]]: tensor<4xf32>)
// ALL-NEXT: %[[Z:.*]] = "stablehlo.constant"
// GPU: %[[R:.*]] = "stablehlo.cosine"
// GPU-NEXT: %[[T:.*]]:2 = "stablehlo.optimization_barrier"(%{{.*}}, %[[Z]]) : (tensor<4xf32>, tensor<f32>)
// GPU-NEXT: "stablehlo.select_and_scatter"(%[[R]], %[[T]]#0, %[[T]]#1)
// TPU: "stablehlo.select_and_scatter"(%{{.*}}, %{{.*}}, %[[Z]])
// CPU: "stablehlo.select_and_scatter"(%{{.*}}, %{{.*}}, %[[Z]])
func.func @pool_gradient(%k: tensor<8xf32>, %g: tensor<4xf32>) -> tensor<8xf32> {
  %z = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %a = "stablehlo.tanh"(%k) : (tensor<8xf32>) -> tensor<8xf32>
  %r = remat.recompute (%p = %a : tensor<8xf32>) after (%g : tensor<4xf32>) {
    %0 = "stablehlo.cosine"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  %s = "stablehlo.select_and_scatter"(%r, %g, %z) <{window_dimensions = array<i64: 2>, window_strides = array<i64: 2>}> ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    %c = "stablehlo.compare"(%x, %y) <{comparison_direction = #stablehlo<comparison_direction GE>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
    "stablehlo.return"(%c) : (tensor<i1>) -> ()
  }, {
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    %c = "stablehlo.add"(%x, %y) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%c) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<4xf32>, tensor<f32>) -> tensor<8xf32>
  return %s : tensor<8xf32>
}

// -----

// ALL-LABEL: func.func @pool_gradient_alone(
// ALL-NOT: "stablehlo.optimization_barrier"
// ALL: return
func.func @pool_gradient_alone(%k: tensor<8xf32>, %g: tensor<4xf32>, %z: tensor<f32>) -> tensor<8xf32> {
  %s = "stablehlo.select_and_scatter"(%k, %g, %z) <{window_dimensions = array<i64: 2>, window_strides = array<i64: 2>}> ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    %c = "stablehlo.compare"(%x, %y) <{comparison_direction = #stablehlo<comparison_direction GE>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
    "stablehlo.return"(%c) : (tensor<i1>) -> ()
  }, {
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    %c = "stablehlo.add"(%x, %y) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%c) : (tensor<f32>) -> ()
  }) : (tensor<8xf32>, tensor<4xf32>, tensor<f32>) -> tensor<8xf32>
  return %s : tensor<8xf32>
}

// -----

// A clone of arguments alone needs one tied argument: not the donated one, and
// of the others the smaller. What depends on it needs nothing more.
// ALL-LABEL: func.func @arguments_only(
// ALL-SAME: %[[D:.*]]: tensor<4xf32> {tf.aliasing_output = 0 : i32}, %[[W:.*]]: tensor<8x4xf32>, %[[B:.*]]: tensor<8xf32>, %[[G:.*]]: tensor<8xf32>)
// GPU-NEXT: %[[T:.*]]:2 = "stablehlo.optimization_barrier"(%[[B]], %[[G]])
// CPU: %[[T:.*]] = "stablehlo.select"(%{{.*}}, %[[B]], %{{.*}})
// CPU-NOT: "stablehlo.select"
// ALL: %[[DOT:.*]] = "stablehlo.custom_call"(
// GPU-SAME: %[[D]], %[[W]], %[[T]]#0)
// CPU-SAME: %[[D]], %[[W]], %[[T]])
// ALL-NEXT: %[[R:.*]] = "stablehlo.tanh"(%[[DOT]])
// ALL-NEXT: "stablehlo.add"(%[[R]], %[[DOT]])
func.func @arguments_only(%d: tensor<4xf32> {tf.aliasing_output = 0 : i32}, %w: tensor<8x4xf32>, %b: tensor<8xf32>, %g: tensor<8xf32>) -> (tensor<4xf32>, tensor<8xf32>) {
  %r = remat.recompute (%pd = %d : tensor<4xf32>, %pw = %w : tensor<8x4xf32>, %pb = %b : tensor<8xf32>) after (%g : tensor<8xf32>) {
    %0 = "stablehlo.custom_call"(%pd, %pw, %pb) <{call_target_name = "matvec"}> {remat.pure} : (tensor<4xf32>, tensor<8x4xf32>, tensor<8xf32>) -> tensor<8xf32>
    %1 = "stablehlo.tanh"(%0) : (tensor<8xf32>) -> tensor<8xf32>
    %2 = "stablehlo.add"(%1, %0) : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
    remat.yield %2 : tensor<8xf32>
  }
  return %d, %r : tensor<4xf32>, tensor<8xf32>
}

// -----

// An op of constants alone: the constant is tied.
// ALL-LABEL: func.func @constants_only(
// ALL-SAME: %[[G:.*]]: tensor<8xf32>)
// GPU-NEXT: %[[C:.*]] = "stablehlo.iota"
// GPU-NEXT: %[[T:.*]]:2 = "stablehlo.optimization_barrier"(%[[C]], %[[G]])
// GPU-NEXT: "stablehlo.cosine"(%[[T]]#0)
// CPU: %[[C:.*]] = "stablehlo.iota"
// CPU: %[[T:.*]] = "stablehlo.select"(%{{.*}}, %[[C]], %{{.*}})
// CPU-NEXT: "stablehlo.cosine"(%[[T]])
func.func @constants_only(%g: tensor<8xf32>) -> tensor<8xf32> {
  %r = remat.recompute () after (%g : tensor<8xf32>) {
    %0 = "stablehlo.iota"() <{iota_dimension = 0 : i64}> : () -> tensor<8xf32>
    %1 = "stablehlo.cosine"(%0) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %1 : tensor<8xf32>
  }
  return %r : tensor<8xf32>
}

// -----

// Without a trigger the barrier still keeps the clone apart; the guard takes
// its predicate from an input.
// ALL-LABEL: func.func @no_trigger(
// ALL-SAME: %[[X:.*]]: tensor<f32>)
// ALL-NEXT: %[[A:.*]] = "stablehlo.tanh"(%[[X]])
// GPU-NEXT: %[[T:.*]] = "stablehlo.optimization_barrier"(%[[A]])
// GPU-NEXT: "stablehlo.cosine"(%[[T]])
// CPU-NEXT: "stablehlo.bitcast_convert"(%[[A]])
func.func @no_trigger(%x: tensor<f32>) -> tensor<f32> {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %r = remat.recompute (%p = %a : tensor<f32>) {
    %0 = "stablehlo.cosine"(%p) : (tensor<f32>) -> tensor<f32>
    remat.yield %0 : tensor<f32>
  }
  return %r : tensor<f32>
}

// -----

// Regions in a row, the second from the first's result.
// ALL-LABEL: func.func @two_regions(
// ALL-SAME: %[[X:.*]]: tensor<8xf32>, %[[G:.*]]: tensor<8xf32>)
// GPU: %[[A:.*]] = "stablehlo.tanh"
// GPU: %[[G1:.*]] = "stablehlo.negate"(%[[A]])
// GPU-NEXT: %[[T:.*]]:2 = "stablehlo.optimization_barrier"(%[[A]], %[[G1]])
// GPU-NEXT: "stablehlo.cosine"(%[[T]]#0)
// ALL-NOT: remat.
func.func @two_regions(%x: tensor<8xf32>, %g: tensor<8xf32>) -> tensor<8xf32> {
  %r = remat.recompute (%p = %x : tensor<8xf32>) after (%g : tensor<8xf32>) {
    %0 = "stablehlo.tanh"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  %g1 = "stablehlo.negate"(%r) : (tensor<8xf32>) -> tensor<8xf32>
  %s = remat.recompute (%p = %r : tensor<8xf32>) after (%g1 : tensor<8xf32>) {
    %0 = "stablehlo.cosine"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  return %s : tensor<8xf32>
}

// -----

// Constants in the forward: for want of anything else, an argument of the
// function serves the guard.
// ALL-LABEL: func.func @nothing_but_the_function(
// ALL-SAME: %[[X:.*]]: tensor<f32>)
// CPU-NEXT: "stablehlo.bitcast_convert"(%[[X]])
// GPU-NEXT: %[[C:.*]] = "stablehlo.iota"
// GPU-NEXT: "stablehlo.optimization_barrier"(%[[C]])
func.func @nothing_but_the_function(%x: tensor<f32>) -> tensor<8xf32> {
  %r = remat.recompute () {
    %0 = "stablehlo.iota"() <{iota_dimension = 0 : i64}> : () -> tensor<8xf32>
    %1 = "stablehlo.cosine"(%0) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %1 : tensor<8xf32>
  }
  return %r : tensor<8xf32>
}
