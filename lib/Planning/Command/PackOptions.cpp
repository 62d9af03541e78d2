//===- PackOptions.cpp - the command line of remat-plan pack --------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PackOptions.h"

#include "Files.h"
#include "remat/Planning/Recompute/Strategy.h"

#include <CLI/CLI.hpp>

#include <charconv>

namespace remat::planning {

namespace {

constexpr const char *description =
    "Packs buffers with lifetimes into one arena: gives each an offset, so that buffers that\n"
    "are live at one time share no byte, and the arena is as small as it finds. The result is\n"
    "the table with a column offset. What came out is said on stderr.";

constexpr const char *closing =
    "INPUT is CSV whose first line names the columns id, lower, upper, size and, if needed,\n"
    "alignment, hint and gaps. A buffer of size bytes is live from the time lower up to but\n"
    "not at upper, without the times of its gaps (4-6 9-12); its offset is a multiple of its\n"
    "alignment (1 without). A hint is an offset to begin with, -1 for none; it binds to\n"
    "nothing. Same input, same output: limits count nodes, never time.\n"
    "Exit status: 0 a packing was found (or the given one holds); 1 none is within the\n"
    "capacity or none was found, or the given packing breaks a rule; 2 an option or a file is\n"
    "wrong; 3 a packing failed its own check, which is a defect. A file is written whole or\n"
    "not at all.";

/// The options as text.
struct RawPackOptions {
  std::string input, output = "-", verify, capacity, nodeLimit;
  bool hasOutput = false;
};

Error invalid(const std::string &option, const std::string &message) {
  return {ErrorCode::InvalidOption, option + ": " + message};
}

void addOptions(CLI::App &app, RawPackOptions &raw) {
  app.add_option("INPUT", raw.input, "Buffers to pack; - is standard input. xz files are unpacked")
      ->type_name("");
  app.add_option("--capacity", raw.capacity,
                 "Bytes that the arena may have, such as 1048576, 8GiB or 800MB (default: no "
                 "limit)")
      ->type_name("SIZE")
      ->group("Packing");
  app.add_option(
         "--node-limit", raw.nodeLimit,
         "Nodes of the exact search, which begins where quick packings are larger than "
         "what is live at once; a node places one of up to 256 buffers, and counts for more "
         "among more. 0 for quick packings only")
      ->type_name("N")
      ->default_str(std::to_string(arena::kDefaultNodeLimit))
      ->group("Packing");
  app.add_option("-o,--output", raw.output, "Where the packing goes; - is standard output")
      ->type_name("FILE")
      ->default_str("-")
      ->group("Output");
  app.add_option("--verify", raw.verify,
                 "Check the offsets of this file against INPUT and a given --capacity instead of "
                 "packing")
      ->type_name("FILE")
      ->group("Output");
}

Status readCapacity(const std::string &text, std::optional<Bytes> &capacity) {
  if (text.empty())
    return {};
  Result<Budget> read = parseBudget(text);
  if (!read || read->kind != Budget::Kind::Bytes)
    return invalid("--capacity",
                   "expected a size, such as 1048576, 8GiB or 800MB; found \"" + text + "\"");
  capacity = Bytes(read->amount);
  return {};
}

Status readNodeLimit(const std::string &text, int64_t &limit) {
  if (text.empty())
    return {};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size() || limit < 0)
    return invalid("--node-limit", "expected a whole number of 0 or more; found \"" + text + "\"");
  return {};
}

Result<PackCommandOptions> readOptions(const RawPackOptions &raw) {
  PackCommandOptions options{raw.input, raw.output, raw.verify, {}, {}};
  if (raw.input.empty())
    return Error{ErrorCode::InvalidOption,
                 "no input is given; name a file, or - for standard input"};
  if (Status status = readCapacity(raw.capacity, options.capacity); !status)
    return status.error();
  if (Status status = readNodeLimit(raw.nodeLimit, options.pack.nodeLimit); !status)
    return status.error();
  if (raw.verify.empty()) {
    if (raw.output != "-" && isSameFile(raw.output, raw.input))
      return invalid("--output", "would overwrite the input " + raw.input);
    return options;
  }
  if (raw.input == "-" && raw.verify == "-")
    return invalid("--verify", "the packing and the input cannot both be standard input");
  for (auto [given, name] :
       {std::pair(raw.hasOutput, "--output"), std::pair(!raw.nodeLimit.empty(), "--node-limit")})
    if (given)
      return invalid(name, "has no effect with --verify; leave it out");
  return options;
}

} // namespace

Result<std::variant<PackCommandOptions, PlanInformation>> parsePackOptions(int argc, char **argv) {
  using Parsed = std::variant<PackCommandOptions, PlanInformation>;
  RawPackOptions raw;
  CLI::App app(description, "remat-plan pack");
  prepareApp(app);
  app.footer(closing);
  addOptions(app, raw);
  Result<std::optional<PlanInformation>> information = parseCommandLine(app, argc, argv);
  if (!information)
    return information.error();
  if (*information)
    return Parsed(std::move(**information));
  raw.hasOutput = app.get_option("--output")->count() > 0;
  Result<PackCommandOptions> options = readOptions(raw);
  if (!options)
    return options.error();
  return Parsed(std::move(*options));
}

} // namespace remat::planning
