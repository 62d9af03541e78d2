// A chain of exponentials, a loss, and the chain's gradient.
func.func @main(%x: tensor<1024xf32>) -> (tensor<f32>, tensor<1024xf32>) {
  %a = "stablehlo.exponential"(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
  %b = "stablehlo.exponential"(%a) : (tensor<1024xf32>) -> tensor<1024xf32>
  %c = "stablehlo.exponential"(%b) : (tensor<1024xf32>) -> tensor<1024xf32>
  %d = "stablehlo.exponential"(%c) : (tensor<1024xf32>) -> tensor<1024xf32>
  %loss = "stablehlo.dot_general"(%d, %d) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}> : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<f32>
  %gd = "stablehlo.add"(%d, %d) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %gc = "stablehlo.multiply"(%gd, %d) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %gb = "stablehlo.multiply"(%gc, %c) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %ga = "stablehlo.multiply"(%gb, %b) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %gx = "stablehlo.multiply"(%ga, %a) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  return %loss, %gx : tensor<f32>, tensor<1024xf32>
}
