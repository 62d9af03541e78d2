// What verify-resources.mlir compares with; written for it.
func.func @main() -> tensor<4xi32> {
  %0 = "stablehlo.constant"() <{value = dense_resource<weights> : tensor<4xi32>}> : () -> tensor<4xi32>
  return %0 : tensor<4xi32>
}
{-#
  dialect_resources: {
    builtin: {
      weights: "0x0400000001000000020000000300000004000000"
    }
  }
#-}
