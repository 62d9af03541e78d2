// RUN: remat-opt %s --remat-stablehlo-to-linalg | FileCheck %s --implicit-check-not=ui32 --implicit-check-not=si8 --implicit-check-not=unrealized

// CHECK-LABEL: func.func @signs(
// CHECK-SAME: %[[X:.*]]: tensor<2xi32> {jax.result_info = "key"}, %{{.*}}: tensor<i8>) -> (tensor<2xi32>, tensor<2xi32>, tensor<2xi32>)
func.func @signs(%x: tensor<2xui32> {jax.result_info = "key"}, %y: tensor<si8>) -> (tensor<2xui32>, tensor<2xui32>, tensor<2xui32>) {
  // CHECK: %[[C:.*]] = arith.constant dense<[-1, 3]> : tensor<2xi32>
  %c = arith.constant dense<[4294967295, 3]> : tensor<2xui32>
  %0 = builtin.unrealized_conversion_cast %x : tensor<2xui32> to tensor<2xi32>
  // CHECK: %[[S:.*]] = arith.addi %[[X]], %[[X]]
  %1 = arith.addi %0, %0 : tensor<2xi32>
  %2 = builtin.unrealized_conversion_cast %1 : tensor<2xi32> to tensor<2xui32>
  // CHECK: %[[R:.*]] = remat.recompute (%[[K:.*]] = %[[S]] : tensor<2xi32>) {
  %3 = remat.recompute (%k = %2 : tensor<2xui32>) {
    %4 = builtin.unrealized_conversion_cast %k : tensor<2xui32> to tensor<2xi32>
    // CHECK: arith.muli %[[K]], %[[K]]
    %5 = arith.muli %4, %4 : tensor<2xi32>
    %6 = builtin.unrealized_conversion_cast %5 : tensor<2xi32> to tensor<2xui32>
    remat.yield %6 : tensor<2xui32>
  }
  // CHECK: return %[[C]], %[[S]], %[[R]]
  return %c, %2, %3 : tensor<2xui32>, tensor<2xui32>, tensor<2xui32>
}
