//===- OpModelCases.cpp - a snippet for each row of the table -------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpModelCases.h"

using remat::planning::OpKind;

namespace remat::test {

namespace {

constexpr char unary[] = R"(%0 = "$"(%a) : (tensor<2x3xf32>) -> tensor<2x3xf32>)";
constexpr char noOperand[] = R"(%0 = "$"() : () -> tensor<2x3xf32>)";
constexpr char matmul[] =
    R"(%0 = "$"(%a, %b) : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>)";

std::vector<OpModelCase> tensorAndControlFlow() {
  return {
      {"tensor.empty", noOperand, OpKind::Constant, "prfL", 0},
      {"tensor.dim", R"(%c = arith.constant 0 : index
          %0 = "$"(%a, %c) : (tensor<2x3xf32>, index) -> index)",
       OpKind::Constant, "prfL", 0},
      {"tensor.rank", R"(%0 = "$"(%a) : (tensor<2x3xf32>) -> index)", OpKind::Constant, "prfL", 0},
      {"tensor.bitcast tensor.cast", unary, OpKind::View, "prfL", 0},
      {"tensor.collapse_shape",
       R"(%0 = "$"(%a) <{reassociation = [[0, 1]]}> : (tensor<2x3xf32>) -> tensor<6xf32>)",
       OpKind::View, "prfL", 0},
      {"tensor.expand_shape",
       R"(%0 = "$"(%a) <{reassociation = [[0, 1], [2]], static_output_shape = array<i64: 2, 1, 3>}>
          : (tensor<2x3xf32>) -> tensor<2x1x3xf32>)",
       OpKind::View, "prfL", 0},
      {"tensor.reshape",
       R"(%0 = "$"(%a, %i) : (tensor<2x3xf32>, tensor<2xi32>) -> tensor<3x2xf32>)", OpKind::View,
       "prfL", 0},
      {"tensor.splat", R"(%c = arith.constant 1.0 : f32
          %0 = "$"(%c) : (f32) -> tensor<2x3xf32>)",
       OpKind::Broadcast, "prfL", 0},
      {"tensor.extract", R"(%c = arith.constant 0 : index
          %0 = "$"(%a, %c, %c) : (tensor<2x3xf32>, index, index) -> f32)",
       OpKind::Slice, "prL", 0},
      {"tensor.extract_slice", R"(%0 = "$"(%a) <{static_offsets = array<i64: 0, 0>,
          static_sizes = array<i64: 1, 3>, static_strides = array<i64: 1, 1>,
          operandSegmentSizes = array<i32: 1, 0, 0, 0>}> : (tensor<2x3xf32>) -> tensor<1x3xf32>)",
       OpKind::Slice, "prL", 0},
      {"tensor.insert", R"(%c = arith.constant 0 : index
          %v = arith.constant 1.0 : f32
          %0 = "$"(%v, %a, %c, %c) : (f32, tensor<2x3xf32>, index, index) -> tensor<2x3xf32>)",
       OpKind::Update, "prL", 0},
      {"tensor.insert_slice", R"(%0 = "$"(%a, %a) <{static_offsets = array<i64: 0, 0>,
          static_sizes = array<i64: 2, 3>, static_strides = array<i64: 1, 1>,
          operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>}> :
          (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>)",
       OpKind::Update, "prL", 0},
      {"tensor.concat", R"(%0 = "$"(%a, %a) <{dim = 0 : i64}> :
          (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>)",
       OpKind::Concat, "prL", 0},
      {"tensor.from_elements", R"(%c = arith.constant 1.0 : f32
          %0 = "$"(%c, %c) : (f32, f32) -> tensor<2xf32>)",
       OpKind::Concat, "prL", 0},
      {"tensor.pad", R"(%0 = "$"(%a) <{static_low = array<i64: 0, 1>,
          static_high = array<i64: 0, 0>, operandSegmentSizes = array<i32: 1, 0, 0>}> ({
          ^bb0(%x: index, %y: index):
            %c = arith.constant 1.0 : f32
            tensor.yield %c : f32
          }) : (tensor<2x3xf32>) -> tensor<2x4xf32>)",
       OpKind::Pad, "prL", 0},
      {"tensor.gather", R"(%0 = "$"(%a, %i) <{gather_dims = array<i64: 0>}> :
          (tensor<2x3xf32>, tensor<2xi32>) -> tensor<1x3xf32>)",
       OpKind::Gather, "prL", 0},
      {"tensor.scatter", R"(%0 = "$"(%a, %a, %i) <{scatter_dims = array<i64: 0>}> :
          (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2xi32>) -> tensor<2x3xf32>)",
       OpKind::Scatter, "prR", 0},
      {"tensor.generate", R"(%0 = "$"() ({
          ^bb0(%x: index, %y: index):
            %c = arith.addi %x, %y : index
            tensor.yield %c : index
          }) : () -> tensor<2x3xindex>)",
       OpKind::Elementwise, "prL", 6},
      {"scf.for", R"(%c0 = arith.constant 0 : index
          %c2 = arith.constant 2 : index
          %c8 = arith.constant 8 : index
          %0 = scf.for %k = %c0 to %c8 step %c2 iter_args(%x = %a) -> tensor<2x3xf32> {
            %y = arith.addf %x, %x : tensor<2x3xf32>
            scf.yield %y : tensor<2x3xf32>
          })",
       OpKind::Loop, "pr", 24},
      {"scf.forall", R"(%0 = scf.forall (%k) in (4) shared_outs(%x = %a) -> tensor<2x3xf32> {
            scf.forall.in_parallel { }
          })",
       OpKind::Loop, "pr", 0},
      {"scf.parallel", R"(%c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %c4 = arith.constant 4 : index
          scf.parallel (%k) = (%c0) to (%c4) step (%c1) {
            %y = arith.addf %a, %a : tensor<2x3xf32>
            scf.reduce
          })",
       OpKind::Loop, "pr", 24},
      {"scf.while", R"(%0 = scf.while (%x = %a) : (tensor<2x3xf32>) -> tensor<2x3xf32> {
            %t = arith.constant true
            scf.condition(%t) %x : tensor<2x3xf32>
          } do {
          ^bb0(%x: tensor<2x3xf32>):
            %y = arith.addf %x, %x : tensor<2x3xf32>
            scf.yield %y : tensor<2x3xf32>
          })",
       OpKind::Loop, "pr", 6},
      {"scf.if", R"(%t = arith.constant true
          %0 = scf.if %t -> tensor<2x3xf32> {
            %y = arith.addf %a, %a : tensor<2x3xf32>
            scf.yield %y : tensor<2x3xf32>
          } else {
            scf.yield %a : tensor<2x3xf32>
          })",
       OpKind::Branch, "pr", 6},
      {"scf.index_switch", R"(%c = arith.constant 0 : index
          %0 = scf.index_switch %c -> tensor<2x3xf32>
          case 0 {
            %y = arith.addf %a, %a : tensor<2x3xf32>
            scf.yield %y : tensor<2x3xf32>
          }
          default { scf.yield %a : tensor<2x3xf32> })",
       OpKind::Branch, "pr", 6},
      {"scf.execute_region", R"(%0 = scf.execute_region -> tensor<2x3xf32> {
            %y = arith.addf %a, %a : tensor<2x3xf32>
            scf.yield %y : tensor<2x3xf32>
          })",
       OpKind::Branch, "pr", 6},
  };
}

std::vector<OpModelCase> tosa() {
  return {
      {"tosa.abs tosa.add tosa.arithmetic_right_shift tosa.bitwise_and tosa.bitwise_not "
       "tosa.bitwise_or tosa.bitwise_xor tosa.cast tosa.ceil tosa.clamp tosa.clz tosa.cos "
       "tosa.equal tosa.erf tosa.exp tosa.floor tosa.greater tosa.greater_equal tosa.identity "
       "tosa.intdiv tosa.log tosa.logical_and tosa.logical_left_shift tosa.logical_not "
       "tosa.logical_or tosa.logical_right_shift tosa.logical_xor tosa.maximum tosa.minimum "
       "tosa.mul tosa.negate tosa.pow tosa.reciprocal tosa.rescale tosa.rsqrt tosa.select "
       "tosa.sigmoid tosa.sin tosa.sub tosa.table tosa.tanh",
       unary, OpKind::Elementwise, "prL", 6},
      {"tosa.const",
       R"(%0 = "$"() <{values = dense<1.0> : tensor<2x3xf32>}> : () -> tensor<2x3xf32>)",
       OpKind::Constant, "prfL", 0},
      {"tosa.const_shape",
       R"(%0 = "$"() <{values = dense<1> : tensor<2xindex>}> : () -> !tosa.shape<2>)",
       OpKind::Constant, "prfL", 0},
      {"tosa.reshape", unary, OpKind::View, "prfL", 0},
      {"tosa.tile", unary, OpKind::Broadcast, "prfL", 0},
      {"tosa.reverse", R"(%0 = "$"(%a) <{axis = 0 : i32}> : (tensor<2x3xf32>) -> tensor<2x3xf32>)",
       OpKind::Transpose, "prL", 0},
      {"tosa.transpose",
       R"(%0 = "$"(%a) <{perms = array<i32: 1, 0>}> : (tensor<2x3xf32>) -> tensor<3x2xf32>)",
       OpKind::Transpose, "prL", 0},
      {"tosa.concat", unary, OpKind::Concat, "prL", 0},
      {"tosa.pad", unary, OpKind::Pad, "prL", 0},
      {"tosa.slice", unary, OpKind::Slice, "prL", 0},
      {"tosa.gather", unary, OpKind::Gather, "prL", 0},
      {"tosa.scatter", unary, OpKind::Scatter, "prR", 0},
      {"tosa.resize", unary, OpKind::Gather, "prL", 6},
      {"tosa.argmax tosa.reduce_all tosa.reduce_any tosa.reduce_max tosa.reduce_min "
       "tosa.reduce_product tosa.reduce_sum",
       R"(%0 = "$"(%a) <{axis = 1 : i32}> : (tensor<2x3xf32>) -> tensor<2x1xf32>)", OpKind::Reduce,
       "prR", 6},
      {"tosa.avg_pool2d tosa.max_pool2d",
       R"(%0 = "$"(%a) <{kernel = array<i64: 2, 2>, stride = array<i64: 1, 1>,
          pad = array<i64: 0, 0, 0, 0>}> : (tensor<2x3xf32>) -> tensor<2x3xf32>)",
       OpKind::Window, "prR", 24},
      {"tosa.matmul", matmul, OpKind::Dot, "pr", 48},
      {"tosa.conv2d", R"(%x = "foo.x"() : () -> tensor<1x8x8x3xf32>
          %w = "foo.w"() : () -> tensor<5x2x2x3xf32>
          %0 = "$"(%x, %w) : (tensor<1x8x8x3xf32>, tensor<5x2x2x3xf32>) -> tensor<1x7x7x5xf32>)",
       OpKind::Convolution, "pr", 2 * (7 * 7 * 5) * (2 * 2 * 3)},
      {"tosa.conv3d", R"(%x = "foo.x"() : () -> tensor<1x8x8x8x3xf32>
          %w = "foo.w"() : () -> tensor<5x2x2x2x3xf32>
          %0 = "$"(%x, %w) : (tensor<1x8x8x8x3xf32>, tensor<5x2x2x2x3xf32>)
               -> tensor<1x7x7x7x5xf32>)",
       OpKind::Convolution, "pr", 2 * (7 * 7 * 7 * 5) * (2 * 2 * 2 * 3)},
      {"tosa.depthwise_conv2d", R"(%x = "foo.x"() : () -> tensor<1x8x8x3xf32>
          %w = "foo.w"() : () -> tensor<2x2x3x2xf32>
          %0 = "$"(%x, %w) : (tensor<1x8x8x3xf32>, tensor<2x2x3x2xf32>) -> tensor<1x7x7x6xf32>)",
       OpKind::Convolution, "pr", 2 * (7 * 7 * 6) * (2 * 2)},
      {"tosa.transpose_conv2d", R"(%x = "foo.x"() : () -> tensor<1x7x7x3xf32>
          %w = "foo.w"() : () -> tensor<5x2x2x3xf32>
          %0 = "$"(%x, %w) : (tensor<1x7x7x3xf32>, tensor<5x2x2x3xf32>) -> tensor<1x8x8x5xf32>)",
       OpKind::Convolution, "pr", 2 * (7 * 7 * 3) * (5 * 2 * 2)},
      {"tosa.cond_if", R"(%c = "foo.c"() : () -> tensor<i1>
          %0 = "$"(%c, %a) ({
          ^bb0(%x: tensor<2x3xf32>):
            %y = "tosa.tanh"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
            "tosa.yield"(%y) : (tensor<2x3xf32>) -> ()
          }, {
          ^bb0(%x: tensor<2x3xf32>):
            "tosa.yield"(%x) : (tensor<2x3xf32>) -> ()
          }) : (tensor<i1>, tensor<2x3xf32>) -> tensor<2x3xf32>)",
       OpKind::Branch, "pr", 6},
      {"tosa.while_loop", R"(%0 = "$"(%a) ({
          ^bb0(%x: tensor<2x3xf32>):
            %c = "tosa.const"() <{values = dense<true> : tensor<i1>}> : () -> tensor<i1>
            "tosa.yield"(%c) : (tensor<i1>) -> ()
          }, {
          ^bb0(%x: tensor<2x3xf32>):
            %y = "tosa.tanh"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
            "tosa.yield"(%y) : (tensor<2x3xf32>) -> ()
          }) : (tensor<2x3xf32>) -> tensor<2x3xf32>)",
       OpKind::Loop, "pr", 6},
  };
}

std::vector<OpModelCase> otherUpstream() {
  return {
      {"linalg.pack", R"(%e = tensor.empty() : tensor<1x1x2x3xf32>
          %0 = "$"(%a, %e) <{inner_dims_pos = array<i64: 0, 1>, outer_dims_perm = array<i64>,
            static_inner_tiles = array<i64: 2, 3>, operandSegmentSizes = array<i32: 1, 1, 0, 0>}>
            : (tensor<2x3xf32>, tensor<1x1x2x3xf32>) -> tensor<1x1x2x3xf32>)",
       OpKind::Transpose, "pr", 0},
      {"linalg.unpack", R"(%x = tensor.empty() : tensor<1x1x2x3xf32>
          %0 = "$"(%x, %a) <{inner_dims_pos = array<i64: 0, 1>, outer_dims_perm = array<i64>,
            static_inner_tiles = array<i64: 2, 3>}>
            : (tensor<1x1x2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>)",
       OpKind::Transpose, "pr", 0},
      {"linalg.softmax", R"(%e = tensor.empty() : tensor<2x3xf32>
          %0 = "$"(%a, %e) <{dimension = 1 : i64}> :
            (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>)",
       OpKind::Reduce, "pr", 12},
      {"tm_tensor.scatter", unary, OpKind::Scatter, "prR", 6},
      {"tm_tensor.scan", unary, OpKind::Reduce, "pr", 6},
      {"tm_tensor.sort tm_tensor.topk", unary, OpKind::Sort, "pr", 18},
      {"tm_tensor.yield", R"("$"(%a) : (tensor<2x3xf32>) -> ())", OpKind::Other, "pr", 0},
  };
}

std::vector<OpModelCase> torch() {
  static constexpr char vunary[] = R"(%x = "foo.x"() : () -> !torch.vtensor<[2,3],f32>
      %0 = "$"(%x) : (!torch.vtensor<[2,3],f32>) -> !torch.vtensor<[2,3],f32>)";
  static constexpr char vmatmul[] = R"(%x = "foo.x"() : () -> !torch.vtensor<[2,3],f32>
      %y = "foo.x"() : () -> !torch.vtensor<[3,4],f32>
      %0 = "$"(%x, %y) : (!torch.vtensor<[2,3],f32>, !torch.vtensor<[3,4],f32>)
           -> !torch.vtensor<[2,4],f32>)";
  return {
      {"torch.aten.abs torch.aten.add.Scalar torch.aten.add.Tensor torch.aten.clamp "
       "torch.aten.cos torch.aten.div.Scalar torch.aten.div.Tensor torch.aten.eq.Scalar "
       "torch.aten.eq.Tensor torch.aten.erf torch.aten.exp torch.aten.ge.Scalar torch.aten.gelu "
       "torch.aten.gt.Scalar torch.aten.le.Scalar torch.aten.log torch.aten.lt.Scalar "
       "torch.aten.maximum torch.aten.minimum torch.aten.mul.Scalar torch.aten.mul.Tensor "
       "torch.aten.neg torch.aten.pow.Tensor_Scalar torch.aten.reciprocal torch.aten.relu "
       "torch.aten.rsqrt torch.aten.rsub.Scalar torch.aten.sigmoid torch.aten.sin "
       "torch.aten.sqrt torch.aten.sub.Scalar torch.aten.sub.Tensor torch.aten.tanh "
       "torch.aten.threshold_backward torch.aten.where.self torch.prims.convert_element_type",
       vunary, OpKind::Elementwise, "prL", 6},
      {"torch.vtensor.literal torch.constant.bool torch.constant.device torch.constant.float "
       "torch.constant.int torch.constant.none torch.constant.str torch.prim.ListConstruct",
       R"(%0 = "$"() : () -> !torch.int)", OpKind::Constant, "prfL", 0},
      {"torch.aten.reshape torch.aten.unsqueeze torch.aten.view torch.aten._unsafe_view "
       "torch.aten.squeeze.dim",
       vunary, OpKind::View, "prfL", 0},
      {"torch.aten.broadcast_to torch.aten.expand torch.aten.full torch.aten.ones "
       "torch.aten.zeros",
       vunary, OpKind::Broadcast, "prfL", 0},
      {"torch.aten.permute torch.aten.t torch.aten.transpose.int", vunary, OpKind::Transpose, "prL",
       0},
      {"torch.aten.cat", vunary, OpKind::Concat, "prL", 0},
      {"torch.aten.slice.Tensor", vunary, OpKind::Slice, "prL", 0},
      {"torch.aten.embedding torch.aten.gather torch.aten.index_select", vunary, OpKind::Gather,
       "prL", 0},
      {"torch.aten.amax torch.aten.max torch.aten.mean torch.aten.mean.dim torch.aten.sum "
       "torch.aten.sum.dim_IntList",
       vunary, OpKind::Reduce, "prR", 6},
      {"torch.aten._log_softmax torch.aten._softmax torch.aten.log_softmax.int "
       "torch.aten.softmax.int",
       vunary, OpKind::Reduce, "pr", 6},
      {"torch.aten.bmm torch.aten.linear torch.aten.matmul torch.aten.mm", vmatmul, OpKind::Dot,
       "pr", 48},
      {"torch.aten.addmm", R"(%x = "foo.x"() : () -> !torch.vtensor<[2,3],f32>
          %y = "foo.x"() : () -> !torch.vtensor<[3,4],f32>
          %z = "foo.x"() : () -> !torch.vtensor<[4],f32>
          %0 = "$"(%z, %x, %y) : (!torch.vtensor<[4],f32>, !torch.vtensor<[2,3],f32>,
               !torch.vtensor<[3,4],f32>) -> !torch.vtensor<[2,4],f32>)",
       OpKind::Dot, "pr", 48},
      {"torch.aten.conv2d torch.aten.convolution",
       R"(%x = "foo.x"() : () -> !torch.vtensor<[1,3,8,8],f32>
          %w = "foo.w"() : () -> !torch.vtensor<[5,3,2,2],f32>
          %0 = "$"(%x, %w) : (!torch.vtensor<[1,3,8,8],f32>, !torch.vtensor<[5,3,2,2],f32>)
               -> !torch.vtensor<[1,5,7,7],f32>)",
       OpKind::Convolution, "pr", 2 * (5 * 7 * 7) * (3 * 2 * 2)},
  };
}

} // namespace

std::vector<OpModelCase> opModelCases() {
  std::vector<OpModelCase> all;
  for (auto group : {stablehloCases, tensorAndControlFlow, tosa, otherUpstream, torch}) {
    std::vector<OpModelCase> cases = group();
    all.insert(all.end(), cases.begin(), cases.end());
  }
  return all;
}

} // namespace remat::test
