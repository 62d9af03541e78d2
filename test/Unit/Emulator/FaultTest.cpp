//===- FaultTest.cpp - a step on a device that fails ----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DeviceMeasure.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "remat/Dialect/Remat/IR/Remat.h"
#include "remat/Emulator/Emulator.h"
#include "remat/Runtime/FaultyDevice.h"

#include <gtest/gtest.h>

using namespace remat;

namespace {

class FaultTest : public testing::TestWithParam<const char *> {
protected:
  /// Compiles one of remat-run's programs for the emulator.
  std::unique_ptr<CompiledStep> compile() {
    mlir::DialectRegistry registry;
    mlir::registerAllDialects(registry);
    mlir::registerAllExtensions(registry);
    mlir::registerAllGPUToLLVMIRTranslations(registry);
    registry.insert<RematDialect>();
    mlir::MLIRContext context(registry);
    std::string path = std::string(REMAT_TEST_INPUTS "/../Tools/Inputs/remat-run/") + GetParam();
    return CompiledStep::compile(path, "", context, StepTarget::Emulator);
  }
};

TEST_P(FaultTest, EveryCallCanFail) {
  std::unique_ptr<CompiledStep> step = compile();
  ASSERT_TRUE(step);
  auto inputs = makeRandomInputs(step->arguments, 1);
  ASSERT_TRUE(inputs);
  std::unique_ptr<Device> emulator = makeEmulator();
  FaultyDevice sound(*emulator, 0);
  ASSERT_TRUE(measureOn(sound, *step, *inputs, 1));
  EXPECT_EQ(sound.alive(), 0u);
  // The kernels, three allocations, and per run an upload, a launch at least and the wait; and
  // the results at the end.
  ASSERT_GE(sound.calls(), 4 + 2 * 3 + 1);

  int64_t mapped = hostBytes().mapped.count;
  for (int64_t n = 1; n <= sound.calls(); ++n) {
    FaultyDevice faulty(*emulator, n);
    auto measured = measureOn(faulty, *step, *inputs, 1);
    ASSERT_FALSE(measured) << "call " << n;
    const std::string &message = measured.error().message;
    std::string why = " was made to fail, the call number " + std::to_string(n);
    EXPECT_TRUE(message.ends_with(why)) << message;
    // A launch names its kernel and the line of the op, another call what it was for.
    if (message.ends_with("launch" + why))
      EXPECT_TRUE(message.starts_with("kernel ") && message.find(GetParam()) != std::string::npos)
          << message;
    EXPECT_EQ(faulty.calls(), n) << "a call was made after the one that failed: " << message;
    EXPECT_EQ(faulty.alive(), 0u) << message;
    EXPECT_EQ(hostBytes().mapped.count, mapped) << message;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Steps, FaultTest, testing::Values("before.mlir", "loop.mlir"), [](const auto &info) {
      return std::string(info.param).substr(0, std::string(info.param).find('.'));
    });

} // namespace
