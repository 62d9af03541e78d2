//===- SlowWorkTest.cpp - only slow work says how far it is -------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SlowWork.h"

#include <gtest/gtest.h>

using namespace remat;
using namespace std::chrono_literals;

static std::string saidDuring(std::chrono::milliseconds patience, std::chrono::milliseconds work) {
  testing::internal::CaptureStderr();
  {
    SlowWork progress("step.mlir", patience);
    progress.enter("waiting");
    std::this_thread::sleep_for(work);
  }
  return testing::internal::GetCapturedStderr();
}

TEST(SlowWork, SaysWhatItDoesAndAgain) {
  std::string said = saidDuring(10ms, 300ms);
  std::string line = "remat-run: step.mlir: waiting (0 s)\n";
  EXPECT_EQ(said.substr(0, 2 * line.size()), line + line);
}

TEST(SlowWork, IsQuietAndOverAtOnceWhenFast) {
  auto started = std::chrono::steady_clock::now();
  EXPECT_EQ(saidDuring(1h, 0ms), "");
  EXPECT_LT(std::chrono::steady_clock::now() - started, 30min);
}
