//===- remat-run.cpp - runs steps and compares them ------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RunCommand.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "remat/Dialect/Remat/IR/Remat.h"
#include "remat/Runtime/Parallel.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/WithColor.h"

using namespace llvm;

static constexpr StringLiteral overview =
    R"(remat-run: run a training step, before and after recomputation, and compare

Compiles one or two versions of a step on tensors (linalg, with or without
remat.recompute regions) for this machine, or as kernels of a GPU, runs them on
the same inputs, compares all results bit for bit, and reports what they take:
the arena that holds every temporary, the most bytes of it that are live at once,
what the runtime maps, by how much the process grows, and the time of a step.

Exit status: 0 the results are equal (and within the tolerance of the reference);
1 they are not; 2 an option or a file is wrong, or the memory is not there. The
JSON file is written whole or not at all.
)";

static void printVersion(raw_ostream &stream) {
  stream << "remat-run " REMAT_VERSION " (LLVM " LLVM_VERSION_STRING ")\n";
}

/// Returns what is wrong with a number among the options, or nothing.
static std::string wrongOption(const remat::RunOptions &options) {
  if (options.repeat < 1)
    return formatv("--repeat={0}: expected at least 1", options.repeat);
  if (options.cores < 0 || options.cores > remat::kMostThreads)
    return formatv("--cores={0}: expected 0 to {1}", options.cores, remat::kMostThreads);
  if (!(options.tolerance >= 0))
    return formatv("--tolerance={0}: expected at least 0", options.tolerance);
  return "";
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  remat::RunOptions options;
  cl::OptionCategory category("Options of remat-run");
  cl::opt<std::string, true> before(cl::Positional, cl::Required, cl::desc("BEFORE.mlir"),
                                    cl::location(options.before), cl::cat(category));
  cl::opt<std::string, true> after(cl::Positional, cl::desc("[AFTER.mlir]"),
                                   cl::location(options.after), cl::cat(category));
  cl::opt<std::string, true> inputs(
      "inputs", cl::location(options.inputs), cl::init("random"), cl::cat(category),
      cl::value_desc("random|FILE.npz|FOLDER"),
      cl::desc("Arguments: random, or arrays arg0, arg1, ... (or arr_0, ...) of an .npz "
               "file or a folder of .npy files (default: random)"));
  cl::opt<uint64_t, true> seed("seed", cl::location(options.seed), cl::init(0), cl::cat(category),
                               cl::desc("Seed of random arguments (default: 0)"));
  cl::opt<int, true> repeat("repeat", cl::location(options.repeat), cl::init(5), cl::cat(category),
                            cl::desc("Runs after the first one, at least 1 (default: 5)"));
  cl::opt<remat::StepTarget, true> device(
      "device", cl::location(options.device), cl::init(remat::StepTarget::Cpu), cl::cat(category),
      cl::desc("What runs the steps (default: cpu)"),
      cl::values(clEnumValN(remat::StepTarget::Cpu, "cpu", "code for this machine"),
                 clEnumValN(remat::StepTarget::Emulator, "emulator",
                            "kernels for a GPU, run one thread after the other"),
                 clEnumValN(remat::StepTarget::Cuda, "cuda", "the first GPU of this machine")));
  cl::opt<int, true> cores("cores", cl::location(options.cores), cl::init(0), cl::cat(category),
                           cl::desc("Threads that a step runs on, which change none of its bits "
                                    "(default: 0, all cores)"));
  cl::opt<std::string, true> json("json", cl::location(options.json), cl::cat(category),
                                  cl::value_desc("FILE"), cl::desc("Write the report as JSON"));
  cl::opt<std::string, true> reference(
      "reference", cl::location(options.reference), cl::cat(category),
      cl::value_desc("FILE.npz|FOLDER|cpu"),
      cl::desc("Results to compare with: arrays result0, result1, ... (or arr_0, ...), or "
               "those of BEFORE.mlir on the CPU"));
  cl::opt<double, true> tolerance(
      "tolerance", cl::location(options.tolerance), cl::init(1e-5), cl::cat(category),
      cl::desc("How far a result may be from its reference, in terms of the largest "
               "magnitude in the reference of that result (default: 1e-5)"));
  cl::opt<std::string, true> entry("entry", cl::location(options.entry), cl::cat(category),
                                   cl::value_desc("NAME"),
                                   cl::desc("The function to run (default: main, or the only "
                                            "public one)"));
  cl::HideUnrelatedOptions(category);
  cl::SetVersionPrinter(printVersion);
  cl::ParseCommandLineOptions(argc, argv, overview);
  if (std::string wrong = wrongOption(options); !wrong.empty()) {
    WithColor::error(errs(), "remat-run") << wrong << '\n';
    return remat::RunExitBadInput;
  }
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllGPUToLLVMIRTranslations(registry);
  registry.insert<remat::RematDialect>();
  return remat::runCommand(options, registry);
}
