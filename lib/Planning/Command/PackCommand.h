//===- PackCommand.h - the remat-plan pack command --------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_PLANNING_COMMAND_PACKCOMMAND_H
#define REMAT_PLANNING_COMMAND_PACKCOMMAND_H

namespace remat::planning {

/// Runs remat-plan pack, whose command line begins with "pack": reads buffers, packs or
/// verifies, writes the packing, says on stderr what came out, and returns the
/// exit status, as `PlanExit` has them.
int runPackCommand(int argc, char **argv);

} // namespace remat::planning

#endif // REMAT_PLANNING_COMMAND_PACKCOMMAND_H
