// What the analysis refuses, with the culprit's location. Every message has a
// unit test (test/Unit/Analysis/StepGraphErrorsTest.cpp); these are the ones that a
// user meets first.
// RUN: remat-opt %s --remat-print-graph -split-input-file -verify-diagnostics -o /dev/null

// expected-error @below {{the module is empty: there is nothing to plan}}
module {}

// -----

// expected-error @below {{the module has 2 public functions with a body, none of them @main: @a, @b; name one with the option 'entry'}}
module {
  func.func @a() { return }
  func.func @b() { return }
}

// -----

func.func private @relu(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{calls must be inlined before planning, here the call of @relu; run the pass 'remat-inline' first}}
  %0 = call @relu(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// expected-error @below {{argument 0 has type 'tensor<?xf32>', whose size is not known; only static shapes can be planned}}
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  %0 = "stablehlo.tanh"(%x) : (tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<f32> {
  // expected-error @below {{'stablehlo.dot_general' has no attribute 'dot_dimension_numbers': the file lost properties, as bytecode written by jaxlib does; export the program again, as text or as a portable artifact}}
  %0 = "stablehlo.dot_general"(%x, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

// expected-error @below {{there is no backward to plan for: no op after foo.loss %1}}
func.func @main(%x: tensor<4xf32>) -> tensor<f32> {
  %0 = "stablehlo.tanh"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = "foo.loss"(%0) : (tensor<4xf32>) -> tensor<f32>
  return %1 : tensor<f32>
}

// -----

// A forward alone: nothing in it can be a loss or a gradient.
// expected-error @below {{there is no backward to plan for: no result of @main is a scalar float, as a loss is, or has the shape of an argument, as a gradient has; result 0 is 'tensor<2xf32>' of foo.head %1 (net.py:5); give a training step, which returns the loss and the gradients}}
func.func @main(%x: tensor<4xf32>) -> tensor<2xf32> {
  %0 = "stablehlo.tanh"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = "foo.head"(%0) : (tensor<4xf32>) -> tensor<2xf32> loc("net.py":5:1)
  return %1 : tensor<2xf32>
}

// -----

// A forward that returns its loss first.
// expected-warning @below {{@main looks like a forward without a backward: no op after its loss, foo.loss %1 (net.py:5), makes a result that has the shape of an argument, as a gradient has; give a training step, or the result that is the loss with the option 'loss'}}
func.func @main(%x: tensor<4xf32>) -> (tensor<f32>, tensor<2xf32>) {
  %0 = "stablehlo.tanh"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = "foo.loss"(%0) : (tensor<4xf32>) -> tensor<f32> loc("net.py":5:1)
  %2 = "foo.head"(%0) : (tensor<4xf32>) -> tensor<2xf32>
  return %1, %2 : tensor<f32>, tensor<2xf32>
}

// -----

// A forward whose result looks like an argument, or a step that keeps its loss.
// expected-warning @below {{no result of @main is a scalar float that could be the loss; the forward is taken to end at stablehlo.multiply %2 (net.py:6), where most bytes are live; return the loss too, from a training step, so that it is known}}
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = "stablehlo.tanh"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = "stablehlo.sine"(%0) : (tensor<4xf32>) -> tensor<4xf32>
  %2 = "stablehlo.multiply"(%0, %1) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32> loc("net.py":6:1)
  %3 = "stablehlo.multiply"(%1, %2) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %3 : tensor<4xf32>
}

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'stablehlo.tanh' has the mark 'remat.recompute', which is unknown; marks are 'remat.keep' (never run again) and 'remat.pure' (a custom call or unknown op without effects), and what runs again follows from the budget}}
  %0 = "stablehlo.tanh"(%x) {remat.recompute} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'stablehlo.tanh' has the mark 'remat.keep = false', but a mark has no value; write it without, or remove it}}
  %0 = "stablehlo.tanh"(%x) {remat.keep = false} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
