// RUN: remat-opt %s -split-input-file --remat-pack-arena -verify-diagnostics -o /dev/null
// RUN: not remat-opt %s -split-input-file --remat-pack-arena=node-limit=-1 -o /dev/null 2>&1 | FileCheck %s --check-prefix=LIMIT
// LIMIT: error: node-limit=-1 is negative; expected 0 or more

// expected-error @below {{@main takes or returns 'tensor<4xf32>'; only bufferised functions on static shapes without layouts have an arena: run one-shot-bufferize first}}
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

// expected-error @below {{@main takes or returns 'memref<?xf32>'; only bufferised functions on static shapes}}
func.func @main(%x: memref<?xf32>) {
  return
}

// -----

// expected-error @below {{@main has 2 blocks; only one block of straight-line code has an arena}}
func.func @main(%x: memref<4xf32>) {
  cf.br ^next
^next:
  return
}

// -----

func.func @main(%x: memref<4xf32>, %n: memref<index>) {
  %size = memref.load %n[] : memref<index>
  // expected-error @below {{has type 'memref<?xf32>', which has no place in an arena; only static shapes without a layout have}}
  %a = memref.alloc(%size) : memref<?xf32>
  return
}
