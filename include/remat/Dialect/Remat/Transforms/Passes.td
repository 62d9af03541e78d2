//===- Passes.td - the passes of Remat ---------------------*- tablegen -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_PASSES_TD
#define REMAT_DIALECT_REMAT_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// Options that several passes have, spelled once
//===----------------------------------------------------------------------===//

defvar entryOption = Option<"entry", "entry", "std::string", "\"\"",
  "Name of the entry function; without it @main, or the only public function">;
defvar verifyOption = Option<"verify", "verify", "bool", "true",
  "Prove afterwards that the program computes the same function">;
defvar targetOption = Option<"target", "target", "::remat::EncodeTarget",
  "::remat::EncodeTarget::None",
  "Compiler that must keep the recomputation", [{::llvm::cl::values(
    clEnumValN(::remat::EncodeTarget::None, "none", "keep remat.recompute ops"),
    clEnumValN(::remat::EncodeTarget::XlaGpu, "xla-gpu", "barriers on kept values and trigger"),
    clEnumValN(::remat::EncodeTarget::XlaTpu, "xla-tpu", "barriers as jax.checkpoint makes them"),
    clEnumValN(::remat::EncodeTarget::XlaCpu, "xla-cpu", "opaque guards, for default XLA flags")
  )}]>;

defvar knobOptions = [
  Option<"orderBackward", "order-backward", "bool", "false",
    "Tie all that the backward made before a recomputation before it">,
  Option<"orderUpdates", "order-updates", "bool", "false",
    "Tie in-place updates of donated arguments behind the last read of the old value">,
  Option<"tieAccumulations", "tie-accumulations", "bool", "false",
    "Tie each partial sum of a chain of additions before the next addend">,
  Option<"pins", "pins", "::remat::Pins", "::remat::Pins::None",
    "Forward values with a barrier of their own, so that the backward reads them",
    [{::llvm::cl::values(
      clEnumValN(::remat::Pins::None, "none", "the compiler chooses what it keeps"),
      clEnumValN(::remat::Pins::Masks, "masks", "booleans that the backward reads"),
      clEnumValN(::remat::Pins::Kept, "kept",
                 "also other values, where they are smaller than what they are made from")
    )}]>
];

defvar lossOption = Option<"loss", "loss", "int64_t", "-1",
  "Index of the result that is the loss; -1 for the first scalar float">;

defvar analysisOptions = [
  Option<"memoryModel", "memory-model", "::remat::MemoryModel", "::remat::MemoryModel::Program",
    "Which values are buffers", [{::llvm::cl::values(
      clEnumValN(::remat::MemoryModel::Program, "program", "every value that is not folded"),
      clEnumValN(::remat::MemoryModel::Arena, "arena",
                 "what Remat's own back end allocates for linalg on tensors"),
      clEnumValN(::remat::MemoryModel::Xla, "xla", "outputs of fusion clusters, as on GPUs"),
      clEnumValN(::remat::MemoryModel::XlaTpu, "xla-tpu",
                 "the same where products of matrices fuse what they read")
    )}]>,
  Option<"foldFree", "fold-free", "bool", "true",
    "Fold constants, broadcasts, reshapes and the like into their readers">,
  lossOption
];

defvar planOptions = !listconcat([
  Option<"budget", "budget", "std::string", "\"\"",
    "Bytes that may be live at once: 8GiB, 800MB, 123, 50% of the plain peak, or min">,
  Option<"budgetScope", "budget-scope", "::remat::planning::BudgetScope",
    "::remat::planning::BudgetScope::Total", "What budget and peak count",
    [{::llvm::cl::values(
      clEnumValN(::remat::planning::BudgetScope::Total, "total",
                 "arguments, results and temporaries; donated arguments once"),
      clEnumValN(::remat::planning::BudgetScope::NonArguments, "non-arguments",
                 "results and temporaries"),
      clEnumValN(::remat::planning::BudgetScope::Temporaries, "temporaries", "what XLA calls temp")
    )}]>,
  Option<"strategy", "strategy", "::remat::planning::StrategyKind",
    "::remat::planning::StrategyKind::Best", "Way to make the plan", [{::llvm::cl::values(
      clEnumValN(::remat::planning::StrategyKind::None, "none", "recompute nothing"),
      clEnumValN(::remat::planning::StrategyKind::Chen, "chen", "segments of equal memory"),
      clEnumValN(::remat::planning::StrategyKind::Kusumoto, "kusumoto",
                 "dynamic program over lower sets"),
      clEnumValN(::remat::planning::StrategyKind::Best, "best",
                 "priced cuts, repair and iterated greedy, with a certified bound")
    )}]>,
  Option<"effort", "effort", "::remat::planning::Effort",
    "::remat::planning::Effort::Default", "Steps that best may take; never a time",
    [{::llvm::cl::values(
      clEnumValN(::remat::planning::Effort::Fast, "fast", "candidates and repair only"),
      clEnumValN(::remat::planning::Effort::Default, "default", "seconds at 10,000 ops"),
      clEnumValN(::remat::planning::Effort::Max, "max", "minutes")
    )}]>,
  Option<"order", "order", "::remat::planning::PlanOrder",
    "::remat::planning::PlanOrder::Base", "Order in which ops first run",
    [{::llvm::cl::values(
      clEnumValN(::remat::planning::PlanOrder::Base, "base", "that of the program"),
      clEnumValN(::remat::planning::PlanOrder::Reorder, "reorder",
                 "the best plan of that and of up to three others made to need less memory; "
                 "XLA chooses its own")
    )}]>,
  Option<"family", "family", "::remat::planning::Family",
    "::remat::planning::Family::Approximate", "Lower sets that kusumoto considers",
    [{::llvm::cl::values(
      clEnumValN(::remat::planning::Family::Exact, "exact", "all"),
      clEnumValN(::remat::planning::Family::Approximate, "approx",
                 "one per node and prefixes of the base order, thinned to fit its limits")
    )}]>,
  Option<"objective", "objective", "::remat::planning::Objective",
    "::remat::planning::Objective::Best", "What kusumoto prefers within the budget",
    [{::llvm::cl::values(
      clEnumValN(::remat::planning::Objective::Best, "best", "the cheaper of time and memory"),
      clEnumValN(::remat::planning::Objective::Time, "time", "least recomputation"),
      clEnumValN(::remat::planning::Objective::Memory, "memory", "most recomputation"),
      clEnumValN(::remat::planning::Objective::MemoryPareto, "memory-pareto",
                 "fewest cached bytes, then least recomputation")
    )}]>,
  Option<"lastSegment", "last-segment", "::remat::planning::LastSegment",
    "::remat::planning::LastSegment::Keep", "Forward values of the last segment",
    [{::llvm::cl::values(
      clEnumValN(::remat::planning::LastSegment::Keep, "keep", "used where they are"),
      clEnumValN(::remat::planning::LastSegment::Recompute, "recompute",
                 "computed again, as in the paper's formula")
    )}]>,
  Option<"granularity", "granularity", "::remat::GranularityChoice",
    "::remat::GranularityChoice::Auto", "How ops are grouped for the strategy",
    [{::llvm::cl::values(
      clEnumValN(::remat::GranularityChoice::Auto, "auto",
                 "each in turn, and the best plan of all; layer only where ops have scopes"),
      clEnumValN(::remat::GranularityChoice::Op, "op", "one node per op"),
      clEnumValN(::remat::GranularityChoice::Cluster, "cluster", "heavy op with light followers"),
      clEnumValN(::remat::GranularityChoice::Layer, "layer", "framework layer")
    )}]>,
  Option<"cost", "cost", "std::string", "\"h100\"",
    "Cost table, by name; an unknown name is answered with the list">
], analysisOptions, [
  Option<"problemFile", "problem-file", "std::string", "\"\"", "Write problem.json here">,
  Option<"planFile", "plan-file", "std::string", "\"\"",
    "Read the plan from this plan.json instead of making one; a budget replaces its own">,
  Option<"planOutput", "plan-output", "std::string", "\"\"", "Write plan.json here">
]);

//===----------------------------------------------------------------------===//
// Passes
//===----------------------------------------------------------------------===//

def InlinePass : Pass<"remat-inline", "::mlir::ModuleOp"> {
  let summary = "Inline every call of the entry function, also inside regions";
  let description = [{
    Replaces `func.call` and `stablehlo.composite` by the callee's ops, bottom up,
    and erases the private functions that nothing refers to any more. Ops need
    not be registered. A location becomes CallSiteLoc(callee, call).

    **Requires:** a module with an entry function.

    **Guarantees:** no call of a defined function is left in the entry function;
    proven to compute the same function.

    **Fails when:** the module has no entry function or several; a callee is not
    defined, has no body, has several blocks, calls itself, or does not fit the
    call: the message names the chain of calls; a call carries a mark such as
    `remat.keep`; a StableHLO op lost its properties.

    **Complexity:** O(ops after inlining).

    **Example:** `test/Dialect/Remat/inline.mlir`.

    See `docs/concepts/pipeline.md`.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::remat::RematDialect"];
  let options = [entryOption, verifyOption];
}

def OwnDestinationsPass : Pass<"remat-own-destinations", "::mlir::ModuleOp"> {
  let summary = "Give each op on tensors a destination of its own, right before it";
  let description = [{
    Ops in destination style write over a value: the `outs` of a structured op, the
    target of an insertion, the start of a loop's carry. A `tensor.empty`, a
    `linalg.fill` or another op that reads nothing but constants is made again for
    each that writes over it, if several read it, and what nothing but one
    destination reads moves right before its writer. Then
    bufferisation needs one buffer for each op that is left, and no copies: what the
    memory model `arena` counts.

    **Requires:** a module with an entry function.

    **Guarantees:** proven to compute the same function. Only what reads nothing is
    made more than once.

    **Fails when:** the module has no entry function or several.

    **Complexity:** O(ops + operands + destinations made).

    **Example:** `test/Dialect/Remat/own-destinations.mlir`.

    See `docs/concepts/memory-model.md`.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::remat::RematDialect"];
  let options = [entryOption, verifyOption];
}

def InlineRecomputePass : Pass<"remat-inline-recompute", "::mlir::ModuleOp"> {
  let summary = "Write the ops of recompute regions out where they stand";
  let description = [{
    Replaces each `remat.recompute` by the ops of its body. The program then runs
    in the order of the plan, and nothing keeps a pass such as `cse` from merging
    the recomputation with the first execution: bufferise it next.

    **Requires:** a module with an entry function.

    **Guarantees:** no `remat.recompute` is left in the entry function; proven to
    compute the same function.

    **Fails when:** the module has no entry function or several.

    **Complexity:** O(ops).

    **Example:** `test/Dialect/Remat/inline-recompute.mlir`.

    See `docs/concepts/pipeline.md`.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::remat::RematDialect"];
  let options = [entryOption, verifyOption];
}

def PackArenaPass : Pass<"remat-pack-arena", "::mlir::ModuleOp"> {
  let summary = "Give every allocation a static place in one arena";
  let description = [{
    Results become arguments behind the others, which the caller provides; what is
    left of the allocations gets an offset in the arena, a last argument of type
    `memref<BYTESxi8>`. Two buffers share bytes only if one is last used before the
    other is first used; inside a loop, lifetimes are those within an iteration, and
    a buffer that iterations hand on is live as long as the loop. The function gets
    the attributes `remat.arena`, the bytes of the arena, and `remat.live`, the
    most bytes that are ever live at once.

    **Requires:** an entry function of one block, bufferised without layouts at its
    boundary (`one-shot-bufferize`).

    **Guarantees:** no allocation is left in the entry function; the packing is
    checked by code that did not make it; the same input gives the same offsets.

    **Fails when:** the module has no entry function or several; an argument or
    result is no buffer of static shape without a layout; an allocation has a
    dynamic shape, a layout, or an element without a size; there are several blocks;
    the limit is negative.

    **Complexity:** that of packing, see `docs/concepts/arena.md`.

    **Example:** `test/Dialect/Remat/pack-arena.mlir`.

    See `docs/concepts/arena.md`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::memref::MemRefDialect", "::remat::RematDialect"];
  let options = [entryOption,
    Option<"nodeLimit", "node-limit", "int64_t", "20000",
      "Nodes of the exact search, where the heuristics leave a gap; never a time">];
}

def VerifyPass : Pass<"remat-verify", "::mlir::ModuleOp"> {
  let summary = "Prove that a program computes the same function as another one";
  let description = [{
    Numbers the values of both entry functions in one space and compares the
    numbers of results and side effects. Looks through calls, barriers,
    `remat.recompute` and the guards of `remat-encode`, nothing else. Shares no
    code with the rewrites; the other passes run it on their own work too.

    **Requires:** a reference file.

    **Guarantees:** on success each result and each side effect is the same
    expression of the arguments, op for op, up to how often an op runs that may
    run more than once. The module is not changed.

    **Fails when:** there is no reference file or it does not parse; a module has
    no entry function or several; types or argument attributes differ; a result
    or a side effect differs: notes stand at the deepest pair of ops that differ;
    a region has several blocks.

    **Complexity:** O(ops of both programs after inlining).

    **Example:** `test/Dialect/Remat/verify.mlir`.

    See `docs/concepts/pipeline.md`.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::remat::RematDialect"];
  let options = [
    entryOption,
    Option<"reference", "reference", "std::string", "\"\"",
           "File with the program to compare with">
  ];
}

def PlanPass : Pass<"remat-plan", "::mlir::ModuleOp"> {
  let summary = "Choose what to recompute and write it down as remat.plan";
  let description = [{
    Analyses the entry function, asks the planner for a schedule that fits the
    budget, checks the answer with code that did not make it, and writes it as
    the function's `remat.plan` attribute. The program itself is not changed.

    **Requires:** an entry function of one block without calls (`remat-inline`),
    with static shapes, that computes a loss and reads forward values after it.

    **Guarantees:** the attribute's schedule passes the planner's rules R1 to R7
    on the program's graph: its peak is the promised one and within the budget.

    **Fails when:** the analysis refuses the function; an option is wrong; no plan
    fits the budget: the message gives the floor, the smallest peak reached, the
    op with its source line and the largest live values; a plan file does not
    belong to the program, breaks a rule or says of its plan what is not so; a file
    cannot be read or written.

    **Complexity:** that of the analysis, O(ops + operands), and of the strategy.

    **Example:** `test/Dialect/Remat/plan.mlir`.

    See `docs/concepts/plan.md`.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::remat::RematDialect"];
  let options = !listconcat([entryOption], planOptions);
}

def ApplyPass : Pass<"remat-apply", "::mlir::ModuleOp"> {
  let summary = "Rewrite the entry function as its remat.plan says";
  let description = [{
    Puts what the plan runs again between two ops into one `remat.recompute`
    right before the second, and lets later readers read its results. Leaves out
    executions that nothing reads, a first one too if its op runs again. Makes no
    choice, so a plan written by hand is as good as any.

    **Requires:** `remat.plan` on the entry function.

    **Guarantees:** first executions keep their attributes, and their place unless
    the plan has an order of its own, in which they then stand; each read of a
    value reads its latest instance by the plan; clones keep attributes and
    locations; `remat.plan` is gone, and `remat.clones` counts the ops in the
    regions; proven to compute the same function.

    **Fails when:** there is no plan; it names an op that may not run twice or that
    the graph does not have; its order lacks an op, or breaks rule R2 of plans; what
    it promises (budget, peak, plain_peak, cost, base_cost) does not hold here.

    **Complexity:** O(executions times operands).

    **Example:** `test/Dialect/Remat/apply.mlir`.

    See `docs/concepts/pipeline.md`.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::remat::RematDialect"];
  let options = [entryOption, verifyOption];
}

def EncodePass : Pass<"remat-encode", "::mlir::ModuleOp"> {
  let summary = "Write planned recomputation so that a compiler keeps it";
  let description = [{
    Replaces each `remat.recompute` by its body, tied to the op's trigger in the
    form that the target honours: an `optimization_barrier` for XLA on GPU and
    TPU, an opaque guard for XLA on CPU. For XLA on GPU it also ties the fill value
    of each `select_and_scatter` to what that scatters. The options `order-backward`,
    `order-updates`, `tie-accumulations` and `pins` add barriers that hold XLA on GPU
    and TPU to more than that, in programs without recomputation too, except for the
    first.

    **Requires:** `remat.recompute` ops in a StableHLO program, except for target
    none, which only checks.

    **Guarantees:** for an XLA target no op and no attribute of the dialect is
    left in the entry function, each op of each body is there once more, and each
    that is not free depends on a tied value; proven to compute the same function,
    bit for bit in its own ops.

    **Fails when:** an op to recompute is no StableHLO op; planned recomputation
    was lost or added since `remat-apply`; for XLA:CPU, a body has no number to
    make a guard from; a barrier is asked for that the target has no use for; the
    loss, which `order-backward` and `pins` must know, is not found; a donation,
    which `order-updates` must know, is one that no compiler can honour.

    **Complexity:** O(ops), and for each body its ops times the arguments to tie;
    with `order-updates`, donated arguments times ops.

    **Example:** `test/Dialect/Remat/encode.mlir`.

    See `docs/concepts/encodings.md`.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::remat::RematDialect"];
  let options = !listconcat([entryOption, verifyOption, targetOption], knobOptions, [lossOption]);
}

def RematPass : Pass<"remat", "::mlir::ModuleOp"> {
  let summary = "Make a training step fit a byte budget by recomputation";
  let description = [{
    `remat-inline`, `remat-plan`, `remat-apply` and `remat-encode` in one. After
    each of the three rewrites the program is proven to compute what the input
    computes.

    **Requires:** a module with an entry function.

    **Guarantees:** those of the four passes.

    **Fails when:** one of them does. Nothing is written then.

    **Complexity:** the sum of theirs.

    **Example:** `test/Pipelines/remat.mlir`.

    See `docs/concepts/pipeline.md`.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::remat::RematDialect"];
  let options = !listconcat([entryOption, verifyOption, targetOption], knobOptions, planOptions);
}

def PrintGraphPass : Pass<"remat-print-graph", "::mlir::ModuleOp"> {
  let summary = "Print the graph that plans are made on";
  let description = [{
    Analyses the entry function as `remat-plan` does and prints the graph to
    standard output: a line for the arguments, one for the outputs (`<-` marks the
    donated argument), and one per op with its work, inputs, results with their
    bytes, folded ops, framework scope and source line.

    **Requires:** an entry function of one block without calls (`remat-inline`),
    with static shapes, that reads forward values after its loss.

    **Guarantees:** the module is not changed; the same module prints the same
    text.

    **Fails when:** the module has no entry function or several; the function has
    several blocks, calls, no ops or no backward; a value has no static size; an
    op lost its properties, has an unreadable attribute or takes 2^62 flops or
    bytes; a donation does not fit; the loss does not exist.

    **Complexity:** O(ops + operands), and the sum of the folded ops per op.

    **Example:** `test/Analysis/print-graph.mlir`.

    See `docs/concepts/graph.md`.
  }];
  let options = !listconcat([entryOption], analysisOptions);
}

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_PASSES_TD
