//===- CommandLine.cpp - parsing with errors in our form ------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CommandLine.h"

#include "Help.h"

#include <cctype>

namespace remat::planning {

namespace {

/// What the parser says, in the form of our messages.
std::string tidy(std::string message) {
  while (!message.empty() &&
         (std::isspace(static_cast<unsigned char>(message.back())) || message.back() == '.'))
    message.pop_back();
  if (!message.empty())
    message[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(message[0])));
  return message;
}

/// Only flags are converted; the parser says "Could not convert: --flag = text".
Error describeConversion(const std::string &message) {
  size_t name = message.find("--"), equals = message.find(" = ");
  if (name == std::string::npos || equals == std::string::npos || equals < name)
    return {ErrorCode::InvalidOption, tidy(message)};
  return {ErrorCode::InvalidOption, message.substr(name, equals - name) + ": unknown value \"" +
                                        message.substr(equals + 3) +
                                        "\"; known values: true, false"};
}

} // namespace

void prepareApp(CLI::App &app) {
  app.set_help_flag("-h,--help", "Print this help and leave");
  app.allow_extras();
  app.formatter(std::make_shared<HelpFormatter>());
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

Result<std::optional<PlanInformation>> parseCommandLine(CLI::App &app, int argc, char **argv) {
  using Parsed = std::optional<PlanInformation>;
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp &) {
    return Parsed(PlanInformation{app.help()});
  } catch (const CLI::CallForVersion &call) {
    return Parsed(PlanInformation{std::string(call.what()) + "\n"});
  } catch (const CLI::ArgumentMismatch &error) {
    std::string option = error.what();
    return Error{ErrorCode::InvalidOption,
                 option.substr(0, option.find(':')) + ": a value is missing"};
  } catch (const CLI::ConversionError &error) {
    return describeConversion(error.what());
  } catch (const CLI::ParseError &error) {
    return Error{ErrorCode::InvalidOption, tidy(error.what())};
  }
  for (const CLI::Option *option : app.get_options())
    if (option->count() > 1)
      return Error{ErrorCode::InvalidOption, option->get_name() + ": given " +
                                                 std::to_string(option->count()) +
                                                 " times; give it once"};
  if (std::vector<std::string> extras = app.remaining(); !extras.empty()) {
    bool isOption = extras.front().starts_with("-");
    return Error{ErrorCode::InvalidOption,
                 (isOption ? "unknown option " : "more than one input: ") + extras.front() +
                     (isOption ? "; " + app.get_name() + " --help lists them" : "")};
  }
  return Parsed();
}

} // namespace remat::planning
