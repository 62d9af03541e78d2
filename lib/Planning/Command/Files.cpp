//===- Files.cpp - input and output files of the command ------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Files.h"

#include <lzma.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

namespace remat::planning {

namespace {

constexpr size_t longestText = size_t(2) << 30;
constexpr uint64_t decoderMemory = uint64_t(1) << 30;
constexpr std::string_view xzMagic("\xFD"
                                   "7zXZ\0",
                                   6);

struct FileCloser {
  void operator()(std::FILE *file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

Error ioError(const std::string &what, int cause) {
  return {ErrorCode::Io, what + ": " + std::strerror(cause)};
}

Result<std::string> readAll(std::FILE *file, const std::string &name) {
  std::string content;
  std::vector<char> buffer(size_t(1) << 16);
  while (size_t count = std::fread(buffer.data(), 1, buffer.size(), file)) {
    content.append(buffer.data(), count);
    if (content.size() > longestText)
      return Error{ErrorCode::InvalidInput, name + ": the file is larger than 2 GiB"};
  }
  if (std::ferror(file))
    return ioError("cannot read " + name, errno);
  return content;
}

std::string reasonOf(lzma_ret code) {
  switch (code) {
  case LZMA_BUF_ERROR:
    return "the xz data are truncated";
  case LZMA_DATA_ERROR:
  case LZMA_FORMAT_ERROR:
    return "the xz data are corrupt";
  case LZMA_MEMLIMIT_ERROR:
    return "unpacking the xz data needs more than 1 GiB of memory";
  case LZMA_OPTIONS_ERROR:
    return "the xz data use an unsupported option";
  default:
    return "the xz data cannot be unpacked (liblzma error " + std::to_string(code) + ")";
  }
}

Result<std::string> unpack(std::string_view packed, const std::string &name) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, decoderMemory, LZMA_CONCATENATED) != LZMA_OK)
    return Error{ErrorCode::Io, name + ": liblzma cannot start"};
  std::unique_ptr<lzma_stream, void (*)(lzma_stream *)> guard(&stream, lzma_end);
  std::string text;
  std::vector<char> buffer(size_t(1) << 20);
  stream.next_in = reinterpret_cast<const uint8_t *>(packed.data());
  stream.avail_in = packed.size();
  lzma_ret code = LZMA_OK;
  while (code == LZMA_OK) {
    stream.next_out = reinterpret_cast<uint8_t *>(buffer.data());
    stream.avail_out = buffer.size();
    code = lzma_code(&stream, LZMA_FINISH);
    text.append(buffer.data(), buffer.size() - stream.avail_out);
    if (text.size() > longestText)
      return Error{ErrorCode::InvalidInput, name + ": the xz data unpack to more than 2 GiB"};
  }
  if (code != LZMA_STREAM_END)
    return Error{ErrorCode::InvalidInput, name + ": " + reasonOf(code)};
  return text;
}

/// Writes and closes; the stream's buffer may fail as late as the closing.
Status writeAndClose(std::FILE *file, std::string_view content, const std::string &name) {
  bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  int cause = errno;
  if (std::fclose(file) != 0 && written) {
    cause = errno;
    written = false;
  }
  if (!written)
    return ioError("cannot write " + name, cause);
  return {};
}

} // namespace

std::string inputName(const std::string &path) { return path == "-" ? "standard input" : path; }

bool isSameFile(const std::string &path, const std::string &other) {
  if (path.empty() || path == other)
    return !path.empty();
  // Where a path cannot be resolved, no file is there to lose.
  namespace fs = std::filesystem;
  std::error_code failed, otherFailed;
  fs::path resolved = fs::weakly_canonical(fs::absolute(path, failed), failed);
  fs::path otherResolved = fs::weakly_canonical(fs::absolute(other, otherFailed), otherFailed);
  return !failed && !otherFailed && resolved == otherResolved;
}

Result<std::string> readInput(const std::string &path) {
  std::string name = inputName(path);
  File opened(path == "-" ? nullptr : std::fopen(path.c_str(), "rb"));
  if (path != "-" && !opened)
    return ioError("cannot read " + name, errno);
  Result<std::string> content = readAll(opened ? opened.get() : stdin, name);
  if (!content || !std::string_view(*content).starts_with(xzMagic))
    return content;
  return unpack(*content, name);
}

Status writeOutput(const std::string &path, std::string_view content) {
  if (path == "-") {
    if (std::fwrite(content.data(), 1, content.size(), stdout) != content.size() ||
        std::fflush(stdout) != 0)
      return ioError("cannot write standard output", errno);
    return {};
  }
  std::error_code error;
  std::filesystem::path target = path;
  constexpr int mostLinks = 40;
  for (int i = 0; i < mostLinks && std::filesystem::is_symlink(target, error); ++i)
    target = target.parent_path() / std::filesystem::read_symlink(target, error);
  bool inPlace =
      std::filesystem::exists(target, error) && !std::filesystem::is_regular_file(target, error);
  std::string written =
      inPlace ? target.string() : target.string() + ".part" + std::to_string(getpid());
  std::FILE *file = std::fopen(written.c_str(), inPlace ? "wb" : "wbx");
  if (!file)
    return ioError("cannot write " + path, errno);
  Status status = writeAndClose(file, content, path);
  if (inPlace)
    return status;
  if (status && std::rename(written.c_str(), target.c_str()) != 0)
    status = ioError("cannot write " + path, errno);
  if (!status)
    std::remove(written.c_str());
  return status;
}

} // namespace remat::planning
