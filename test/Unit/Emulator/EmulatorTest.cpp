//===- EmulatorTest.cpp - kernels on the CPU ------------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Emulator/Emulator.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>
#include <vector>

using namespace remat;
using planning::Bytes;

namespace {

constexpr const char *declarations = R"(
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.tid.y()
declare i32 @llvm.nvvm.read.ptx.sreg.ntid.y()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.nctaid.z()
declare void @llvm.nvvm.barrier.cta.sync.aligned.all(i32)
)";

std::unique_ptr<DeviceKernels> load(Device &device, const std::string &text) {
  auto kernels = device.load(declarations + text);
  EXPECT_TRUE(kernels) << kernels.error().message;
  return std::move(*kernels);
}

std::string loadError(const std::string &text) {
  auto kernels = makeEmulator()->load(text);
  return kernels ? "no error" : kernels.error().message;
}

/// Runs `kernel` of `text`, whose only parameter is `values` in the device's memory.
template <typename T>
std::vector<T> run(const std::string &text, const std::string &kernel, LaunchShape shape,
                   std::vector<T> values) {
  std::unique_ptr<Device> device = makeEmulator();
  std::unique_ptr<DeviceKernels> kernels = load(*device, text);
  Bytes bytes(values.size() * sizeof(T));
  auto memory = DeviceMemory::allocate(*device, bytes, "the values");
  EXPECT_TRUE(memory);
  EXPECT_TRUE(device->upload(memory->data(), values.data(), bytes));
  void *address = memory->data();
  void *parameters[] = {&address};
  EXPECT_TRUE(kernels->launch(kernel, shape, parameters));
  EXPECT_TRUE(device->synchronise());
  EXPECT_TRUE(device->download(values.data(), memory->data(), bytes));
  return values;
}

TEST(Emulator, ThreadsKnowTheirPlaces) {
  std::vector<int32_t> found =
      run<int32_t>(R"(
define ptx_kernel void @places(ptr %x) {
  %tx = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %ty = call i32 @llvm.nvvm.read.ptx.sreg.tid.y()
  %ny = call i32 @llvm.nvvm.read.ptx.sreg.ntid.y()
  %bx = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %gz = call i32 @llvm.nvvm.read.ptx.sreg.nctaid.z()
  %a = mul i32 %tx, %ny
  %b = add i32 %a, %ty
  %c = mul i32 %bx, 6
  %i = add i32 %b, %c
  %p = getelementptr i32, ptr %x, i32 %i
  %old = load i32, ptr %p
  %s = add i32 %i, %gz
  %v = add i32 %s, %old
  store i32 %v, ptr %p
  ret void
})",
                   "places", {{2, 1, 1}, {3, 2, 1}}, std::vector<int32_t>(12, 100));
  std::vector<int32_t> wanted(12);
  std::iota(wanted.begin(), wanted.end(), 101);
  EXPECT_EQ(found, wanted);
}

/// Each block reverses its 64 elements in shared memory. Threads from `threads` on end at once.
std::string reverse(const std::string &threads) {
  return R"(
@tile = internal addrspace(3) global [64 x i32] undef
define ptx_kernel void @reverse(ptr %x) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %late = icmp uge i32 %t, )" +
         threads + R"(
  br i1 %late, label %end, label %work
work:
  %b = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %first = mul i32 %b, 64
  %i = add i32 %first, %t
  %p = getelementptr i32, ptr %x, i32 %i
  %v = load i32, ptr %p
  %s = getelementptr i32, ptr addrspace(3) @tile, i32 %t
  store i32 %v, ptr addrspace(3) %s
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  %r = sub i32 63, %t
  %q = getelementptr i32, ptr addrspace(3) @tile, i32 %r
  %w = load i32, ptr addrspace(3) %q
  store i32 %w, ptr %p
  br label %end
end:
  ret void
})";
}

TEST(Emulator, ABarrierWaitsForTheWholeBlock) {
  std::vector<int32_t> values(192);
  std::iota(values.begin(), values.end(), 0);
  std::vector<int32_t> wanted = values;
  for (int block = 0; block < 3; ++block)
    std::reverse(wanted.begin() + 64 * block, wanted.begin() + 64 * (block + 1));
  EXPECT_EQ(run(reverse("64"), "reverse", {{3, 1, 1}, {64, 1, 1}}, values), wanted);
  // Those that have ended are waited for no longer.
  EXPECT_EQ(run(reverse("64"), "reverse", {{3, 1, 1}, {96, 1, 1}}, values), wanted);
}

TEST(Emulator, FunctionsOfLibdeviceAreThoseOfLibm) {
  std::vector<float> found = run<float>(R"(
declare float @__nv_tanhf(float)
declare float @__nv_rsqrtf(float)
define ptx_kernel void @functions(ptr %x) {
  %a = load float, ptr %x
  %b = call float @__nv_tanhf(float %a)
  store float %b, ptr %x
  %p = getelementptr float, ptr %x, i32 1
  %c = load float, ptr %p
  %d = call float @__nv_rsqrtf(float %c)
  store float %d, ptr %p
  ret void
})",
                                        "functions", {{1, 1, 1}, {1, 1, 1}}, {0.3f, 0.7f});
  volatile float x = 0.3f, y = 0.7f; // the compiler's own tanh is rounded otherwise
  EXPECT_EQ(found[0], std::tanh(x));
  EXPECT_EQ(found[1], 1 / std::sqrt(y));
}

TEST(Emulator, RefusesWhatItLacks) {
  EXPECT_EQ(loadError("define"), "the kernels are no LLVM IR: expected type");
  EXPECT_EQ(loadError(R"(
declare i32 @llvm.nvvm.shfl.sync.bfly.i32(i32, i32, i32, i32)
define ptx_kernel void @k(ptr %x) {
  %a = call i32 @llvm.nvvm.shfl.sync.bfly.i32(i32 -1, i32 1, i32 1, i32 31)
  store i32 %a, ptr %x
  ret void
})"),
            "kernel k calls llvm.nvvm.shfl.sync.bfly.i32, which the emulator lacks");
  EXPECT_EQ(loadError(R"(
declare float @__nv_normcdff(float)
define ptx_kernel void @k(ptr %x) {
  %a = call float @__nv_normcdff(float 1.0)
  store float %a, ptr %x
  ret void
})"),
            "kernel k calls __nv_normcdff, which the emulator lacks: libm has no normcdff");
  EXPECT_EQ(loadError("declare void @f()\n"
                      "define ptx_kernel void @k() {\n  call void @f()\n  ret void\n}"),
            "kernel k calls f, which the emulator lacks");
}

TEST(Emulator, RefusesShapesThatNoGpuTakes) {
  std::unique_ptr<Device> device = makeEmulator();
  auto kernels = load(*device, "define ptx_kernel void @k() {\n  ret void\n}");
  EXPECT_TRUE(kernels->launch("k", {{1, 1, 1}, {1024, 1, 1}}, nullptr));
  EXPECT_EQ(kernels->launch("other", {{1, 1, 1}, {1, 1, 1}}, nullptr).error().message,
            "there is no kernel other");
  const std::string limits = "; a GPU takes up to 2147483647 x 65535 x 65535 blocks of 1024 "
                             "threads, in 1024 x 1024 x 64 at most, and at least one";
  EXPECT_EQ(kernels->launch("k", {{1, 1, 1}, {32, 33, 1}}, nullptr).error().message,
            "1 x 1 x 1 blocks of 32 x 33 x 1 threads" + limits);
  EXPECT_EQ(kernels->launch("k", {{1, 1, 1}, {1, 1, 65}}, nullptr).error().message,
            "1 x 1 x 1 blocks of 1 x 1 x 65 threads" + limits);
  EXPECT_EQ(kernels->launch("k", {{0, 1, 1}, {1, 1, 1}}, nullptr).error().message,
            "0 x 1 x 1 blocks of 1 x 1 x 1 threads" + limits);
  EXPECT_EQ(kernels->launch("k", {{1, 65536, 1}, {1, 1, 1}}, nullptr).error().message,
            "1 x 65536 x 1 blocks of 1 x 1 x 1 threads" + limits);
}

TEST(Emulator, CountsItsMemory) {
  std::unique_ptr<Device> device = makeEmulator();
  int other = 0;
  EXPECT_EQ(device->release(&other).error().message,
            "the address to release is none of the device");
  auto huge = DeviceMemory::allocate(*device, Bytes(int64_t(1) << 60), "the arena");
  ASSERT_FALSE(huge);
  EXPECT_TRUE(huge.error().message.starts_with("no room for the arena, "));
}

} // namespace
