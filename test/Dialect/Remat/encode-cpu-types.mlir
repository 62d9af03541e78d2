// RUN: remat-opt %s -split-input-file --remat-encode=target=xla-cpu | FileCheck %s

// The predicate for each type of trigger, the other branch for each type of
// guarded value. The check that follows the encoding proves each of them.

// CHECK-LABEL: func.func @trigger_bf16(
// CHECK: %[[I:.*]] = "stablehlo.bitcast_convert"(%{{.*}}) : (tensor<bf16>) -> tensor<ui16>
// CHECK: %[[C:.*]] = "stablehlo.constant"() <{value = dense<1> : tensor<ui16>}>
// CHECK: "stablehlo.or"(%[[I]], %[[C]]) : (tensor<ui16>, tensor<ui16>) -> tensor<ui16>
func.func @trigger_bf16(%x: tensor<8xf32>, %g: tensor<2x3xbf16>) -> tensor<8xf32> {
  %r = remat.recompute (%p = %x : tensor<8xf32>) after (%g : tensor<2x3xbf16>) {
    %0 = "stablehlo.tanh"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  return %r : tensor<8xf32>
}

// -----

// CHECK-LABEL: func.func @trigger_f16(
// CHECK: %[[I:.*]] = "stablehlo.bitcast_convert"(%{{.*}}) : (tensor<f16>) -> tensor<ui16>
// CHECK: %[[C:.*]] = "stablehlo.constant"() <{value = dense<1> : tensor<ui16>}>
// CHECK: "stablehlo.or"(%[[I]], %[[C]]) : (tensor<ui16>, tensor<ui16>) -> tensor<ui16>
func.func @trigger_f16(%x: tensor<8xf32>, %g: tensor<2x3xf16>) -> tensor<8xf32> {
  %r = remat.recompute (%p = %x : tensor<8xf32>) after (%g : tensor<2x3xf16>) {
    %0 = "stablehlo.tanh"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  return %r : tensor<8xf32>
}

// -----

// CHECK-LABEL: func.func @trigger_f64(
// CHECK: %[[I:.*]] = "stablehlo.bitcast_convert"(%{{.*}}) : (tensor<f64>) -> tensor<ui64>
// CHECK: %[[C:.*]] = "stablehlo.constant"() <{value = dense<1> : tensor<ui64>}>
// CHECK: "stablehlo.or"(%[[I]], %[[C]]) : (tensor<ui64>, tensor<ui64>) -> tensor<ui64>
func.func @trigger_f64(%x: tensor<8xf32>, %g: tensor<f64>) -> tensor<8xf32> {
  %r = remat.recompute (%p = %x : tensor<8xf32>) after (%g : tensor<f64>) {
    %0 = "stablehlo.tanh"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  return %r : tensor<8xf32>
}

// -----

// CHECK-LABEL: func.func @trigger_f8(
// CHECK: %[[I:.*]] = "stablehlo.bitcast_convert"(%{{.*}}) : (tensor<f8E5M2>) -> tensor<ui8>
// CHECK: %[[C:.*]] = "stablehlo.constant"() <{value = dense<1> : tensor<ui8>}>
// CHECK: "stablehlo.or"(%[[I]], %[[C]]) : (tensor<ui8>, tensor<ui8>) -> tensor<ui8>
func.func @trigger_f8(%x: tensor<8xf32>, %g: tensor<4xf8E5M2>) -> tensor<8xf32> {
  %r = remat.recompute (%p = %x : tensor<8xf32>) after (%g : tensor<4xf8E5M2>) {
    %0 = "stablehlo.tanh"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  return %r : tensor<8xf32>
}

// -----

// CHECK-LABEL: func.func @trigger_i32(
// CHECK: %[[I:.*]] = "stablehlo.bitcast_convert"(%{{.*}}) : (tensor<i32>) -> tensor<ui32>
// CHECK: %[[C:.*]] = "stablehlo.constant"() <{value = dense<1> : tensor<ui32>}>
// CHECK: "stablehlo.or"(%[[I]], %[[C]]) : (tensor<ui32>, tensor<ui32>) -> tensor<ui32>
func.func @trigger_i32(%x: tensor<8xf32>, %g: tensor<4xi32>) -> tensor<8xf32> {
  %r = remat.recompute (%p = %x : tensor<8xf32>) after (%g : tensor<4xi32>) {
    %0 = "stablehlo.tanh"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  return %r : tensor<8xf32>
}

// -----

// CHECK-LABEL: func.func @trigger_ui8(
// CHECK: %[[I:.*]] = "stablehlo.bitcast_convert"(%{{.*}}) : (tensor<ui8>) -> tensor<ui8>
// CHECK: %[[C:.*]] = "stablehlo.constant"() <{value = dense<1> : tensor<ui8>}>
// CHECK: "stablehlo.or"(%[[I]], %[[C]]) : (tensor<ui8>, tensor<ui8>) -> tensor<ui8>
func.func @trigger_ui8(%x: tensor<8xf32>, %g: tensor<4xui8>) -> tensor<8xf32> {
  %r = remat.recompute (%p = %x : tensor<8xf32>) after (%g : tensor<4xui8>) {
    %0 = "stablehlo.tanh"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  return %r : tensor<8xf32>
}

// -----

// CHECK-LABEL: func.func @trigger_i1(
// CHECK: %[[I:.*]] = "stablehlo.convert"(%{{.*}}) : (tensor<i1>) -> tensor<ui8>
// CHECK: %[[C:.*]] = "stablehlo.constant"() <{value = dense<1> : tensor<ui8>}>
// CHECK: "stablehlo.or"(%[[I]], %[[C]]) : (tensor<ui8>, tensor<ui8>) -> tensor<ui8>
func.func @trigger_i1(%x: tensor<8xf32>, %g: tensor<4xi1>) -> tensor<8xf32> {
  %r = remat.recompute (%p = %x : tensor<8xf32>) after (%g : tensor<4xi1>) {
    %0 = "stablehlo.tanh"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  return %r : tensor<8xf32>
}

// -----

// CHECK-LABEL: func.func @trigger_complex(
// CHECK: %[[E:.*]] = "stablehlo.reshape"(%{{.*}}) : (tensor<1xcomplex<f32>>) -> tensor<complex<f32>>
// CHECK: %[[R:.*]] = "stablehlo.real"(%[[E]]) : (tensor<complex<f32>>) -> tensor<f32>
// CHECK: "stablehlo.bitcast_convert"(%[[R]]) : (tensor<f32>) -> tensor<ui32>
func.func @trigger_complex(%x: tensor<8xf32>, %g: tensor<4xcomplex<f32>>) -> tensor<8xf32> {
  %r = remat.recompute (%p = %x : tensor<8xf32>) after (%g : tensor<4xcomplex<f32>>) {
    %0 = "stablehlo.tanh"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  return %r : tensor<8xf32>
}

// -----

// An empty tensor has no element to look at: the next value serves.
// CHECK-LABEL: func.func @trigger_empty(
// CHECK-SAME: %[[X:.*]]: tensor<8xf32>
// CHECK: "stablehlo.slice"(%[[X]])
func.func @trigger_empty(%x: tensor<8xf32>, %g: tensor<0xf32>) -> tensor<8xf32> {
  %r = remat.recompute (%p = %x : tensor<8xf32>) after (%g : tensor<0xf32>) {
    %0 = "stablehlo.tanh"(%p) : (tensor<8xf32>) -> tensor<8xf32>
    remat.yield %0 : tensor<8xf32>
  }
  return %r : tensor<8xf32>
}

// -----

// CHECK-LABEL: func.func @guarded_i32(
// CHECK-SAME: %[[X:.*]]: tensor<8xi32>
// CHECK: %[[O:.*]] = "stablehlo.not"(%[[X]]) : (tensor<8xi32>) -> tensor<8xi32>
// CHECK: %[[T:.*]] = "stablehlo.select"(%{{.*}}, %[[X]], %[[O]]) : (tensor<i1>, tensor<8xi32>, tensor<8xi32>) -> tensor<8xi32>
// CHECK: "stablehlo.custom_call"(%[[T]])
func.func @guarded_i32(%x: tensor<8xi32>, %g: tensor<f32>) -> tensor<8xi32> {
  %r = remat.recompute (%p = %x : tensor<8xi32>) after (%g : tensor<f32>) {
    %0 = "stablehlo.custom_call"(%p) <{call_target_name = "f"}> {remat.pure} : (tensor<8xi32>) -> tensor<8xi32>
    remat.yield %0 : tensor<8xi32>
  }
  return %r : tensor<8xi32>
}

// -----

// CHECK-LABEL: func.func @guarded_i1(
// CHECK-SAME: %[[X:.*]]: tensor<8xi1>
// CHECK: %[[O:.*]] = "stablehlo.not"(%[[X]]) : (tensor<8xi1>) -> tensor<8xi1>
// CHECK: %[[T:.*]] = "stablehlo.select"(%{{.*}}, %[[X]], %[[O]]) : (tensor<i1>, tensor<8xi1>, tensor<8xi1>) -> tensor<8xi1>
// CHECK: "stablehlo.custom_call"(%[[T]])
func.func @guarded_i1(%x: tensor<8xi1>, %g: tensor<f32>) -> tensor<8xi1> {
  %r = remat.recompute (%p = %x : tensor<8xi1>) after (%g : tensor<f32>) {
    %0 = "stablehlo.custom_call"(%p) <{call_target_name = "f"}> {remat.pure} : (tensor<8xi1>) -> tensor<8xi1>
    remat.yield %0 : tensor<8xi1>
  }
  return %r : tensor<8xi1>
}

// -----

// CHECK-LABEL: func.func @guarded_ui8(
// CHECK-SAME: %[[X:.*]]: tensor<8xui8>
// CHECK: %[[O:.*]] = "stablehlo.not"(%[[X]]) : (tensor<8xui8>) -> tensor<8xui8>
// CHECK: %[[T:.*]] = "stablehlo.select"(%{{.*}}, %[[X]], %[[O]]) : (tensor<i1>, tensor<8xui8>, tensor<8xui8>) -> tensor<8xui8>
// CHECK: "stablehlo.custom_call"(%[[T]])
func.func @guarded_ui8(%x: tensor<8xui8>, %g: tensor<f32>) -> tensor<8xui8> {
  %r = remat.recompute (%p = %x : tensor<8xui8>) after (%g : tensor<f32>) {
    %0 = "stablehlo.custom_call"(%p) <{call_target_name = "f"}> {remat.pure} : (tensor<8xui8>) -> tensor<8xui8>
    remat.yield %0 : tensor<8xui8>
  }
  return %r : tensor<8xui8>
}

// -----

// CHECK-LABEL: func.func @guarded_bf16(
// CHECK-SAME: %[[X:.*]]: tensor<8xbf16>
// CHECK: %[[B:.*]] = "stablehlo.bitcast_convert"(%[[X]]) : (tensor<8xbf16>) -> tensor<8xui16>
// CHECK: %[[O:.*]] = "stablehlo.not"(%[[B]]) : (tensor<8xui16>) -> tensor<8xui16>
// CHECK: %[[S:.*]] = "stablehlo.select"(%{{.*}}, %[[B]], %[[O]]) : (tensor<i1>, tensor<8xui16>, tensor<8xui16>) -> tensor<8xui16>
// CHECK: %[[T:.*]] = "stablehlo.bitcast_convert"(%[[S]]) : (tensor<8xui16>) -> tensor<8xbf16>
// CHECK: "stablehlo.custom_call"(%[[T]])
func.func @guarded_bf16(%x: tensor<8xbf16>, %g: tensor<f32>) -> tensor<8xbf16> {
  %r = remat.recompute (%p = %x : tensor<8xbf16>) after (%g : tensor<f32>) {
    %0 = "stablehlo.custom_call"(%p) <{call_target_name = "f"}> {remat.pure} : (tensor<8xbf16>) -> tensor<8xbf16>
    remat.yield %0 : tensor<8xbf16>
  }
  return %r : tensor<8xbf16>
}

// -----

// CHECK-LABEL: func.func @guarded_complex(
// CHECK-SAME: %[[X:.*]]: tensor<8xcomplex<f64>>
// CHECK: %[[O:.*]] = "stablehlo.negate"(%[[X]]) : (tensor<8xcomplex<f64>>) -> tensor<8xcomplex<f64>>
// CHECK: %[[T:.*]] = "stablehlo.select"(%{{.*}}, %[[X]], %[[O]]) : (tensor<i1>, tensor<8xcomplex<f64>>, tensor<8xcomplex<f64>>) -> tensor<8xcomplex<f64>>
// CHECK: "stablehlo.custom_call"(%[[T]])
func.func @guarded_complex(%x: tensor<8xcomplex<f64>>, %g: tensor<f32>) -> tensor<8xcomplex<f64>> {
  %r = remat.recompute (%p = %x : tensor<8xcomplex<f64>>) after (%g : tensor<f32>) {
    %0 = "stablehlo.custom_call"(%p) <{call_target_name = "f"}> {remat.pure} : (tensor<8xcomplex<f64>>) -> tensor<8xcomplex<f64>>
    remat.yield %0 : tensor<8xcomplex<f64>>
  }
  return %r : tensor<8xcomplex<f64>>
}
