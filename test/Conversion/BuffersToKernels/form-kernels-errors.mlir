// RUN: remat-opt %s --remat-form-kernels -verify-diagnostics -split-input-file

func.func @unknown(%x: memref<?xf32>) {
  %zero = arith.constant 0.0 : f32
  // expected-error @below {{loops over a dimension of unknown size; only static shapes become kernels}}
  linalg.fill ins(%zero : f32) outs(%x : memref<?xf32>)
  return
}

// -----

func.func private @other()
func.func @main() {
  // expected-error @below {{func.call is neither a loop over buffers nor code of the host; only linalg, scf and memref ops of a step that remat-bufferize made become kernels}}
  func.call @other() : () -> ()
  return
}

// -----

func.func @main(%x: memref<4xf32>, %flag: memref<i1>) {
  %go = memref.load %flag[] : memref<i1>
  scf.if %go {
    // expected-error @below {{memref.alloc is neither a loop over buffers nor code of the host}}
    %y = memref.alloc() : memref<4xf32>
    memref.copy %x, %y : memref<4xf32> to memref<4xf32>
  }
  return
}

// -----

func.func @main(%z: complex<f32>, %x: memref<4xcomplex<f32>>) {
  // expected-error @below {{reads a value of type 'complex<f32>' that was computed before; only buffers and numbers can be handed to a kernel}}
  linalg.fill ins(%z : complex<f32>) outs(%x : memref<4xcomplex<f32>>)
  return
}

// -----

func.func @main(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @below {{linalg.softmax is neither a loop over buffers nor code of the host}}
  linalg.softmax dimension(1) ins(%x : memref<4x8xf32>) outs(%y : memref<4x8xf32>)
  return
}

// -----

func.func @main(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @below {{an output moves with loop 1, which is a reduction; a thread computes one element, so only sums into one place become kernels}}
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
                  iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<4x8xf32>) outs(%y : memref<4x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %sum = arith.addf %a, %b : f32
    linalg.yield %sum : f32
  }
  return
}
