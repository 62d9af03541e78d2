//===- ArrayFile.cpp - several arrays in one file or folder ----------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Runtime/ArrayFile.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <zip.h>

using namespace remat;
using planning::Error;
using planning::ErrorCode;
using planning::Result;
using planning::Status;

using Arrays = std::map<std::string, Array>;

static constexpr std::string_view suffix = ".npy";

/// Reads `content` into `arrays` under the name of its file without the suffix.
static Status add(Arrays &arrays, const std::string &file, std::string_view content,
                  const std::string &path) {
  if (!std::string_view(file).ends_with(suffix))
    return Error{ErrorCode::InvalidInput, path + " holds " + file + "; wanted .npy files only"};
  Result<Array> array = readNpy(content, path + ": " + file);
  if (!array)
    return array.error();
  arrays.emplace(file.substr(0, file.size() - suffix.size()), std::move(*array));
  return {};
}

static Result<Arrays> readFolder(const std::string &path) {
  Arrays arrays;
  std::error_code code;
  std::filesystem::directory_iterator entries(path, code), end;
  for (; !code && entries != end; entries.increment(code)) {
    std::ifstream file(entries->path(), std::ios::binary);
    std::ostringstream content;
    if (!(content << file.rdbuf()))
      return Error{ErrorCode::Io, "cannot read " + entries->path().string()};
    if (Status added = add(arrays, entries->path().filename(), content.view(), path); !added)
      return added.error();
  }
  if (code)
    return Error{ErrorCode::Io, "cannot read " + path + ": " + code.message()};
  return arrays;
}

namespace {
struct CloseZip {
  void operator()(zip_t *archive) const { zip_discard(archive); }
  void operator()(zip_file_t *file) const { zip_fclose(file); }
};
} // namespace

/// Returns the unpacked file at `index`.
static Result<std::string> unpack(zip_t *archive, zip_uint64_t index, const std::string &path) {
  zip_stat_t stat;
  std::unique_ptr<zip_file_t, CloseZip> file;
  if (zip_stat_index(archive, index, 0, &stat) == 0)
    file.reset(zip_fopen_index(archive, index, 0));
  std::string content;
  if (file) {
    content.resize(stat.size);
    if (zip_fread(file.get(), content.data(), content.size()) ==
        static_cast<zip_int64_t>(content.size()))
      return content;
  }
  return Error{ErrorCode::InvalidInput,
               path + " is corrupt: file " + std::to_string(index) + " of it cannot be unpacked"};
}

static Result<Arrays> readArchive(const std::string &path) {
  int code = 0;
  std::unique_ptr<zip_t, CloseZip> archive(zip_open(path.c_str(), ZIP_RDONLY, &code));
  if (!archive) {
    bool isNoArchive = code == ZIP_ER_NOZIP || code == ZIP_ER_INCONS;
    return Error{isNoArchive ? ErrorCode::InvalidInput : ErrorCode::Io,
                 isNoArchive ? path + " is neither an .npz file nor a folder of .npy files"
                             : "cannot read " + path + ": " + std::strerror(errno)};
  }
  Arrays arrays;
  zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  for (zip_int64_t index = 0; index < count; ++index) {
    Result<std::string> content = unpack(archive.get(), index, path);
    if (!content)
      return content.error();
    if (Status added = add(arrays, zip_get_name(archive.get(), index, 0), *content, path); !added)
      return added.error();
  }
  return arrays;
}

Result<Arrays> remat::readArrays(const std::string &path) {
  return std::filesystem::is_directory(path) ? readFolder(path) : readArchive(path);
}
