//===- Donation.cpp - results written over arguments ----------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Analysis/Donation.h"

#include "remat/Analysis/Shards.h"
#include "remat/Analysis/ValueBytes.h"

using namespace mlir;
using remat::planning::Bytes;

namespace remat {

namespace {
class DonorMatcher {
public:
  explicit DonorMatcher(func::FuncOp entry)
      : entry(entry), results(entry.getBody().front().getTerminator()->getOperands()),
        donors(results.size()) {}

  FailureOr<std::vector<std::optional<int32_t>>> run() {
    for (BlockArgument argument : entry.getArguments())
      if (failed(readAliasing(argument)))
        return failure();
    for (BlockArgument argument : entry.getArguments())
      matchDonor(argument);
    return std::move(donors);
  }

private:
  LogicalResult readAliasing(BlockArgument argument) {
    unsigned number = argument.getArgNumber();
    auto aliasing = entry.getArgAttrOfType<IntegerAttr>(number, "tf.aliasing_output");
    if (!aliasing)
      return success();
    int64_t output = aliasing.getInt();
    if (output < 0 || output >= static_cast<int64_t>(donors.size()))
      return entry.emitError() << "argument " << number << " has tf.aliasing_output = " << output
                               << ", but @" << entry.getName() << " returns " << donors.size()
                               << " results";
    if (donors[output])
      return entry.emitError() << "arguments " << *donors[output] << " and " << number
                               << " both have tf.aliasing_output = " << output;
    Type from = localType(argument), to = localType(results[output]);
    if (from != to) {
      planning::Result<Bytes> have = bytesOf(from), want = bytesOf(to);
      // A device's part of one cannot hold its part of the other.
      if (!have || !want || (*have != *want && isDivided(argument, results[output])))
        return success();
      if (*have != *want)
        return entry.emitError() << "argument " << number << " has " << have->count
                                 << " bytes and cannot hold result " << output << " of "
                                 << want->count << " bytes, as its tf.aliasing_output says";
    }
    donors[output] = static_cast<int32_t>(number);
    return success();
  }

  /// Pairs a `jax.buffer_donor` with the first result of its type that has no donor yet.
  void matchDonor(BlockArgument argument) {
    unsigned number = argument.getArgNumber();
    auto donor = entry.getArgAttrOfType<BoolAttr>(number, "jax.buffer_donor");
    if (!donor || !donor.getValue() || entry.getArgAttr(number, "tf.aliasing_output"))
      return;
    for (auto [result, taken] : llvm::zip_equal(results, donors)) {
      if (taken || result.getType() != argument.getType() || isDivided(argument, result) ||
          (isa<BlockArgument>(result) && result != argument))
        continue;
      taken = static_cast<int32_t>(number);
      return;
    }
  }

  /// Tells whether the two have equal types, but a device holds other parts of them.
  static bool isDivided(Value argument, Value result) {
    return argument.getType() == result.getType() && localType(argument) != localType(result);
  }

  func::FuncOp entry;
  OperandRange results;
  std::vector<std::optional<int32_t>> donors; ///< by result
};
} // namespace

FailureOr<std::vector<std::optional<int32_t>>> donorsOf(func::FuncOp entry) {
  return DonorMatcher(entry).run();
}

} // namespace remat
