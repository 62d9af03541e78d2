//===- PackCommand.cpp - the remat-plan pack command ----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PackCommand.h"

#include "Files.h"
#include "PackOptions.h"
#include "PlanCommand.h"
#include "remat/Planning/Arena/BufferIO.h"

#include <cstdio>

namespace remat::planning {

namespace {

using arena::ArenaProblem;
using arena::Packing;
using arena::PackResult;
using arena::PackStatus;

int fail(const Error &error, PlanExit exit = PlanExitBadInput) {
  std::fprintf(stderr, "remat-plan: error: %s\n", error.message.c_str());
  return exit;
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %%", 100 * share);
  return text;
}

std::string summarize(const ArenaProblem &problem, const PackResult &result,
                      const std::string &name) {
  Bytes lost = result.fragmentation(), arena = result.packing->arena;
  std::string live = problem.buffers.empty() ? formatBytes(result.peak.bytes)
                                             : formatBytes(result.peak.bytes) + " at the time " +
                                                   std::to_string(result.peak.time);
  return name + ": " + std::string(toString(result.status)) + ", " + result.method +
         "\n  why           " + result.stopReason + "\n  arena         " + formatBytes(arena) +
         "\n  most live     " + live + "\n  bound         " + formatBytes(result.bound) +
         "\n  fragmentation " + formatBytes(lost) + ", " + percent(shareOf(lost, arena)) +
         " of the arena\n  buffers       " + std::to_string(problem.buffers.size()) + ", " +
         std::to_string(result.nodes) + " nodes of the exact search\n";
}

/// What is live where most is: the witness that the capacity is too small.
void noteLive(const ArenaProblem &problem, const PackResult &result) {
  constexpr size_t mostNamed = 5;
  std::vector<size_t> live = arena::liveAt(problem, result.peak.time);
  std::string text = std::to_string(live.size()) + " buffers with " +
                     formatBytes(result.peak.bytes) + " are live at the time " +
                     std::to_string(result.peak.time) + ", the largest: ";
  for (size_t i = 0; i < live.size() && i < mostNamed; ++i) {
    const arena::Buffer &buffer = problem.buffers[live[i]];
    text += (i ? "; " : "") + buffer.id + ", " + formatBytes(buffer.size);
  }
  std::fprintf(stderr, "remat-plan: note: %s\n", text.c_str());
}

int packBuffers(const ArenaProblem &problem, const PackCommandOptions &options) {
  Result<PackResult> result = arena::pack(problem, options.pack);
  if (!result)
    return fail(result.error());
  if (!result->packing) {
    fail({ErrorCode::InvalidOption, result->stopReason});
    noteLive(problem, *result);
    return PlanExitRefused;
  }
  if (Status status = arena::verify(problem, *result->packing); !status)
    return fail({ErrorCode::InvalidPlan,
                 "defect: the packing breaks a rule and is not written; " + status.error().message},
                PlanExitDefect);
  if (Status status = writeOutput(options.output, arena::writeBuffers(problem, &*result->packing));
      !status)
    return fail(status.error());
  std::fputs(summarize(problem, *result, inputName(options.input)).c_str(), stderr);
  return PlanExitDone;
}

/// --verify.
int checkGivenPacking(const ArenaProblem &problem, const PackCommandOptions &options) {
  Result<std::string> text = readInput(options.verify);
  if (!text)
    return fail(text.error());
  std::string name = inputName(options.verify);
  Result<Packing> packing = arena::readPacking(problem, *text, name);
  if (!packing)
    return fail(packing.error());
  if (Status status = arena::verify(problem, *packing); !status)
    return fail({status.error().code, name + ": " + status.error().message}, PlanExitRefused);
  std::fprintf(stderr, "%s: every rule holds; arena %s, most live %s\n", name.c_str(),
               formatBytes(packing->arena).c_str(),
               formatBytes(arena::livePeak(problem).bytes).c_str());
  return PlanExitDone;
}

} // namespace

int runPackCommand(int argc, char **argv) {
  auto parsed = parsePackOptions(argc, argv);
  if (!parsed)
    return fail(parsed.error());
  if (const auto *information = std::get_if<PlanInformation>(&*parsed)) {
    std::fputs(information->text.c_str(), stdout);
    return PlanExitDone;
  }
  const auto &options = std::get<PackCommandOptions>(*parsed);
  Result<std::string> text = readInput(options.input);
  if (!text)
    return fail(text.error());
  Result<ArenaProblem> problem = arena::readBuffers(*text, inputName(options.input));
  if (!problem)
    return fail(problem.error());
  problem->capacity = options.capacity;
  return options.verify.empty() ? packBuffers(*problem, options)
                                : checkGivenPacking(*problem, options);
}

} // namespace remat::planning
