//===- BufferIOTest.cpp - buffers as CSV ----------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Planning/Arena/BufferIO.h"

#include "TestBuffers.h"
#include "remat/Planning/Arena/Pack.h"

#include <gtest/gtest.h>

namespace remat::planning::arena {
namespace {

std::string message(const std::string &text) {
  Result<ArenaProblem> read = readBuffers(text, "f");
  return read ? "read" : read.error().message;
}

TEST(BufferIO, ReadsWhatItWrites) {
  std::string text = "id,lower,upper,size,alignment,hint,gaps\n"
                     "a,-5,9,4,1,-1,-4--2 3-6\n"
                     "b,0,2,0,64,128,\n";
  Result<ArenaProblem> problem = readBuffers(text, "f");
  ASSERT_TRUE(problem) << problem.error().message;
  EXPECT_EQ(problem->buffers[0].intervals, (std::vector<Interval>{{-5, -4}, {-2, 3}, {6, 9}}));
  EXPECT_FALSE(problem->buffers[0].hint);
  EXPECT_EQ(problem->buffers[1].hint, Bytes(128));
  EXPECT_EQ(writeBuffers(*problem), text);
}

TEST(BufferIO, LeavesOutColumnsOfDefaults) {
  EXPECT_EQ(writeBuffers(fiveBuffers()),
            "id,lower,upper,size\nb1,0,3,4\nb2,3,9,4\nb3,0,9,4\nb4,9,21,4\nb5,0,21,4\n");
}

TEST(BufferIO, TakesColumnsInAnyOrderAndOtherLineEnds) {
  Result<ArenaProblem> problem =
      readBuffers("\xEF\xBB\xBFsize,id,upper,lower\r\n4,a,3,0\r\n\r\n", "f");
  ASSERT_TRUE(problem) << problem.error().message;
  EXPECT_EQ(writeBuffers(*problem), "id,lower,upper,size\na,0,3,4\n");
}

TEST(BufferIO, NamesLineAndColumn) {
  std::string head = "id,lower,upper,size\n";
  EXPECT_EQ(message(""), "f: the file is empty; expected a line with the names of the columns");
  EXPECT_EQ(message("id,begin\n"), "f, line 1: unknown column \"begin\"; known columns: id, lower, "
                                   "upper, size, alignment, hint, gaps");
  EXPECT_EQ(message("id,lower,id\n"), "f, line 1: the column id is given twice");
  EXPECT_EQ(message("id,lower,upper\n"), "f, line 1: the column size is missing");
  EXPECT_EQ(message("id,lower,upper,size,offset\n"),
            "f, line 1: the column offset belongs to a packing; leave it out, or check the packing "
            "with --verify");
  EXPECT_EQ(message(head + "a,0,1\n"),
            "f, line 2: expected 4 fields, as the first line has; found 3");
  EXPECT_EQ(message(head + "a,0,1,4\nb,0,x,4\n"),
            "f, line 3, column upper: expected a whole number; found \"x\"");
  EXPECT_EQ(message(head + "a,0,1,4.5\n"),
            "f, line 2, column size: expected a whole number; found \"4.5\"");
  EXPECT_EQ(
      message(head + "a,0,1,9223372036854775808\n"),
      "f, line 2, column size: the number 9223372036854775808 leaves the signed 64-bit range");
  EXPECT_EQ(message(head + "a,3,3,4\n"),
            "f, line 2: buffer a: the times [3, 3) are none; expected an end above the begin");
  EXPECT_EQ(message(head + "a,0,1,4\na,0,1,4\n"),
            "f: buffer a: the id occurs twice; expected another id for each buffer");
}

TEST(BufferIO, RefusesGapsThatAreNone) {
  std::string head = "id,lower,upper,size,gaps\na,0,9,4,";
  for (const char *gaps : {"4", "4-", "4-x", "4-6@0:2", "4-6,"})
    EXPECT_NE(message(head + gaps), "read") << gaps;
  EXPECT_EQ(message(head + "4-6@0:2"),
            "f, line 2, column gaps: expected gaps such as 4-6 9-12, from a time to a time (a part "
            "of the bytes cannot be kept); found \"4-6@0:2\"");
  for (const char *gaps : {"0-3", "4-9", "5-4", "6-7 2-3"})
    EXPECT_NE(message(head + gaps).find("is not within the times"), std::string::npos) << gaps;
}

TEST(BufferIO, ReadsAPackingOfTheSameBuffers) {
  ArenaProblem problem = fiveBuffers();
  Packing packing = *pack(problem)->packing;
  Result<Packing> read = readPacking(problem, writeBuffers(problem, &packing), "f");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->offsets, packing.offsets);
  EXPECT_EQ(read->arena, packing.arena);
}

TEST(BufferIO, RefusesAPackingOfOthers) {
  ArenaProblem problem{{makeBuffer("a", 0, 3, 4), makeBuffer("b", 0, 3, 4)}, {}};
  auto answer = [&](const std::string &rows) {
    Result<Packing> read = readPacking(problem, "id,lower,upper,size,offset\n" + rows, "f");
    return read ? "read" : read.error().message;
  };
  EXPECT_EQ(answer("a,0,3,4,0\nb,0,3,4,4\n"), "read");
  EXPECT_EQ(answer("a,0,3,4,0\n"), "f: buffer b has no row");
  EXPECT_EQ(answer("a,0,3,4,0\na,0,3,4,4\n"),
            "f, line 3: buffer a: no buffer to pack has this id, or it was placed above");
  EXPECT_EQ(answer("a,0,3,5,0\n"), "f, line 2: buffer a: its size, alignment or times are not "
                                   "those of the buffer to pack");
  EXPECT_EQ(answer("a,0,3,4,9223372036854775807\n"),
            "f, line 2: buffer a: its end leaves the signed 64-bit range");
  Result<Packing> bare = readPacking(problem, "id,lower,upper,size\n", "f");
  EXPECT_EQ(bare.error().message, "f, line 1: the column offset is missing");
}

} // namespace
} // namespace remat::planning::arena
