// RUN: remat-opt %s -split-input-file --remat-apply | FileCheck %s

// The trigger is the last float that the next op reads, though another was made later.
// CHECK-LABEL: func.func @read_by_the_next_op(
// CHECK: %[[G:.*]] = "stablehlo.negate"
// CHECK-NEXT: %[[H:.*]] = "stablehlo.sine"
// CHECK-NEXT: "stablehlo.compare"
// CHECK-NEXT: "stablehlo.exponential"
// CHECK-NEXT: remat.recompute ({{.*}}) after (%[[H]] : tensor<f32>)
// CHECK: "stablehlo.clamp"(%[[H]], %{{.*}}, %[[G]])
// CHECK-NEXT: remat.recompute ({{.*}}) after (%[[G]] : tensor<f32>)
// CHECK: "stablehlo.select"(%{{.*}}, %[[G]], %{{.*}})
func.func @read_by_the_next_op(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<loss = 0, insertions = [{before = 6, ops = [0]}, {before = 7, ops = [0]}]>} {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %loss = "stablehlo.cosine"(%a) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.negate"(%loss) : (tensor<f32>) -> tensor<f32>
  %h = "stablehlo.sine"(%g) : (tensor<f32>) -> tensor<f32>
  %p = "stablehlo.compare"(%g, %h) <{comparison_direction = #stablehlo<comparison_direction GE>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
  %i = "stablehlo.exponential"(%h) : (tensor<f32>) -> tensor<f32>
  %j = "stablehlo.clamp"(%h, %a, %g) : (tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<f32>
  %k = "stablehlo.select"(%p, %g, %a) : (tensor<i1>, tensor<f32>, tensor<f32>) -> tensor<f32>
  return %loss, %i, %j, %k : tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
}

// -----

// Where that is none, it is the last float that is read behind the region: neither
// the exponential, which only the comparison reads, nor the comparison. At the second
// region the sine is read no more either.
// CHECK-LABEL: func.func @read_behind(
// CHECK: %[[G:.*]] = "stablehlo.negate"
// CHECK-NEXT: %[[H:.*]] = "stablehlo.sine"
// CHECK-NEXT: "stablehlo.exponential"
// CHECK-NEXT: "stablehlo.compare"
// CHECK-NEXT: remat.recompute ({{.*}}) after (%[[H]] : tensor<f32>)
// CHECK: "stablehlo.cosine"
// CHECK-NEXT: "stablehlo.compare"(%{{.*}}, %[[H]])
// CHECK-NEXT: remat.recompute ({{.*}}) after (%[[G]] : tensor<f32>)
// CHECK: "stablehlo.abs"
func.func @read_behind(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<i1>, tensor<i1>, tensor<f32>)
    attributes {remat.plan = #remat.plan<loss = 0, insertions = [{before = 6, ops = [0]}, {before = 8, ops = [0]}]>} {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %loss = "stablehlo.cosine"(%a) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.negate"(%loss) : (tensor<f32>) -> tensor<f32>
  %h = "stablehlo.sine"(%g) : (tensor<f32>) -> tensor<f32>
  %i = "stablehlo.exponential"(%g) : (tensor<f32>) -> tensor<f32>
  %p = "stablehlo.compare"(%i, %i) <{comparison_direction = #stablehlo<comparison_direction GE>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
  %b = "stablehlo.cosine"(%a) : (tensor<f32>) -> tensor<f32>
  %q = "stablehlo.compare"(%b, %h) <{comparison_direction = #stablehlo<comparison_direction GE>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
  %c = "stablehlo.abs"(%a) : (tensor<f32>) -> tensor<f32>
  return %loss, %g, %p, %q, %c : tensor<f32>, tensor<f32>, tensor<i1>, tensor<i1>, tensor<f32>
}

// -----

// What is no float serves where no float is read behind the region.
// CHECK-LABEL: func.func @no_float_read_behind(
// CHECK: %[[P:.*]] = "stablehlo.compare"
// CHECK-NEXT: remat.recompute ({{.*}}) after (%[[P]] : tensor<i1>)
func.func @no_float_read_behind(%x: tensor<f32>) -> (tensor<f32>, tensor<i1>, tensor<f32>)
    attributes {remat.plan = #remat.plan<loss = 0, insertions = [{before = 4, ops = [0]}]>} {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %loss = "stablehlo.cosine"(%a) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.negate"(%loss) : (tensor<f32>) -> tensor<f32>
  %p = "stablehlo.compare"(%g, %g) <{comparison_direction = #stablehlo<comparison_direction GE>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
  %c = "stablehlo.abs"(%a) : (tensor<f32>) -> tensor<f32>
  return %loss, %p, %c : tensor<f32>, tensor<i1>, tensor<f32>
}

// -----

// Where nothing is read behind the region, it is the last float made before it.
// CHECK-LABEL: func.func @nothing_read_behind(
// CHECK: %[[G:.*]] = "stablehlo.negate"
// CHECK-NEXT: "stablehlo.compare"
// CHECK-NEXT: "stablehlo.custom_call"
// CHECK-NEXT: remat.recompute ({{.*}}) after (%[[G]] : tensor<f32>)
func.func @nothing_read_behind(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<loss = 0, insertions = [{before = 5, ops = [0]}]>} {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %loss = "stablehlo.cosine"(%a) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.negate"(%loss) : (tensor<f32>) -> tensor<f32>
  %p = "stablehlo.compare"(%g, %g) <{comparison_direction = #stablehlo<comparison_direction GE>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
  "stablehlo.custom_call"(%p) <{call_target_name = "report", has_side_effect = true}> : (tensor<i1>) -> ()
  %c = "stablehlo.abs"(%a) : (tensor<f32>) -> tensor<f32>
  return %loss, %c : tensor<f32>, tensor<f32>
}

// -----

// A step with nothing behind its loss has no trigger.
// CHECK-LABEL: func.func @nothing_made_behind_the_loss(
// CHECK: remat.recompute (%{{.*}} = %{{.*}} : tensor<f32>) {
func.func @nothing_made_behind_the_loss(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>)
    attributes {remat.plan = #remat.plan<loss = 0, insertions = [{before = 2, ops = [0]}]>} {
  %a = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
  %loss = "stablehlo.cosine"(%a) : (tensor<f32>) -> tensor<f32>
  %c = "stablehlo.abs"(%a) : (tensor<f32>) -> tensor<f32>
  return %loss, %c : tensor<f32>, tensor<f32>
}
