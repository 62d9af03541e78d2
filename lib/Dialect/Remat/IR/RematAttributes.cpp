//===- RematAttributes.cpp - plans as attributes --------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Dialect/Remat/IR/Remat.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace remat;

#define GET_ATTRDEF_CLASSES
#include "remat/Dialect/Remat/IR/RematAttributes.cpp.inc"

void RematDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "remat/Dialect/Remat/IR/RematAttributes.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// InsertionAttr
//===----------------------------------------------------------------------===//

LogicalResult InsertionAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t before,
                                    ArrayRef<int64_t> ops) {
  if (before < 0)
    return emitError() << "insertion before op " << before << ": a position is not negative";
  if (ops.empty())
    return emitError() << "insertion before op " << before << " runs no op";
  for (int64_t op : ops)
    if (op < 0)
      return emitError() << "insertion before op " << before << " runs op " << op
                         << ": a position is not negative";
  return success();
}

//===----------------------------------------------------------------------===//
// PlanAttr: custom assembly
//===----------------------------------------------------------------------===//

static StringRef str(std::string_view text) { return {text.data(), text.size()}; }

namespace {
/// The fields of a plan while it is parsed.
struct PlanFields {
  std::string memoryModel = "program";
  bool foldFree = true;
  planning::BudgetScope scope = planning::BudgetScope::Total;
  std::optional<planning::CostUnit> costUnit;
  std::string costTable;
  std::optional<int64_t> version, loss, budget, peak, plainPeak, cost, baseCost;
  SmallVector<int64_t> order;
  SmallVector<InsertionAttr> insertions;
};
} // namespace

/// insertion ::= `{` `before` `=` int `,` `ops` `=` `[` int (`,` int)* `]` `}`
static ParseResult parseInsertion(AsmParser &parser, SmallVectorImpl<InsertionAttr> &insertions) {
  int64_t before = 0;
  SmallVector<int64_t> ops;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLBrace() || parser.parseKeyword("before") || parser.parseEqual() ||
      parser.parseInteger(before) || parser.parseComma() || parser.parseKeyword("ops") ||
      parser.parseEqual() ||
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                     [&] { return parser.parseInteger(ops.emplace_back()); }) ||
      parser.parseRBrace())
    return failure();
  auto insertion = InsertionAttr::getChecked([&] { return parser.emitError(loc); },
                                             parser.getContext(), before, ops);
  if (!insertion)
    return failure();
  insertions.push_back(insertion);
  return success();
}

/// Parses a name: a word or a quoted string ("non-arguments").
static ParseResult parseWord(AsmParser &parser, std::string &word) {
  if (succeeded(parser.parseOptionalString(&word)))
    return success();
  StringRef keyword;
  if (parser.parseKeyword(&keyword))
    return failure();
  word = keyword.str();
  return success();
}

namespace {
/// A field of a plan: its name and what parses its value. `loc` is where the name stands.
struct PlanField {
  StringRef name;
  ParseResult (*parse)(AsmParser &parser, SMLoc loc, PlanFields &fields);
};
} // namespace

template <std::optional<int64_t> PlanFields::*field>
static ParseResult parseCount(AsmParser &parser, SMLoc, PlanFields &fields) {
  return parser.parseInteger((fields.*field).emplace());
}

template <std::string PlanFields::*field>
static ParseResult parseName(AsmParser &parser, SMLoc, PlanFields &fields) {
  return parseWord(parser, fields.*field);
}

/// Parses one of the names that `parse` knows; `known` lists them for the message.
template <typename T, typename Field>
static ParseResult parseEnum(AsmParser &parser, SMLoc loc, StringRef key,
                             std::optional<T> (*parse)(std::string_view), StringRef known,
                             Field &field) {
  std::string text;
  if (parseWord(parser, text))
    return failure();
  std::optional<T> parsed = parse(text);
  if (!parsed)
    return parser.emitError(loc) << "unknown " << key << " '" << text << "'; known are " << known;
  field = *parsed;
  return success();
}

static ParseResult parseScope(AsmParser &parser, SMLoc loc, PlanFields &fields) {
  return parseEnum(parser, loc, "scope", planning::parseBudgetScope, planning::budgetScopeNames(),
                   fields.scope);
}

static ParseResult parseCostUnit(AsmParser &parser, SMLoc loc, PlanFields &fields) {
  return parseEnum(parser, loc, "cost_unit", planning::parseCostUnit, planning::costUnitNames(),
                   fields.costUnit);
}

static ParseResult parseFoldFree(AsmParser &parser, SMLoc loc, PlanFields &fields) {
  StringRef text;
  if (parser.parseKeyword(&text))
    return failure();
  if (text != "true" && text != "false")
    return parser.emitError(loc) << "unknown fold_free '" << text << "'; known are true and false";
  fields.foldFree = text == "true";
  return success();
}

static ParseResult parseOrder(AsmParser &parser, SMLoc, PlanFields &fields) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
    return parser.parseInteger(fields.order.emplace_back());
  });
}

static ParseResult parseInsertions(AsmParser &parser, SMLoc, PlanFields &fields) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                        [&] { return parseInsertion(parser, fields.insertions); });
}

/// The fields in the order in which they are printed.
static constexpr PlanField kPlanFields[] = {{"version", parseCount<&PlanFields::version>},
                                            {"memory_model", parseName<&PlanFields::memoryModel>},
                                            {"fold_free", parseFoldFree},
                                            {"loss", parseCount<&PlanFields::loss>},
                                            {"scope", parseScope},
                                            {"budget", parseCount<&PlanFields::budget>},
                                            {"peak", parseCount<&PlanFields::peak>},
                                            {"plain_peak", parseCount<&PlanFields::plainPeak>},
                                            {"cost", parseCount<&PlanFields::cost>},
                                            {"base_cost", parseCount<&PlanFields::baseCost>},
                                            {"cost_unit", parseCostUnit},
                                            {"cost_table", parseName<&PlanFields::costTable>},
                                            {"order", parseOrder},
                                            {"insertions", parseInsertions}};

static ParseResult parseField(AsmParser &parser, StringRef key, SMLoc loc, PlanFields &fields) {
  const PlanField *field =
      llvm::find_if(kPlanFields, [&](const PlanField &known) { return known.name == key; });
  if (field != std::end(kPlanFields))
    return field->parse(parser, loc, fields);
  InFlightDiagnostic error = parser.emitError(loc)
                             << "a plan has no field '" << key << "'; known are ";
  llvm::interleaveComma(kPlanFields, error, [&](const PlanField &known) { error << known.name; });
  return error;
}

Attribute PlanAttr::parse(AsmParser &parser, Type) {
  PlanFields fields;
  llvm::StringSet<> seen;
  SMLoc start = parser.getCurrentLocation();
  auto field = [&]() -> ParseResult {
    SMLoc loc = parser.getCurrentLocation();
    StringRef key;
    if (parser.parseKeyword(&key) || parser.parseEqual())
      return failure();
    if (!seen.insert(key).second)
      return parser.emitError(loc) << "field '" << key << "' is given twice";
    return parseField(parser, key, loc, fields);
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::LessGreater, field))
    return {};
  if (fields.version.value_or(kVersion) != kVersion) {
    parser.emitError(start) << "plan version " << *fields.version
                            << " is not supported; this build reads version " << kVersion;
    return {};
  }
  return PlanAttr::getChecked([&] { return parser.emitError(start); }, parser.getContext(),
                              fields.memoryModel, fields.foldFree, fields.loss, fields.scope,
                              fields.budget, fields.peak, fields.plainPeak, fields.cost,
                              fields.baseCost, fields.costUnit, fields.costTable, fields.order,
                              fields.insertions);
}

void PlanAttr::print(AsmPrinter &printer) const {
  auto count = [&](StringRef key, std::optional<int64_t> value) {
    if (value)
      printer << ", " << key << " = " << *value;
  };
  printer << "<version = " << kVersion << ", memory_model = \"" << getMemoryModel()
          << "\", fold_free = " << (getFoldFree() ? "true" : "false");
  count("loss", getLoss());
  printer << ", scope = \"" << str(planning::toString(getScope())) << "\"";
  count("budget", getBudget());
  count("peak", getPeak());
  count("plain_peak", getPlainPeak());
  count("cost", getCost());
  count("base_cost", getBaseCost());
  if (getCostUnit())
    printer << ", cost_unit = \"" << str(planning::toString(*getCostUnit())) << "\"";
  if (!getCostTable().empty())
    printer << ", cost_table = \"" << getCostTable() << "\"";
  if (!getOrder().empty()) {
    printer << ", order = [";
    llvm::interleaveComma(getOrder(), printer);
    printer << "]";
  }
  printer << ", insertions = [";
  llvm::interleaveComma(getInsertions(), printer, [&](InsertionAttr insertion) {
    printer << "{before = " << insertion.getBefore() << ", ops = [";
    llvm::interleaveComma(insertion.getOps(), printer);
    printer << "]}";
  });
  printer << "]>";
}

/// A cost means something under its table only.
static LogicalResult verifyCost(function_ref<InFlightDiagnostic()> emitError, bool hasCost,
                                std::optional<planning::CostUnit> unit, StringRef tableName) {
  const planning::DeviceTable *table = planning::findDeviceTable(tableName);
  if (!tableName.empty() && !table)
    return emitError() << "unknown cost_table '" << tableName << "'; known are "
                       << planning::deviceTableNames();
  if (hasCost && !table)
    return emitError() << "a plan that promises a cost or base_cost names its cost_table; known "
                          "are "
                       << planning::deviceTableNames();
  if (table && unit && *unit != table->unit)
    return emitError() << "cost_unit of a plan is " << str(planning::toString(*unit))
                       << ", but costs of the cost_table '" << tableName << "' are "
                       << str(planning::toString(table->unit));
  return success();
}

/// Insertions into the base order.
static LogicalResult verifyInsertions(function_ref<InFlightDiagnostic()> emitError,
                                      ArrayRef<InsertionAttr> insertions) {
  for (size_t i = 0; i < insertions.size(); ++i) {
    int64_t before = insertions[i].getBefore();
    if (i > 0 && before <= insertions[i - 1].getBefore())
      return emitError() << "insertions stand by ascending position, but " << before << " follows "
                         << insertions[i - 1].getBefore();
    for (int64_t op : insertions[i].getOps())
      if (op >= before)
        return emitError() << "insertion before op " << before << " runs op " << op
                           << ", which has not run before";
  }
  return success();
}

/// Insertions into another order.
static LogicalResult verifyOrder(function_ref<InFlightDiagnostic()> emitError,
                                 ArrayRef<int64_t> order, ArrayRef<InsertionAttr> insertions) {
  llvm::DenseMap<int64_t, size_t> stepOf;
  for (auto [step, op] : llvm::enumerate(order)) {
    if (op < 0)
      return emitError() << "the order of a plan lists op " << op << ": a position is not negative";
    if (!stepOf.try_emplace(op, step).second)
      return emitError() << "the order of a plan lists op " << op << " twice";
  }
  size_t next = 0;
  for (InsertionAttr insertion : insertions) {
    auto at = stepOf.find(insertion.getBefore());
    // What is listed nowhere can only be the end of the step.
    size_t step = at == stepOf.end() ? order.size() : at->second;
    if (step < next)
      return emitError() << "insertions stand in the plan's order, but the one before op "
                         << insertion.getBefore() << " follows a later one";
    for (int64_t op : insertion.getOps())
      if (auto run = stepOf.find(op); run == stepOf.end() || run->second >= step)
        return emitError() << "insertion before op " << insertion.getBefore() << " runs op " << op
                           << ", which has not run before";
    next = step + 1;
  }
  return success();
}

LogicalResult PlanAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringRef memoryModel,
                               bool foldFree, std::optional<int64_t> loss,
                               planning::BudgetScope scope, std::optional<int64_t> budget,
                               std::optional<int64_t> peak, std::optional<int64_t> plainPeak,
                               std::optional<int64_t> cost, std::optional<int64_t> baseCost,
                               std::optional<planning::CostUnit> costUnit, StringRef costTable,
                               ArrayRef<int64_t> order, ArrayRef<InsertionAttr> insertions) {
  if (!llvm::is_contained({"program", "arena", "xla", "xla-tpu"}, memoryModel))
    return emitError() << "unknown memory_model '" << memoryModel
                       << "'; known are program, arena, xla and xla-tpu";
  const std::pair<StringRef, std::optional<int64_t>> counts[] = {
      {"loss", loss}, {"budget", budget},     {"peak", peak}, {"plain_peak", plainPeak},
      {"cost", cost}, {"base_cost", baseCost}};
  for (auto [name, value] : counts)
    if (value && *value < 0)
      return emitError() << name << " " << *value << " of a plan is negative";
  if (failed(verifyCost(emitError, cost || baseCost, costUnit, costTable)))
    return failure();
  return order.empty() ? verifyInsertions(emitError, insertions)
                       : verifyOrder(emitError, order, insertions);
}
