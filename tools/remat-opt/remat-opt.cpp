//===- remat-opt.cpp - the pass driver ------------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InputHints.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "remat/Analysis/OpModel.h"
#include "remat/Conversion/Passes.h"
#include "remat/Dialect/Remat/Transforms/Passes.h"
#include "remat/Pipelines/Pipelines.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

static int fail(const llvm::Twine &message) {
  llvm::WithColor::error(llvm::errs(), "remat-opt") << message << "\n";
  return 1;
}

/// Reads bytecode once more, to look for properties that were lost on reading:
/// without a pass in between, nobody else would notice.
static bool losesProperties(llvm::MemoryBufferRef buffer, DialectRegistry &registry) {
  MLIRContext context(registry);
  context.allowUnregisteredDialects();
  ScopedDiagnosticHandler quiet(&context, [](Diagnostic &) { return success(); });
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(buffer.getBuffer(), &context);
  return module && failed(remat::checkProperties(*module, remat::OpModelTable::global()));
}

/// Runs the passes over `input` and writes `output` as a whole or not at all.
static int run(llvm::StringRef input, llvm::StringRef output, DialectRegistry &registry) {
  std::string message;
  std::unique_ptr<llvm::MemoryBuffer> buffer = openInputFile(input, &message);
  if (!buffer)
    return fail(message);
  std::string content = buffer->getBuffer().str();
  std::string file = input == "-" ? "the input" : input.str();
  if (std::string reason = remat::reasonToRefuse(content, file); !reason.empty())
    return fail(reason);
  if (remat::isBytecode(content) && losesProperties(*buffer, registry))
    return fail(file +
                " is bytecode that loses its properties on reading; export the program again, as "
                "text or as a portable artifact");

  MlirOptMainConfig config = MlirOptMainConfig::createFromCLOptions();
  config.allowUnregisteredDialects(true);
  bool ran = false, accepted = false;
  llvm::Error error = llvm::writeToOutput(output, [&](llvm::raw_ostream &stream) -> llvm::Error {
    ran = true;
    accepted = succeeded(MlirOptMain(stream, std::move(buffer), registry, config));
    stream.flush(); // before the temporary file of a refused run is thrown away
    return accepted ? llvm::Error::success()
                    : llvm::createStringError(std::errc::invalid_argument, "refused");
  });
  if (error && (accepted || !ran))
    return fail("cannot write " + output + ": " + toString(std::move(error)));
  llvm::consumeError(std::move(error));
  if (accepted)
    return 0;
  if (std::string hint = remat::hintAfterFailure(content, file); !hint.empty())
    return fail(hint);
  return 1;
}

/// Returns the command line with a default that suits training steps: an error
/// names its op by source line instead of printing the whole function.
static std::vector<char *> withDefaults(int argc, char **argv) {
  static char flag[] = "--mlir-print-op-on-diagnostic=false";
  std::vector<char *> arguments(argv, argv + argc);
  auto given = [](llvm::StringRef argument) {
    return argument.contains("-mlir-print-op-on-diagnostic");
  };
  if (llvm::none_of(arguments, given))
    arguments.insert(arguments.begin() + 1, flag);
  return arguments;
}

/// What --help says before the options, which are mlir-opt's and hundreds.
static constexpr llvm::StringLiteral overview =
    R"(remat-opt: make a training step fit a byte budget by recomputation

Reads a step as MLIR, runs passes over it in the order in which they are given,
and writes the result. Ops of dialects that are not built in, such as stablehlo,
are read in their generic form.

  --remat                      all that is needed: inline, plan, apply and encode in one
  --remat-inline               replace calls by what they call
  --remat-plan                 choose what to run again, so that the budget is kept
  --remat-apply                rewrite the step as the plan says
  --remat-encode               keep a compiler, such as XLA, from undoing that
  --remat-outline-regions      move regions that torch-mlir must not see into functions
  --remat-stablehlo-to-linalg  convert what torch-mlir's conversion to linalg leaves
  --remat-split-sums           sum many terms by way of partial sums, which round less
  --remat-own-destinations     give each op on tensors a destination of its own
  --remat-inline-recompute     write recompute regions out where they stand
  --remat-pack-arena           give every allocation a static place in one arena
  --remat-copies-to-linalg     copy buffers that do not lie in one piece by loops
  --remat-outline-kernels      move each op on whole buffers into a function, once
  --remat-call-contractions    call the runtime for products and convolutions
  --remat-order-loops          let innermost loops run along memory
  --remat-share-loops          let threads ask for some rounds of a kernel's loop
  --remat-approximate-math     compute exp, log, tanh and erf by polynomials
  --remat-share-calls          have the runtime share these rounds among threads
  --remat-bufferize            all of that on a step on tensors, as a pipeline
  --remat-form-kernels         make GPU kernels of what a step does to buffers
  --remat-call-device          make calls of the device runtime of its launches
  --remat-lower-cpu            lower a step on buffers to LLVM, as a pipeline
  --remat-lower-gpu            lower it to kernels and LLVM for the host, likewise
  --remat-verify               prove that two programs compute the same function
  --remat-print-graph          print the graph that plans are made on

Options of a pass follow it in quotes:
  remat-opt step.mlir --remat="budget=8GiB target=xla-gpu" -o fitted.mlir

All options and their defaults are in docs/reference/passes.md. Below, ours start
with --remat; the others are those of mlir-opt.
)";

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  llvm::cl::SetVersionPrinter([](llvm::raw_ostream &stream) {
    stream << "remat-opt " REMAT_VERSION " (LLVM " LLVM_VERSION_STRING ")\n";
  });
  registerAllPasses();
  remat::registerRematPasses();
  remat::registerRematConversionPasses();
  remat::registerRematPipelines();
  DialectRegistry registry;
  registerAllDialects(registry);
  registerAllExtensions(registry);
  registerAllGPUToLLVMIRTranslations(registry);
  registry.insert<remat::RematDialect>();
  std::vector<char *> arguments = withDefaults(argc, argv);
  auto [input, output] = registerAndParseCLIOptions(static_cast<int>(arguments.size()),
                                                    arguments.data(), overview, registry);
  return run(input, output, registry);
}
