//===- Help.h - how remat-plan lays out its help ----------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_COMMAND_HELP_H
#define REMAT_PLANNING_COMMAND_HELP_H

#include <CLI/CLI.hpp>

#include <sstream>
#include <string>

namespace remat::planning {

/// Writes each option as its spelling on one line and what it means, with the
/// default, on the next ones, in 80 columns.
class HelpFormatter : public CLI::Formatter {
public:
  std::string make_usage(const CLI::App *app, std::string) const override {
    return "\nusage: " + app->get_name() + " [OPTION]... INPUT\n";
  }

  std::string make_option(const CLI::Option *option, bool isPositional) const override {
    std::string text = "  " + spelling(*option, isPositional) + "\n";
    std::string meaning = option->get_description();
    if (!option->get_default_str().empty())
      meaning += " (default: " + option->get_default_str() + ")";
    constexpr size_t indent = 8, columns = 80;
    std::istringstream words(meaning);
    std::string line(indent, ' ');
    for (std::string word; words >> word;) {
      if (line.size() > indent && line.size() + word.size() > columns) {
        text += line + "\n";
        line.assign(indent, ' ');
      }
      line += (line.size() > indent ? " " : "") + word;
    }
    return text + line + "\n";
  }

private:
  static std::string spelling(const CLI::Option &option, bool isPositional) {
    if (isPositional)
      return option.get_name(true);
    std::string text;
    for (const std::string &name : option.get_snames())
      text += "-" + name + ", ";
    if (!option.get_fnames().empty()) // has a --no- form
      return text + "--[no-]" + option.get_lnames().front();
    text += "--" + option.get_lnames().front();
    if (std::string type = option.get_type_name(); option.get_expected_max() > 0 && !type.empty())
      text += "=" + type;
    return text;
  }
};

} // namespace remat::planning

#endif // REMAT_PLANNING_COMMAND_HELP_H
