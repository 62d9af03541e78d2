//===- OpModelTorch.cpp - rows for the torch dialect ----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The value-semantic ops that training graphs of torch-mlir's FX importer are
// made of, after decomposition. In-place ops (`aten.add_`) and everything else
// stay opaque. Lower to StableHLO or linalg to plan a whole program.
//
//===----------------------------------------------------------------------===//

#include "OpModelRows.h"

using remat::planning::OpKind;

namespace remat {

void addTorchRows(OpModelTable &table) {
  table.add("torch.aten",
            {"abs",
             "add.Scalar",
             "add.Tensor",
             "clamp",
             "cos",
             "div.Scalar",
             "div.Tensor",
             "eq.Scalar",
             "eq.Tensor",
             "erf",
             "exp",
             "ge.Scalar",
             "gelu",
             "gt.Scalar",
             "le.Scalar",
             "log",
             "lt.Scalar",
             "maximum",
             "minimum",
             "mul.Scalar",
             "mul.Tensor",
             "neg",
             "pow.Tensor_Scalar",
             "reciprocal",
             "relu",
             "rsqrt",
             "rsub.Scalar",
             "sigmoid",
             "sin",
             "sqrt",
             "sub.Scalar",
             "sub.Tensor",
             "tanh",
             "threshold_backward",
             "where.self"},
            elementwise);
  table.add("torch.prims.convert_element_type", elementwise);
  table.add("torch",
            {"vtensor.literal", "constant.bool", "constant.device", "constant.float",
             "constant.int", "constant.none", "constant.str"},
            freeToRedo(OpKind::Constant));
  table.add("torch.prim.ListConstruct", freeToRedo(OpKind::Constant));
  table.add("torch.aten", {"reshape", "unsqueeze", "view", "_unsafe_view", "squeeze.dim"},
            freeToRedo(OpKind::View));
  table.add("torch.aten", {"broadcast_to", "expand", "full", "ones", "zeros"},
            freeToRedo(OpKind::Broadcast));
  table.add("torch.aten", {"permute", "t", "transpose.int"},
            moving(OpKind::Transpose, Fusion::Loop));
  table.add("torch.aten.cat", moving(OpKind::Concat, Fusion::Loop));
  table.add("torch.aten.slice.Tensor", moving(OpKind::Slice, Fusion::Loop));
  table.add("torch.aten", {"embedding", "gather", "index_select"},
            moving(OpKind::Gather, Fusion::Loop));
  table.add("torch.aten", {"amax", "max", "mean", "mean.dim", "sum", "sum.dim_IntList"},
            working(OpKind::Reduce, flops::perOperandElement, {}, Fusion::Reduce));
  table.add("torch.aten", {"_log_softmax", "_softmax", "log_softmax.int", "softmax.int"},
            working(OpKind::Reduce, flops::perOperandElement));
  table.add("torch.aten", {"bmm", "linear", "matmul", "mm"},
            working(OpKind::Dot, flops::torchMatmul));
  table.add("torch.aten.addmm", working(OpKind::Dot, flops::torchAddmm));
  table.add("torch.aten", {"conv2d", "convolution"},
            working(OpKind::Convolution, flops::torchConvolution));
}

} // namespace remat
