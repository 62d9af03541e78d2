// RUN: remat-opt %s -split-input-file -verify-diagnostics --remat-inline

func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = func.call @a(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func private @a(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = func.call @b(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func private @b(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @below {{recursive call @main -> @a -> @b -> @a; a training step has no recursion, write it as a loop}}
  %0 = func.call @a(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = func.call @a(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func private @a(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @below {{calls @elsewhere, which has no body (@main -> @a -> @elsewhere); define it in the module}}
  %0 = func.call @elsewhere(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func private @elsewhere(tensor<8xf32>) -> tensor<8xf32>

// -----

func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @below {{calls @nowhere, which the module does not define (@main -> @nowhere)}}
  %0 = "stablehlo.composite"(%x) <{decomposition = @nowhere, name = "n"}> : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @below {{calls @a with operand and result types '(tensor<8xf32>) -> tensor<8xf32>', but it has type '(tensor<4xf32>) -> tensor<4xf32>' (@main -> @a)}}
  %0 = "stablehlo.composite"(%x) <{decomposition = @a, name = "n"}> : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func private @a(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @below {{calls @a, which has 2 blocks, not one (@main -> @a); structure its control flow first}}
  %0 = func.call @a(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func private @a(%x: tensor<8xf32>) -> tensor<8xf32> {
  cf.br ^end
^end:
  return %x : tensor<8xf32>
}

// -----

func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @below {{calls @a, which does not end in func.return (@main -> @a)}}
  %0 = func.call @a(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func private @a(%x: tensor<8xf32>) -> tensor<8xf32> {
  "test.end"(%x) : (tensor<8xf32>) -> ()
}

// -----

// expected-error @below {{the module is empty: there is nothing to plan}}
module {
}

// -----

// What reading jaxlib's bytecode leaves of an op.
func.func @main(%x: tensor<4x8xf32>, %y: tensor<8x4xf32>) -> tensor<4x4xf32> {
  // expected-error @below {{'stablehlo.dot_general' has no attribute 'dot_dimension_numbers': the file lost properties, as bytecode written by jaxlib does; export the program again, as text or as a portable artifact}}
  %0 = "stablehlo.dot_general"(%x, %y) : (tensor<4x8xf32>, tensor<8x4xf32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// -----

// expected-error @below {{entry function @main has 2 blocks, not one; structure its control flow first}}
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  cf.br ^end
^end:
  return %x : tensor<8xf32>
}

// -----

// What cannot be compared is not proven.
// expected-error @below {{remat-inline made a program that is not proven to compute what @main computed before, so nothing is written; verify=false skips the proof}}
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @below {{'other.loop' cannot be compared: it has a region of several blocks}}
  %0 = "other.loop"(%x) ({
    cf.br ^end
  ^end:
    "other.end"(%x) : (tensor<8xf32>) -> ()
  }) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @below {{calls @a with the mark 'remat.keep', which inlining would lose; put it on the ops of @a}}
  %0 = func.call @a(%x) {other.mark, remat.keep} : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func private @a(%x: tensor<8xf32>) -> tensor<8xf32> {
  return %x : tensor<8xf32>
}
