// Large constants are compared by content: two files name their blobs as they like.
// RUN: remat-opt %s --remat-verify=reference=%S/Inputs/verify-resource-reference.mlir -o %t.mlir
// RUN: remat-opt %s --remat-verify=reference=%s -o %t.mlir
// RUN: sed 's/0300000004000000"$/0300000005000000"/' %s > %t.other.mlir
// RUN: not remat-opt %t.other.mlir --remat-verify=reference=%s 2>&1 | FileCheck %s
// CHECK: error: @main is not equivalent to the reference: result 0 differs
// CHECK: note: here the program has 'stablehlo.constant'
// CHECK: note: where the reference has other attributes: 'stablehlo.constant'

func.func @main() -> tensor<4xi32> {
  %0 = "stablehlo.constant"() <{value = dense_resource<blob> : tensor<4xi32>}> : () -> tensor<4xi32>
  return %0 : tensor<4xi32>
}
{-#
  dialect_resources: {
    builtin: {
      blob: "0x0400000001000000020000000300000004000000"
    }
  }
#-}
