// RUN: remat-opt %s --remat-call-device -verify-diagnostics

// expected-error @below {{@main has 1 results; run remat-bufferize first, which makes them arguments}}
func.func @main(%x: memref<4xf32>) -> memref<4xf32> {
  return %x : memref<4xf32>
}
