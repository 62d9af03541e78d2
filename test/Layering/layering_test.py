"""Feeds every rule of layering.py a file that breaks it, and one that does not."""

import unittest

import layering

BANNER = """//===- {name} - a test ---===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""


def source(path: str, body: str) -> list[str]:
    """Returns the messages about a source file with a proper file header."""
    text = BANNER.format(name=path.rsplit("/", 1)[-1]) + body
    return [message for _, _, message in layering.rules(path, text)]


class Includes(unittest.TestCase):
    def refused(self, path: str, header: str) -> None:
        self.assertEqual(len(source(path, f'#include "{header}"\n')), 1, f"{path}: {header}")

    def allowed(self, path: str, header: str) -> None:
        self.assertEqual(source(path, f"#include <{header}>\n"), [], f"{path}: {header}")

    def test_planner_sees_neither_mlir_nor_llvm_nor_the_ir_side(self):
        for header in (
            "mlir/IR/Operation.h",
            "llvm/ADT/SmallVector.h",
            "remat/Analysis/StepGraph.h",
            "remat/Dialect/Remat/IR/RematDialect.h",
            "boost/graph.hpp",
        ):
            self.refused("lib/Planning/Recompute/Chen.cpp", header)
            self.refused("tools/remat-plan/remat-plan.cpp", header)
        for header in ("vector", "nlohmann/json.hpp", "remat/Planning/Graph/Graph.h", "lzma.h"):
            self.allowed("lib/Planning/Recompute/Chen.cpp", header)

    def test_only_the_plan_pass_asks_for_a_plan(self):
        header = "remat/Planning/Recompute/Strategy.h"
        self.refused("lib/Dialect/Remat/Transforms/Apply.cpp", header)
        self.refused("lib/Dialect/Remat/IR/RematOps.cpp", header)
        self.refused("include/remat/Dialect/Remat/Transforms/Encode.td", header)
        self.allowed("lib/Dialect/Remat/Transforms/PlanPass.cpp", header)
        self.refused("lib/Dialect/Remat/Transforms/PlanPass.cpp", "../lib/Planning/Chen.h")
        self.refused("lib/Dialect/Remat/Transforms/PlanPass.cpp", "remat/Planning/Recompute/Chen.h")
        self.allowed("lib/Dialect/Remat/Transforms/Apply.cpp", "remat/Planning/Recompute/Plan.h")

    def test_verify_shares_no_code_with_what_it_checks(self):
        self.refused("lib/Planning/Recompute/Verify.cpp", "remat/Planning/Recompute/Simulator.h")
        self.refused("lib/Planning/Recompute/Verify.cpp", "remat/Planning/Recompute/Strategy.h")
        self.refused("lib/Dialect/Remat/Transforms/VerifyPass.cpp", "ApplySchedule.h")

    def test_lower_rooms_do_not_look_up(self):
        self.refused("lib/Planning/Graph/Layers.cpp", "remat/Planning/Cost/DeviceTable.h")
        self.refused("lib/Analysis/StepGraph.cpp", "remat/Dialect/Remat/Transforms/Passes.h")

    def test_conversions_know_no_plan(self):
        self.refused("lib/Conversion/X/Y.cpp", "remat/Planning/Recompute/Plan.h")
        self.refused("include/remat/Conversion/Passes.td", "remat/Dialect/Remat/Transforms/Passes.h")
        self.allowed("lib/Conversion/X/Y.cpp", "remat/Analysis/OpModel.h")

    def test_the_runtime_knows_no_mlir(self):
        self.refused("lib/Runtime/X.cpp", "llvm/ADT/ArrayRef.h")
        self.refused("lib/Runtime/X.cpp", "mlir/IR/Types.h")
        self.refused("lib/Runtime/X.cpp", "remat/Planning/Recompute/Plan.h")
        self.allowed("lib/Runtime/X.cpp", "remat/Planning/Support/Units.h")


class Analysis(unittest.TestCase):
    def test_changing_the_ir_is_refused(self):
        for line in (
            "OpBuilder builder(op);",
            "op->erase();",
            "op->moveBefore(other);",
            "value.replaceAllUsesWith(other);",
            'op->setAttr("a", b);',
            "Operation::create(state);",
        ):
            self.assertEqual(len(source("lib/Analysis/StepGraph.cpp", line)), 1, line)
            self.assertEqual(source("lib/Dialect/Remat/Transforms/Apply.cpp", line), [], line)

    def test_reading_and_containers_are_fine(self):
        for line in ("live.erase(it);", "// op->erase() would be wrong", 'op->getAttr("a");'):
            self.assertEqual(source("lib/Analysis/StepGraph.cpp", line), [], line)


class Shape(unittest.TestCase):
    def test_guard_is_the_path(self):
        path = "include/remat/Analysis/Phases.h"
        good = "#ifndef REMAT_ANALYSIS_PHASES_H\n#define REMAT_ANALYSIS_PHASES_H\n#endif\n"
        self.assertEqual(source(path, good), [])
        self.assertEqual(len(source(path, good.replace("PHASES", "PHASE"))), 1)
        self.assertEqual(len(source(path, "#pragma once\n")), 1)

    def test_banner_names_the_file(self):
        breaches = layering.rules("lib/Analysis/A.cpp", BANNER.format(name="B.cpp"))
        self.assertEqual(len(breaches), 1)

    def test_length(self):
        path = "lib/Analysis/A.cpp"
        self.assertEqual(source(path, "\n" * 700), [])
        self.assertEqual(len(source(path, "\n" * 801)), 1)
        self.assertTrue(layering.long_files(path, "\n" * 501))
        self.assertFalse(layering.long_files(path, "\n" * 500))


class Hygiene(unittest.TestCase):
    def test_machine_paths_hosts_and_unfinished_work(self):
        # Put together here, so that a search of the tree for them finds none.
        for line in (
            "see /{}/thing".format("work"),
            'path = "/{}/x"'.format("root"),
            "cd /{}/x".format("tmp"),
            "/{}/lib/llvm-22/bin/opt".format("usr"),
            "from {}.org".format("pypi"),
            "# {} later".format("TO" + "DO"),
        ):
            self.assertEqual(len(layering.rules("docs/index.md", line)), 1, line)
        for line in ("$HOME/x", "https://example.org/home", "build/tmp/x", "to do"):
            self.assertEqual(layering.rules("docs/index.md", line), [], line)

    def test_unlicensed_graphs_stay_out(self):
        self.assertEqual(len(layering.rules("test/Inputs/kusumoto/unet.json", "")), 1)
        self.assertEqual(layering.rules("test/Inputs/golden.json", ""), [])

    def test_utils_is_no_name(self):
        self.assertEqual(len(source("lib/Analysis/GraphUtils.cpp", "")), 1)


class CompileFlags(unittest.TestCase):
    def test_llvm_folder_is_refused_for_the_planner_only(self):
        def messages(file: str, flags: str) -> int:
            command = {"file": "root/" + file, "command": f"c++ {flags} -c {file}"}
            return len(layering.compile_rules([command], "root"))

        self.assertEqual(messages("lib/Planning/A.cpp", "-isystem x/llvm-22/include"), 1)
        self.assertEqual(messages("lib/Planning/A.cpp", "-Ix/mlir"), 1)
        self.assertEqual(messages("lib/Planning/A.cpp", "-Iroot/include"), 0)
        self.assertEqual(messages("lib/Analysis/A.cpp", "-isystem x/llvm-22/include"), 0)


if __name__ == "__main__":
    unittest.main()
