//===- RematAttributes.td - plans as attributes ------------*- tablegen -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_IR_REMATATTRIBUTES_TD
#define REMAT_DIALECT_REMAT_IR_REMATATTRIBUTES_TD

include "mlir/IR/AttrTypeBase.td"
include "remat/Dialect/Remat/IR/RematBase.td"

class Remat_Attr<string name, string attrMnemonic> : AttrDef<Remat_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Remat_InsertionAttr : Remat_Attr<"Insertion", "insertion"> {
  let summary = "Ops that run again before an op's first execution";
  let description = [{
    `before` and `ops` are positions in the entry block of the function that the
    plan belongs to. `ops` run again, in this order, right before `before`; the
    position of the terminator stands for the end of the step.

    ```mlir
    #remat.insertion<before = 12, ops = [3, 4]>
    ```
  }];
  let parameters = (ins "int64_t":$before, ArrayRefParameter<"int64_t">:$ops);
  let assemblyFormat = "`<` `before` `=` $before `,` `ops` `=` `[` $ops `]` `>`";
  let genVerifyDecl = 1;
}

def Remat_PlanAttr : Remat_Attr<"Plan", "plan"> {
  let summary = "A recomputation plan, the third spelling next to plan.json";
  let description = [{
    The base order with insertions: the ops of the function's only block in
    program order, and before some of them ops that run again. Together they
    are the `schedule` of plan.json. With `order`, the ops of the planning graph
    first run in that order instead; it lists the position of each of them:

    ```mlir
    #remat.plan<order = [0, 2, 1, 4], insertions = [{before = 4, ops = [2]} ]>
    ```

    `memory_model`, `fold_free` and `loss` say how the function is analysed;
    whoever applies the plan analyses it the same way. The promises (`budget`,
    `peak`, `plain_peak`, in bytes of scope `scope`; `cost`, `base_cost`, in
    `cost_unit` by the table `cost_table`) are written by the planner, and each
    one that is there is checked before the plan is applied. They may be absent
    in a plan written by hand, which then is nothing but its insertions; one
    that promises a cost names the table:

    ```mlir
    func.func @main(...) attributes {
      remat.plan = #remat.plan<insertions = [{before = 12, ops = [3, 4]} ]>
    }
    ```
  }];
  let parameters = (ins
    StringRefParameter<"program, arena, xla or xla-tpu">:$memoryModel,
    "bool":$foldFree,
    "std::optional<int64_t>":$loss,
    "::remat::planning::BudgetScope":$scope,
    "std::optional<int64_t>":$budget,
    "std::optional<int64_t>":$peak,
    "std::optional<int64_t>":$plainPeak,
    "std::optional<int64_t>":$cost,
    "std::optional<int64_t>":$baseCost,
    "std::optional<::remat::planning::CostUnit>":$costUnit,
    StringRefParameter<"name of a cost table, or empty">:$costTable,
    OptionalArrayRefParameter<"int64_t">:$order,
    ArrayRefParameter<"::remat::InsertionAttr">:$insertions
  );
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The version that this build writes, and the only one it reads.
    static constexpr int64_t kVersion = 1;
  }];
}

#endif // REMAT_DIALECT_REMAT_IR_REMATATTRIBUTES_TD
