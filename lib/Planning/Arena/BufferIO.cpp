//===- BufferIO.cpp - buffers as CSV --------------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Arena/BufferIO.h"

#include "Items.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace remat::planning::arena {

namespace {

enum Column : size_t { Id, Lower, Upper, Size, Alignment, Hint, Gaps, Offset, ColumnCount };
constexpr std::array<std::string_view, ColumnCount> columnNames = {
    "id", "lower", "upper", "size", "alignment", "hint", "gaps", "offset"};
constexpr std::string_view known = "id, lower, upper, size, alignment, hint, gaps";

/// One row of the file.
struct Row {
  Buffer buffer;
  int64_t offset = 0;
  size_t line = 0;
};

class Reader {
public:
  Reader(std::string_view text, const std::string &name, bool isPacking)
      : rest(text), name(name), isPacking(isPacking) {}

  Result<std::vector<Row>> run() {
    if (rest.starts_with("\xEF\xBB\xBF")) // a byte order mark
      rest.remove_prefix(3);
    if (Status status = readHeader(); !status)
      return status.error();
    std::vector<Row> rows;
    while (nextLine()) {
      if (fields.size() == 1 && fields[0].empty())
        continue;
      Row row;
      row.line = line;
      if (Status status = readRow(row); !status)
        return status.error();
      rows.push_back(std::move(row));
    }
    return rows;
  }

  Error at(size_t inLine, const std::string &message) const {
    return {ErrorCode::InvalidInput, name + ", line " + std::to_string(inLine) + ": " + message};
  }

private:
  Error atColumn(Column column, const std::string &message) const {
    return {ErrorCode::InvalidInput, name + ", line " + std::to_string(line) + ", column " +
                                         std::string(columnNames[column]) + ": " + message};
  }

  /// Splits the next line; false at the end.
  bool nextLine() {
    if (rest.empty())
      return false;
    size_t end = rest.find('\n');
    std::string_view text = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (text.ends_with('\r'))
      text.remove_suffix(1);
    ++line;
    fields.clear();
    for (;;) {
      size_t comma = text.find(',');
      fields.push_back(text.substr(0, comma));
      if (comma == std::string_view::npos)
        return true;
      text.remove_prefix(comma + 1);
    }
  }

  Status readHeader() {
    if (!nextLine())
      return Error{ErrorCode::InvalidInput,
                   name + ": the file is empty; expected a line with the names of the columns"};
    columns.fill(-1);
    for (size_t i = 0; i < fields.size(); ++i) {
      auto found = std::find(columnNames.begin(), columnNames.end(), fields[i]);
      if (found == columnNames.end())
        return at(line, "unknown column \"" + std::string(fields[i]) + "\"; known columns: " +
                            std::string(known) + (isPacking ? ", offset" : ""));
      int &column = columns[static_cast<size_t>(found - columnNames.begin())];
      if (column >= 0)
        return at(line, "the column " + std::string(fields[i]) + " is given twice");
      column = static_cast<int>(i);
    }
    width = fields.size();
    for (Column column : {Id, Lower, Upper, Size, Offset})
      if (columns[column] < 0 && (column != Offset || isPacking))
        return at(line, "the column " + std::string(columnNames[column]) + " is missing");
    if (columns[Offset] >= 0 && !isPacking)
      return at(line, "the column offset belongs to a packing; leave it out, or check the "
                      "packing with --verify");
    return {};
  }

  /// Reads a whole field, or one that the file does not have.
  Status readNumber(Column column, int64_t &number) const {
    if (columns[column] < 0)
      return {};
    std::string_view text = fields[static_cast<size_t>(columns[column])];
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc::result_out_of_range)
      return atColumn(column,
                      "the number " + std::string(text) + " leaves the signed 64-bit range");
    if (error != std::errc() || end != text.data() + text.size())
      return atColumn(column, "expected a whole number; found \"" + std::string(text) + "\"");
    return {};
  }

  Status readRow(Row &row) {
    if (fields.size() != width)
      return at(line, "expected " + std::to_string(width) +
                          " fields, as the first line has; found " + std::to_string(fields.size()));
    Buffer &buffer = row.buffer;
    buffer.id = fields[static_cast<size_t>(columns[Id])];
    Interval life;
    int64_t hint = -1;
    for (auto [column, number] :
         {std::pair(Lower, &life.begin), std::pair(Upper, &life.end),
          std::pair(Size, &buffer.size.count), std::pair(Alignment, &buffer.alignment),
          std::pair(Hint, &hint), std::pair(Offset, &row.offset)})
      if (Status status = readNumber(column, *number); !status)
        return status;
    if (hint >= 0)
      buffer.hint = Bytes(hint);
    buffer.intervals = {life};
    return columns[Gaps] < 0 ? Status() : readGaps(buffer.intervals);
  }

  /// Gaps are "4-6 9-12": times [4, 6) and [9, 12) without the buffer.
  Status readGaps(std::vector<Interval> &intervals) const {
    std::string_view text = fields[static_cast<size_t>(columns[Gaps])];
    const char *at = text.data(), *end = at + text.size();
    while (at != end) {
      if (*at == ' ') {
        ++at;
        continue;
      }
      Interval gap;
      auto [dash, error] = std::from_chars(at, end, gap.begin);
      bool isRead = error == std::errc() && dash != end && *dash == '-';
      if (isRead) {
        auto [stop, wrong] = std::from_chars(dash + 1, end, gap.end);
        isRead = wrong == std::errc() && (stop == end || *stop == ' ');
        at = stop;
      }
      if (!isRead)
        return atColumn(Gaps, "expected gaps such as 4-6 9-12, from a time to a time (a part of "
                              "the bytes cannot be kept); found \"" +
                                  std::string(text) + "\"");
      Interval &last = intervals.back();
      if (gap.begin >= gap.end || gap.begin <= last.begin || gap.end >= last.end)
        return atColumn(Gaps,
                        "the gap " + std::to_string(gap.begin) + "-" + std::to_string(gap.end) +
                            " is not within the times [" + std::to_string(last.begin) + ", " +
                            std::to_string(last.end) +
                            ") that are left; expected ascending gaps inside lower and upper");
      intervals.push_back({gap.end, last.end});
      intervals[intervals.size() - 2].end = gap.begin;
    }
    return {};
  }

  std::string_view rest;
  const std::string &name;
  bool isPacking;
  size_t line = 0, width = 0;
  std::vector<std::string_view> fields;
  std::array<int, ColumnCount> columns{}; ///< [column]: its field, or -1
};

/// Whether a packing's buffer is the one to pack; intervals that touch are one.
bool isSame(const Buffer &a, const Buffer &b) {
  return a.size == b.size && a.alignment == b.alignment &&
         merged(a.intervals) == merged(b.intervals);
}

std::string gapsOf(const Buffer &buffer) {
  std::string text;
  for (size_t i = 1; i < buffer.intervals.size(); ++i)
    if (buffer.intervals[i - 1].end < buffer.intervals[i].begin)
      text += (text.empty() ? "" : " ") + std::to_string(buffer.intervals[i - 1].end) + "-" +
              std::to_string(buffer.intervals[i].begin);
  return text;
}

} // namespace

Result<ArenaProblem> readBuffers(std::string_view text, const std::string &name) {
  Reader reader(text, name, false);
  Result<std::vector<Row>> rows = reader.run();
  if (!rows)
    return rows.error();
  ArenaProblem problem;
  for (Row &row : *rows) {
    // One by one first, for the line; ids and sums are of all.
    ArenaProblem single{{row.buffer}, {}};
    if (Status status = single.check(); !status)
      return reader.at(row.line, status.error().message);
    problem.buffers.push_back(std::move(row.buffer));
  }
  if (Status status = problem.check(); !status)
    return Error{status.error().code, name + ": " + status.error().message};
  return problem;
}

Result<Packing> readPacking(const ArenaProblem &problem, std::string_view text,
                            const std::string &name) {
  Reader reader(text, name, true);
  Result<std::vector<Row>> rows = reader.run();
  if (!rows)
    return rows.error();
  std::map<std::string_view, size_t> missing;
  for (size_t b = 0; b < problem.buffers.size(); ++b)
    missing.emplace(problem.buffers[b].id, b);
  Packing packing;
  packing.offsets.resize(problem.buffers.size());
  for (const Row &row : *rows) {
    auto found = missing.find(row.buffer.id);
    std::string named = "buffer " + row.buffer.id + ": ";
    if (found == missing.end())
      return reader.at(row.line, named + "no buffer to pack has this id, or it was placed above");
    const Buffer &buffer = problem.buffers[found->second];
    if (!isSame(buffer, row.buffer))
      return reader.at(row.line, named + "its size, alignment or times are not those of the "
                                         "buffer to pack");
    std::optional<int64_t> end = checkedAdd(row.offset, buffer.size.count);
    if (!end)
      return reader.at(row.line, named + "its end leaves the signed 64-bit range");
    packing.offsets[found->second] = Bytes(row.offset);
    packing.arena = std::max(packing.arena, Bytes(*end));
    missing.erase(found);
  }
  if (!missing.empty())
    return Error{ErrorCode::InvalidInput,
                 name + ": buffer " + std::string(missing.begin()->first) + " has no row"};
  return packing;
}

std::string writeBuffers(const ArenaProblem &problem, const Packing *packing) {
  auto any = [&](auto has) { return std::ranges::any_of(problem.buffers, has); };
  bool alignments = any([](const Buffer &b) { return b.alignment != 1; });
  bool hints = any([](const Buffer &b) { return b.hint.has_value(); });
  bool gaps = any([](const Buffer &b) { return !gapsOf(b).empty(); });
  std::string text = "id,lower,upper,size";
  text += std::string(alignments ? ",alignment" : "") + (hints ? ",hint" : "") +
          (gaps ? ",gaps" : "") + (packing ? ",offset" : "") + "\n";
  for (size_t b = 0; b < problem.buffers.size(); ++b) {
    const Buffer &buffer = problem.buffers[b];
    text += buffer.id;
    auto add = [&](int64_t number) { text += "," + std::to_string(number); };
    add(buffer.intervals.front().begin);
    add(buffer.intervals.back().end);
    add(buffer.size.count);
    if (alignments)
      add(buffer.alignment);
    if (hints)
      add(buffer.hint ? buffer.hint->count : -1);
    if (gaps)
      text += "," + gapsOf(buffer);
    if (packing)
      add(packing->offsets[b].count);
    text += "\n";
  }
  return text;
}

} // namespace remat::planning::arena
