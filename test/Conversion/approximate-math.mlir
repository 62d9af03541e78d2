// RUN: remat-opt %s --remat-approximate-math | FileCheck %s

// CHECK-LABEL: func @floats
// CHECK-NOT: math.{{exp|log|tanh|erf}}
// CHECK: return
func.func @floats(%x: f32) -> (f32, f32, f32, f32) {
  %a = math.exp %x : f32
  %b = math.log %x : f32
  %c = math.tanh %x : f32
  %d = math.erf %x : f32
  return %a, %b, %c, %d : f32, f32, f32, f32
}

// CHECK-LABEL: func @doubles
// CHECK: math.exp
func.func @doubles(%x: f64) -> f64 {
  %a = math.exp %x : f64
  return %a : f64
}
