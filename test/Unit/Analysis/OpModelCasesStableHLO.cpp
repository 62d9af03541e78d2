//===- OpModelCasesStableHLO.cpp - a snippet for each row -----------------===//
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
constexpr char matmul[] =
    R"(%0 = "$"(%a, %b) : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>)";

std::vector<OpModelCase> stablehloElementwise() {
  return {
      {"stablehlo.abs stablehlo.add stablehlo.and stablehlo.atan2 stablehlo.cbrt stablehlo.ceil "
       "stablehlo.clamp stablehlo.complex stablehlo.convert stablehlo.cosine "
       "stablehlo.count_leading_zeros stablehlo.divide stablehlo.exponential "
       "stablehlo.exponential_minus_one stablehlo.floor stablehlo.imag stablehlo.is_finite "
       "stablehlo.log stablehlo.log_plus_one stablehlo.logistic stablehlo.maximum "
       "stablehlo.minimum stablehlo.multiply stablehlo.negate stablehlo.not stablehlo.or "
       "stablehlo.popcnt stablehlo.power stablehlo.real stablehlo.reduce_precision "
       "stablehlo.remainder stablehlo.round_nearest_afz stablehlo.round_nearest_even "
       "stablehlo.rsqrt stablehlo.select stablehlo.shift_left stablehlo.shift_right_arithmetic "
       "stablehlo.shift_right_logical stablehlo.sign stablehlo.sine stablehlo.sqrt "
       "stablehlo.subtract stablehlo.tan stablehlo.tanh stablehlo.uniform_dequantize "
       "stablehlo.uniform_quantize stablehlo.xor",
       unary, OpKind::Elementwise, "prL", 6},
      {"stablehlo.compare",
       R"(%0 = "$"(%a, %a) <{comparison_direction = #stablehlo<comparison_direction LT>}> :
          (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xi1>)",
       OpKind::Elementwise, "prL", 6},
      {"stablehlo.map", R"(%0 = "$"(%a) <{dimensions = array<i64: 0, 1>}> ({
          ^bb0(%x: tensor<f32>):
            %y = "stablehlo.tanh"(%x) : (tensor<f32>) -> tensor<f32>
            %z = "stablehlo.tanh"(%y) : (tensor<f32>) -> tensor<f32>
            "stablehlo.return"(%z) : (tensor<f32>) -> ()
          }) : (tensor<2x3xf32>) -> tensor<2x3xf32>)",
       OpKind::Elementwise, "prL", 12},
      {"chlo._asin_acos_kernel chlo.acos chlo.acosh chlo.asin chlo.asinh chlo.atan chlo.atanh "
       "chlo.bessel_i1e chlo.broadcast_add chlo.broadcast_and chlo.broadcast_atan2 "
       "chlo.broadcast_compare chlo.broadcast_complex chlo.broadcast_divide "
       "chlo.broadcast_maximum chlo.broadcast_minimum chlo.broadcast_multiply "
       "chlo.broadcast_next_after chlo.broadcast_or chlo.broadcast_polygamma "
       "chlo.broadcast_power chlo.broadcast_remainder chlo.broadcast_select "
       "chlo.broadcast_shift_left chlo.broadcast_shift_right_arithmetic "
       "chlo.broadcast_shift_right_logical chlo.broadcast_subtract chlo.broadcast_xor "
       "chlo.broadcast_zeta chlo.conj chlo.cosh chlo.digamma chlo.erf chlo.erf_inv chlo.erfc "
       "chlo.is_inf chlo.is_neg_inf chlo.is_pos_inf chlo.lgamma chlo.mulhi chlo.next_after "
       "chlo.polygamma chlo.sinh chlo.square chlo.tan chlo.zeta",
       unary, OpKind::Elementwise, "prL", 6},
  };
}

std::vector<OpModelCase> stablehloMovement() {
  return {
      {"stablehlo.constant chlo.constant",
       R"(%0 = "$"() <{value = dense<1.0> : tensor<2x3xf32>}> : () -> tensor<2x3xf32>)",
       OpKind::Constant, "prfL", 0},
      {"chlo.constant_like",
       R"(%0 = "$"(%a) <{value = 1.0 : f32}> : (tensor<2x3xf32>) -> tensor<2x3xf32>)",
       OpKind::Broadcast, "prfL", 0},
      {"stablehlo.iota stablehlo.dynamic_iota",
       R"(%0 = "$"() <{iota_dimension = 0 : i64}> : () -> tensor<2x3xi32>)", OpKind::Constant,
       "prfL", 6},
      {"stablehlo.partition_id stablehlo.replica_id", R"(%0 = "$"() : () -> tensor<ui32>)",
       OpKind::Constant, "prfL", 0},
      {"stablehlo.broadcast_in_dim stablehlo.dynamic_broadcast_in_dim",
       R"(%0 = "$"(%s) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2x3xf32>)",
       OpKind::Broadcast, "prfL", 0},
      {"stablehlo.broadcast",
       R"(%0 = "$"(%s) <{broadcast_sizes = array<i64: 2>}> : (tensor<f32>) -> tensor<2xf32>)",
       OpKind::Broadcast, "prfL", 0},
      {"stablehlo.reshape stablehlo.dynamic_reshape stablehlo.bitcast_convert "
       "chlo.dynamic_reshape stablehlo.get_tuple_element stablehlo.set_dimension_size "
       "sdy.sharding_constraint",
       unary, OpKind::View, "prfL", 0},
      {"stablehlo.tuple", unary, OpKind::Concat, "pr", 0},
      {"stablehlo.transpose",
       R"(%0 = "$"(%a) <{permutation = array<i64: 1, 0>}> : (tensor<2x3xf32>) -> tensor<3x2xf32>)",
       OpKind::Transpose, "prL", 0},
      {"stablehlo.reverse",
       R"(%0 = "$"(%a) <{dimensions = array<i64: 1>}> : (tensor<2x3xf32>) -> tensor<2x3xf32>)",
       OpKind::Transpose, "prL", 0},
      {"stablehlo.concatenate",
       R"(%0 = "$"(%a, %a) <{dimension = 0 : i64}> :
          (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>)",
       OpKind::Concat, "prL", 0},
      {"stablehlo.slice", R"(%0 = "$"(%a) <{start_indices = array<i64: 0, 0>,
          limit_indices = array<i64: 1, 3>, strides = array<i64: 1, 1>}> :
          (tensor<2x3xf32>) -> tensor<1x3xf32>)",
       OpKind::Slice, "prL", 0},
      {"stablehlo.dynamic_slice",
       R"(%0 = "$"(%a) <{slice_sizes = array<i64: 1, 3>}> : (tensor<2x3xf32>) -> tensor<1x3xf32>)",
       OpKind::Slice, "prL", 0},
      {"stablehlo.get_dimension_size",
       R"(%0 = "$"(%a) <{dimension = 0 : i64}> : (tensor<2x3xf32>) -> tensor<i32>)", OpKind::Slice,
       "prL", 0},
      {"stablehlo.real_dynamic_slice", unary, OpKind::Slice, "prL", 0},
      {"stablehlo.dynamic_update_slice", unary, OpKind::Update, "prL", 0},
      {"stablehlo.pad", R"(%0 = "$"(%a, %s) <{edge_padding_low = array<i64: 0, 1>,
          edge_padding_high = array<i64: 0, 0>, interior_padding = array<i64: 0, 0>}> :
          (tensor<2x3xf32>, tensor<f32>) -> tensor<2x4xf32>)",
       OpKind::Pad, "prL", 0},
      {"stablehlo.dynamic_pad", unary, OpKind::Pad, "prL", 0},
      {"stablehlo.gather stablehlo.dynamic_gather",
       R"(%0 = "$"(%a, %i) <{dimension_numbers = #stablehlo.gather<index_vector_dim = 1>}> :
          (tensor<2x3xf32>, tensor<2xi32>) -> tensor<2x3xf32>)",
       OpKind::Gather, "prL", 0},
      {"stablehlo.torch_index_select",
       R"(%0 = "$"(%a, %i) <{dim = 0 : i64, batch_dims = 0 : i64}> :
          (tensor<2x3xf32>, tensor<2xi32>) -> tensor<2x3xf32>)",
       OpKind::Gather, "prL", 0},
  };
}

std::vector<OpModelCase> stablehloWork() {
  return {
      {"stablehlo.dot_general", R"(%0 = "$"(%a, %b) <{dot_dimension_numbers =
          #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> :
          (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>)",
       OpKind::Dot, "pr", 48},
      {"stablehlo.dot", matmul, OpKind::Dot, "pr", 48},
      {"chlo.ragged_dot",
       R"(%0 = "$"(%a, %b) <{ragged_dot_dimension_numbers = #chlo.ragged_dot<>}> :
          (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>)",
       OpKind::Dot, "pr", 48},
      {"stablehlo.einsum", R"(%0 = "$"(%a, %b) <{einsum_config = "ij,jk->ik"}> :
          (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>)",
       OpKind::Dot, "pr", 48},
      {"stablehlo.unary_einsum",
       R"(%0 = "$"(%a) <{einsum_config = "ij->i"}> : (tensor<2x3xf32>) -> tensor<2xf32>)",
       OpKind::Dot, "pr", 12},
      {"stablehlo.convolution stablehlo.dynamic_conv", R"(
          %x = "foo.x"() : () -> tensor<1x8x8x3xf32>
          %w = "foo.w"() : () -> tensor<2x2x3x5xf32>
          %0 = "$"(%x, %w) <{batch_group_count = 1 : i64, dimension_numbers =
            #stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>,
            feature_group_count = 1 : i64, lhs_dilation = array<i64: 1, 1>}> :
            (tensor<1x8x8x3xf32>, tensor<2x2x3x5xf32>) -> tensor<1x7x7x5xf32>)",
       OpKind::Convolution, "pr", 2 * (7 * 7 * 5) * (2 * 2 * 3)},
      {"stablehlo.reduce", R"(%0 = "$"(%a, %s) <{dimensions = array<i64: 1>}> ({
          ^bb0(%x: tensor<f32>, %y: tensor<f32>):
            %z = "stablehlo.add"(%x, %y) : (tensor<f32>, tensor<f32>) -> tensor<f32>
            "stablehlo.return"(%z) : (tensor<f32>) -> ()
          }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>)",
       OpKind::Reduce, "prR", 7},
      {"stablehlo.reduce_window", R"(%0 = "$"(%a, %s) <{window_dimensions = array<i64: 1, 2>}> ({
          ^bb0(%x: tensor<f32>, %y: tensor<f32>):
            "stablehlo.return"(%x) : (tensor<f32>) -> ()
          }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x2xf32>)",
       OpKind::Window, "prR", 8},
      {"stablehlo.select_and_scatter", unary, OpKind::Window, "prR", 6},
      {"stablehlo.scatter",
       R"(%0 = "$"(%a, %i, %a) <{scatter_dimension_numbers = #stablehlo.scatter<>}> :
          (tensor<2x3xf32>, tensor<2xi32>, tensor<2x3xf32>) -> tensor<2x3xf32>)",
       OpKind::Scatter, "prR", 14},
      {"stablehlo.batch_norm_grad stablehlo.batch_norm_inference stablehlo.batch_norm_training",
       R"(%0 = "$"(%a) <{feature_index = 1 : i64}> : (tensor<2x3xf32>) -> tensor<2x3xf32>)",
       OpKind::Reduce, "pr", 6},
      {"stablehlo.sort", R"(%0 = "$"(%a) <{dimension = 0 : i64}> ({
          ^bb0(%x: tensor<f32>, %y: tensor<f32>):
            "stablehlo.return"(%x) : (tensor<f32>) -> ()
          }) : (tensor<2x3xf32>) -> tensor<2x3xf32>)",
       OpKind::Sort, "pr", 18},
      {"chlo.top_k",
       R"(%0:2 = "$"(%a) <{k = 1 : i64}> :
          (tensor<2x3xf32>) -> (tensor<2x1xf32>, tensor<2x1xi32>))",
       OpKind::Sort, "pr", 18},
      {"chlo.scan", unary, OpKind::Loop, "pr", 0},
      {"stablehlo.fft",
       R"(%0 = "$"(%a) <{fft_length = array<i64: 3>}> :
          (tensor<2x3xf32>) -> tensor<2x3xcomplex<f32>>)",
       OpKind::Other, "pr", 60},
      {"stablehlo.cholesky",
       R"(%m = "foo.m"() : () -> tensor<6x6xf32>
          %0 = "$"(%m) : (tensor<6x6xf32>) -> tensor<6x6xf32>)",
       OpKind::Other, "pr", 72},
      {"stablehlo.triangular_solve",
       R"(%m = "foo.m"() : () -> tensor<6x6xf32>
          %n = "foo.m"() : () -> tensor<6x2xf32>
          %0 = "$"(%m, %n) : (tensor<6x6xf32>, tensor<6x2xf32>) -> tensor<6x2xf32>)",
       OpKind::Other, "pr", 72},
      {"stablehlo.while", R"(%0 = "$"(%a) ({
          ^bb0(%x: tensor<2x3xf32>):
            %c = "stablehlo.constant"() <{value = dense<true> : tensor<i1>}> : () -> tensor<i1>
            "stablehlo.return"(%c) : (tensor<i1>) -> ()
          }, {
          ^bb0(%x: tensor<2x3xf32>):
            %y = "stablehlo.tanh"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
            "stablehlo.return"(%y) : (tensor<2x3xf32>) -> ()
          }) : (tensor<2x3xf32>) -> tensor<2x3xf32>)",
       OpKind::Loop, "pr", 6},
      {"stablehlo.case stablehlo.if", R"(%0 = "$"(%i) ({
            "stablehlo.return"(%a) : (tensor<2x3xf32>) -> ()
          }, {
            %y = "stablehlo.tanh"(%a) : (tensor<2x3xf32>) -> tensor<2x3xf32>
            "stablehlo.return"(%y) : (tensor<2x3xf32>) -> ()
          }) : (tensor<2xi32>) -> tensor<2x3xf32>)",
       OpKind::Branch, "pr", 6},
      {"stablehlo.composite", R"(%0 = "$"(%a) <{name = "foo.double",
          decomposition = @decomposition}> : (tensor<2x3xf32>) -> tensor<2x3xf32>)",
       OpKind::Custom, "pr", 6},
      {"stablehlo.rng_bit_generator",
       R"(%0:2 = "$"(%i) <{rng_algorithm = #stablehlo<rng_algorithm THREE_FRY>}> :
          (tensor<2xi32>) -> (tensor<2xi32>, tensor<2x3xi32>))",
       OpKind::Random, "pr", 8},
  };
}

std::vector<OpModelCase> stablehloEffects() {
  return {
      {"stablehlo.rng",
       R"(%0 = "$"(%s, %s) <{rng_distribution = #stablehlo<rng_distribution UNIFORM>}> :
          (tensor<f32>, tensor<f32>) -> tensor<2x3xf32>)",
       OpKind::Random, "", 6},
      {"stablehlo.custom_call",
       R"(%0 = "$"(%a) <{call_target_name = "f"}> : (tensor<2x3xf32>) -> tensor<2x3xf32>)",
       OpKind::Custom, "p", 6},
      {"stablehlo.all_gather stablehlo.all_reduce stablehlo.all_to_all stablehlo.async_done "
       "stablehlo.async_start stablehlo.collective_broadcast stablehlo.collective_permute "
       "stablehlo.cross-replica-sum stablehlo.infeed stablehlo.outfeed stablehlo.recv "
       "stablehlo.reduce_scatter stablehlo.send",
       unary, OpKind::Custom, "", 0},
      {"stablehlo.after_all stablehlo.create_token", R"(%0 = "$"() : () -> !stablehlo.token)",
       OpKind::Other, "p", 0},
      {"stablehlo.optimization_barrier", unary, OpKind::Barrier, "p", 0},
      {"stablehlo.return", R"("$"(%a) : (tensor<2x3xf32>) -> ())", OpKind::Other, "pr", 0},
  };
}

} // namespace

std::vector<OpModelCase> stablehloCases() {
  std::vector<OpModelCase> all;
  for (auto group : {stablehloElementwise, stablehloMovement, stablehloWork, stablehloEffects}) {
    std::vector<OpModelCase> cases = group();
    all.insert(all.end(), cases.begin(), cases.end());
  }
  return all;
}

} // namespace remat::test
