//===- RunCommand.cpp - the remat-run command ------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RunCommand.h"

#include "DeviceMeasure.h"
#include "RunReport.h"

#include "remat/Emulator/Emulator.h"
#include "remat/Runtime/Contraction.h"
#include "remat/Runtime/Cuda.h"
#include "remat/Runtime/Parallel.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

#include <thread>

using namespace remat;
using planning::Error;
using planning::ErrorCode;
using planning::Result;
using planning::Status;

namespace {

using Steps = std::vector<std::unique_ptr<CompiledStep>>;

/// The results to compare with, in their order, and who holds them.
struct References {
  std::map<std::string, Array> arrays;
  Measurement cpu;
  std::vector<const std::byte *> results;
};

} // namespace

static RunExit fail(const llvm::Twine &message) {
  llvm::WithColor::error(llvm::errs(), "remat-run") << message << "\n";
  return RunExitBadInput;
}

/// Says where the types of two steps differ; `what` is "argument" or "result".
static Status checkSameTypes(const std::vector<BufferSpec> &before,
                             const std::vector<BufferSpec> &after, const std::string &what,
                             const Steps &steps) {
  auto refuse = [&](const std::string &why) {
    return Error{ErrorCode::InvalidInput, steps[0]->file + " and " + steps[1]->file +
                                              " are no two versions of one step: " + why};
  };
  if (before.size() != after.size())
    return refuse(std::to_string(before.size()) + " and " + std::to_string(after.size()) + " " +
                  what + "s");
  for (size_t i = 0; i < before.size(); ++i)
    if (before[i].type != after[i].type)
      return refuse(what + " " + std::to_string(i) + " is " + before[i].type + " and " +
                    after[i].type);
  return {};
}

static Result<BufferGroup> readInputs(const RunOptions &options,
                                      const std::vector<BufferSpec> &specs) {
  if (options.inputs == "random")
    return makeRandomInputs(specs, options.seed);
  auto arrays = readArrays(options.inputs);
  if (!arrays)
    return arrays.error();
  return makeInputs(specs, *arrays, options.inputs);
}

/// Finds "result0" or "arr_0" and so on in the arrays of `file`.
static Result<References> readReferences(const std::vector<BufferSpec> &specs,
                                         const std::string &file) {
  auto arrays = readArrays(file);
  if (!arrays)
    return arrays.error();
  References references{std::move(*arrays), {}, {}};
  for (size_t i = 0; i < specs.size(); ++i) {
    std::string number = std::to_string(i);
    auto found = references.arrays.find("result" + number);
    if (found == references.arrays.end())
      found = references.arrays.find("arr_" + number);
    if (found == references.arrays.end() || !specs[i].accepts(found->second))
      return Error{ErrorCode::InvalidInput, file + ": no array result" + number + " or arr_" +
                                                number + " of the type of result " + number + ", " +
                                                specs[i].type};
    references.results.push_back(reinterpret_cast<const std::byte *>(found->second.data.data()));
  }
  return references;
}

/// Runs `step`, which is compiled for the CPU, once.
static Result<References> runReference(const CompiledStep &step, const BufferGroup &inputs) {
  Result<Measurement> measurement = measure(step, inputs, 0);
  if (!measurement)
    return measurement.error();
  References references{{}, std::move(*measurement), {}};
  for (size_t i = 0; i < step.results.size(); ++i)
    references.results.push_back(references.cpu.results[i]);
  return references;
}

/// Returns the result that is farthest from its reference.
static ReferenceCheck checkReference(const std::vector<StepRun> &runs,
                                     const References &references) {
  ReferenceCheck worst;
  for (const StepRun &run : runs)
    for (size_t i = 0; i < references.results.size(); ++i) {
      Distance found =
          distance(run.measurement.results[i], references.results[i], run.step->results[i]);
      if (worst.program.empty() || found.relative() > worst.distance.relative())
        worst = {i, found, run.step->file};
    }
  return worst;
}

static std::optional<Difference> findDifference(const StepRun &before, const StepRun &after) {
  for (size_t i = 0; i < before.step->results.size(); ++i) {
    const BufferSpec &spec = before.step->results[i];
    const std::byte *left = before.measurement.results[i];
    const std::byte *right = after.measurement.results[i];
    if (std::optional<int64_t> element = firstDifference(left, right, spec))
      return Difference{i, *element, elementText(left, spec, *element),
                        elementText(right, spec, *element)};
  }
  return std::nullopt;
}

/// Runs the steps one after the other, on the same inputs.
static Result<std::vector<StepRun>> runAll(const Steps &steps, const BufferGroup &inputs,
                                           Device *device, int repeat) {
  std::vector<StepRun> runs;
  for (const auto &step : steps) {
    Result<Measurement> measurement =
        device ? measureOn(*device, *step, inputs, repeat) : measure(*step, inputs, repeat);
    if (!measurement)
      return measurement.error();
    StepRun run{step.get(), std::move(*measurement)};
    for (size_t i = 0; i < step->results.size(); ++i)
      run.nonFinite += countNonFinite(run.measurement.results[i], step->results[i]);
    runs.push_back(std::move(run));
  }
  return runs;
}

/// Returns what runs kernels, if anything does.
static Result<CudaDevice> openDevice(StepTarget target) {
  switch (target) {
  case StepTarget::Cpu:
    return CudaDevice();
  case StepTarget::Emulator:
    return CudaDevice{makeEmulator(), "sm_80"};
  case StepTarget::Cuda:
    break;
  }
  return openCudaDevice();
}

/// Measures the compiled steps, compares their results, with those of `cpu` too if there is
/// one, and reports.
static RunExit runSteps(const RunOptions &options, const Steps &steps, Device *device,
                        const CompiledStep *cpu) {
  if (steps.size() == 2)
    for (Status same : {checkSameTypes(steps[0]->arguments, steps[1]->arguments, "argument", steps),
                        checkSameTypes(steps[0]->results, steps[1]->results, "result", steps)})
      if (!same)
        return fail(same.error().message);
  auto inputs = readInputs(options, steps[0]->arguments);
  if (!inputs)
    return fail(inputs.error().message);
  Result<References> references = cpu ? runReference(*cpu, *inputs)
                                  : options.reference.empty()
                                      ? References()
                                      : readReferences(steps[0]->results, options.reference);
  if (!references)
    return fail(references.error().message);
  auto runs = runAll(steps, *inputs, device, options.repeat);
  if (!runs)
    return fail(runs.error().message);

  RunReport report{options, std::move(*runs), {}, {}};
  if (steps.size() == 2)
    report.difference = findDifference(report.runs[0], report.runs[1]);
  if (!options.reference.empty())
    report.reference = checkReference(report.runs, *references);
  printTable(report, llvm::outs());
  if (!options.json.empty())
    if (llvm::Error error = writeJson(report, options.json))
      return fail("cannot write " + options.json + ": " + toString(std::move(error)));
  return report.difference || !report.isWithinTolerance() ? RunExitDifferent : RunExitEqual;
}

RunExit remat::runCommand(const RunOptions &options, const mlir::DialectRegistry &registry) {
  mlir::MLIRContext context(registry);
  context.allowUnregisteredDialects();
  context.printOpOnDiagnostic(false);
  Result<CudaDevice> target = openDevice(options.device);
  if (!target)
    return fail(target.error().message);
  Steps steps;
  for (const std::string &file : {options.before, options.after}) {
    if (file.empty())
      continue;
    steps.push_back(
        CompiledStep::compile(file, options.entry, context, options.device, target->chip));
    if (!steps.back())
      return RunExitBadInput;
  }
  std::unique_ptr<CompiledStep> cpu;
  if (options.reference == "cpu") {
    cpu = CompiledStep::compile(options.before, options.entry, context);
    if (!cpu)
      return RunExitBadInput;
  }
  setThreads(options.cores ? options.cores : std::thread::hardware_concurrency());
  prepareContractions();
  return runSteps(options, steps, target->device.get(), cpu.get());
}
