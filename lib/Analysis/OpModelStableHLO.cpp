//===- OpModelStableHLO.cpp - rows for StableHLO and CHLO -----------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Op names: the StableHLO specification, the ops it lists as not in the
// specification, and ChloOps.td, as bundled with jaxlib
// 0.10.2.
//
//===----------------------------------------------------------------------===//

#include "OpModelRows.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "remat/Analysis/Flops.h"
#include "remat/Analysis/Shards.h"

using namespace mlir;
using remat::planning::OpKind;

namespace remat {

namespace {

/// A custom call may do anything, but can be left out when it says that it has
/// no side effect.
void refineCustomCall(Operation *op, OpModel &model) {
  auto effect = dyn_cast_or_null<BoolAttr>(op->getAttr("has_side_effect"));
  model.pure = !effect || !effect.getValue();
}

/// A constraint that changes what each device holds moves elements between devices.
void refineConstraint(Operation *op, OpModel &model) {
  if (op->getNumOperands() == 1 && op->getNumResults() == 1 &&
      localType(op->getOperand(0)) != localType(op->getResult(0)))
    model = moving(OpKind::Transpose, Fusion::None);
}

/// May be left out when unused, but is never run twice.
constexpr OpModel once(OpKind kind) { return {.kind = kind, .pure = true}; }

void addElementwise(OpModelTable &table) {
  table.add("stablehlo",
            {"abs",
             "add",
             "and",
             "atan2",
             "cbrt",
             "ceil",
             "clamp",
             "complex",
             "convert",
             "cosine",
             "count_leading_zeros",
             "divide",
             "exponential",
             "exponential_minus_one",
             "floor",
             "imag",
             "is_finite",
             "log",
             "log_plus_one",
             "logistic",
             "maximum",
             "minimum",
             "multiply",
             "negate",
             "not",
             "or",
             "popcnt",
             "power",
             "real",
             "reduce_precision",
             "remainder",
             "round_nearest_afz",
             "round_nearest_even",
             "rsqrt",
             "select",
             "shift_left",
             "shift_right_arithmetic",
             "shift_right_logical",
             "sign",
             "sine",
             "sqrt",
             "subtract",
             "tan",
             "tanh",
             "uniform_dequantize",
             "uniform_quantize",
             "xor"},
            elementwise);
  OpModel compare = elementwise;
  compare.requiredAttribute = "comparison_direction";
  table.add("stablehlo.compare", compare);
  OpModel map = elementwise;
  map.flops = flops::mapped;
  table.add("stablehlo.map", map);
}

void addElementwiseOfChlo(OpModelTable &table) {
  table.add("chlo",
            {"_asin_acos_kernel",
             "acos",
             "acosh",
             "asin",
             "asinh",
             "atan",
             "atanh",
             "bessel_i1e",
             "broadcast_add",
             "broadcast_and",
             "broadcast_atan2",
             "broadcast_compare",
             "broadcast_complex",
             "broadcast_divide",
             "broadcast_maximum",
             "broadcast_minimum",
             "broadcast_multiply",
             "broadcast_next_after",
             "broadcast_or",
             "broadcast_polygamma",
             "broadcast_power",
             "broadcast_remainder",
             "broadcast_select",
             "broadcast_shift_left",
             "broadcast_shift_right_arithmetic",
             "broadcast_shift_right_logical",
             "broadcast_subtract",
             "broadcast_xor",
             "broadcast_zeta",
             "conj",
             "cosh",
             "digamma",
             "erf",
             "erf_inv",
             "erfc",
             "is_inf",
             "is_neg_inf",
             "is_pos_inf",
             "lgamma",
             "mulhi",
             "next_after",
             "polygamma",
             "sinh",
             "square",
             "tan",
             "zeta"},
            elementwise);
}

void addDataMovement(OpModelTable &table) {
  table.add("stablehlo.constant", freeToRedo(OpKind::Constant, "value"));
  table.add("chlo.constant", freeToRedo(OpKind::Constant, "value"));
  table.add("chlo.constant_like", freeToRedo(OpKind::Broadcast, "value"));
  OpModel iota = freeToRedo(OpKind::Constant, "iota_dimension");
  iota.flops = flops::perResultElement;
  table.add("stablehlo", {"iota", "dynamic_iota"}, iota);
  table.add("stablehlo", {"partition_id", "replica_id"}, freeToRedo(OpKind::Constant));
  table.add("stablehlo", {"broadcast_in_dim", "dynamic_broadcast_in_dim"},
            freeToRedo(OpKind::Broadcast, "broadcast_dimensions"));
  table.add("stablehlo.broadcast", freeToRedo(OpKind::Broadcast, "broadcast_sizes"));
  table.add("stablehlo", {"reshape", "dynamic_reshape", "bitcast_convert"},
            freeToRedo(OpKind::View));
  table.add("chlo.dynamic_reshape", freeToRedo(OpKind::View));
  table.add("stablehlo", {"get_tuple_element", "set_dimension_size"}, freeToRedo(OpKind::View));
  table.add("stablehlo.tuple", moving(OpKind::Concat, Fusion::None));
  // Names how a value is laid out over devices, and nothing else.
  OpModel constraint = freeToRedo(OpKind::View);
  constraint.refine = refineConstraint;
  table.add("sdy.sharding_constraint", constraint);

  table.add("stablehlo.transpose", moving(OpKind::Transpose, Fusion::Loop, "permutation"));
  table.add("stablehlo.reverse", moving(OpKind::Transpose, Fusion::Loop, "dimensions"));
  table.add("stablehlo.concatenate", moving(OpKind::Concat, Fusion::Loop, "dimension"));
  table.add("stablehlo.slice", moving(OpKind::Slice, Fusion::Loop, "start_indices"));
  table.add("stablehlo.dynamic_slice", moving(OpKind::Slice, Fusion::Loop, "slice_sizes"));
  table.add("stablehlo.get_dimension_size", moving(OpKind::Slice, Fusion::Loop, "dimension"));
  table.add("stablehlo.real_dynamic_slice", moving(OpKind::Slice, Fusion::Loop));
  table.add("stablehlo.dynamic_update_slice", moving(OpKind::Update, Fusion::Loop));
  table.add("stablehlo.pad", moving(OpKind::Pad, Fusion::Loop, "edge_padding_low"));
  table.add("stablehlo.dynamic_pad", moving(OpKind::Pad, Fusion::Loop));
  table.add("stablehlo", {"gather", "dynamic_gather"},
            moving(OpKind::Gather, Fusion::Loop, "dimension_numbers"));
  table.add("stablehlo.torch_index_select", moving(OpKind::Gather, Fusion::Loop, "dim"));
}

void addWork(OpModelTable &table) {
  table.add("stablehlo.dot_general",
            working(OpKind::Dot, flops::dotGeneral, "dot_dimension_numbers"));
  table.add("stablehlo.dot", working(OpKind::Dot, flops::dot));
  table.add("stablehlo", {"einsum", "unary_einsum"},
            working(OpKind::Dot, flops::einsum, "einsum_config"));
  table.add("chlo.ragged_dot", working(OpKind::Dot, flops::dot, "ragged_dot_dimension_numbers"));
  table.add("stablehlo", {"convolution", "dynamic_conv"},
            working(OpKind::Convolution, flops::convolution, "dimension_numbers"));
  table.add("stablehlo.reduce",
            working(OpKind::Reduce, flops::perOperandElement, "dimensions", Fusion::Reduce));
  table.add("stablehlo.reduce_window",
            working(OpKind::Window, flops::reduceWindow, "window_dimensions", Fusion::Reduce));
  table.add("stablehlo.select_and_scatter",
            working(OpKind::Window, flops::perOperandElement, {}, Fusion::Reduce));
  table.add("stablehlo.scatter", working(OpKind::Scatter, flops::perOperandElement,
                                         "scatter_dimension_numbers", Fusion::Reduce));
  table.add("stablehlo", {"batch_norm_grad", "batch_norm_inference", "batch_norm_training"},
            working(OpKind::Reduce, flops::perOperandElement, "feature_index"));
  table.add("stablehlo.sort", working(OpKind::Sort, flops::sort, "dimension"));
  table.add("chlo.top_k", working(OpKind::Sort, flops::sort, "k"));
  table.add("chlo.scan", working(OpKind::Loop, flops::loop));
  table.add("stablehlo.fft", working(OpKind::Other, flops::fft, "fft_length"));
  table.add("stablehlo.cholesky", working(OpKind::Other, flops::cholesky));
  table.add("stablehlo.triangular_solve", working(OpKind::Other, flops::triangularSolve));
  table.add("stablehlo.while", working(OpKind::Loop, flops::loop));
  table.add("stablehlo", {"case", "if"}, working(OpKind::Branch, flops::branch));
  table.add("stablehlo.composite", working(OpKind::Custom, flops::regions, "decomposition"));
  // The state goes in and comes out: a pure function.
  table.add("stablehlo.rng_bit_generator",
            working(OpKind::Random, flops::perResultElement, "rng_algorithm"));
}

void addEffects(OpModelTable &table) {
  // Draws from a hidden state: a second execution gives other values.
  table.add("stablehlo.rng", {.kind = OpKind::Random,
                              .flops = flops::perResultElement,
                              .requiredAttribute = "rng_distribution"});
  table.add("stablehlo.custom_call", {.kind = OpKind::Custom,
                                      .flops = flops::perResultElement,
                                      .requiredAttribute = "call_target_name",
                                      .opaque = true,
                                      .refine = refineCustomCall});
  // Every participant takes part in each: neither left out nor run twice.
  table.add("stablehlo",
            {"all_gather", "all_reduce", "all_to_all", "async_done", "async_start",
             "collective_broadcast", "collective_permute", "cross-replica-sum", "infeed", "outfeed",
             "recv", "reduce_scatter", "send"},
            OpModel{.kind = OpKind::Custom});
  table.add("stablehlo", {"after_all", "create_token"}, once(OpKind::Other));
  // Written by jax.checkpoint to hold a recomputation in place: stays as it is.
  table.add("stablehlo.optimization_barrier", once(OpKind::Barrier));
  table.add("stablehlo.return", moving(OpKind::Other, Fusion::None));
}

} // namespace

void addStableHLORows(OpModelTable &table) {
  addElementwise(table);
  addElementwiseOfChlo(table);
  addDataMovement(table);
  addWork(table);
  addEffects(table);
}

} // namespace remat
