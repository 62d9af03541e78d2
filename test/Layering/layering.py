"""Checks the rules of the tree that no compiler checks.

Usage: layering.py [--root DIR] [--compile-commands FILE]

Prints one line per breach, "path:line: what is wrong", and exits 1 if there is
any. With a compile_commands.json it also checks that the planner is compiled
without an include folder of LLVM, so that an include cannot hide behind
another one. `rules` is pure: text in, breaches out; layering_test.py feeds each
rule a file that breaks it.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

Breach = tuple[str, int, str]

LONG_FILE, TOO_LONG_FILE = 500, 800
CPP = {".h", ".cpp"}
CODE = CPP | {".td", ".py", ".txt", ".cmake", ".sh", ""}
INCLUDE = re.compile(r'^\s*#\s*include\s*(<[^>]+>|"[^"]+")')

PLANNING = ("include/remat/Planning/", "lib/Planning/", "tools/remat-plan/", "test/Unit/Planning/")
PLANNING_MAY_INCLUDE = re.compile(
    r"[a-z_]+$|nlohmann/json(_fwd)?\.hpp$|remat/Planning/|lzma\.h$|CLI/|gtest/|[A-Z]\w*\.h$|"
    r"(unistd|fcntl|sys/stat|sys/types|sys/wait)\.h$"
)

# (files, includes they may not have, the law)
FORBIDDEN_INCLUDES = [
    (
        r"(lib|include/remat)/Dialect/Remat/(IR|Transforms)/(?!Plan[^/]*$)",
        r"remat/Planning/Recompute/Strategy\.h|remat/Planning/Graph/Layers\.h",
        "only the plan pass may ask for a plan: transforms never choose",
    ),
    (
        r"(lib|include/remat)/(Dialect|Analysis|Pipelines)/|tools/remat-opt/",
        r"(^|/)\.\./|lib/Planning/|remat/Planning/(Command/|Recompute/"
        r"(?!(Plan|PlanIO|Problem|ProblemIO|Refusal|Simulator|Strategy|Verify)\.h))",
        "the IR side sees problems, plans, refusals, verify() and solve(), no part of a strategy",
    ),
    (
        r"(lib|include/remat)/Planning/Recompute/(Problem|Plan|Refusal|Simulator|Verify)[^/]*$",
        r"Strategy\.h|LowerSet|Chen|Joint|Candidate|Realise",
        "problem, plan and their checks know no strategy",
    ),
    (
        r"(lib|include/remat)/Planning/Recompute/Verify[^/]*$",
        r"Simulator\.h|Layers\.h",
        "verify() shares no code with a strategy or the simulator",
    ),
    (
        r"lib/Dialect/Remat/Transforms/(Verify|Equivalence|ValueNumber)[^/]*$",
        r"Strategy\.h|Apply[^/]*\.h|Encode[^/]*\.h|Rewrite",
        "the equivalence check shares no code with the rewriter",
    ),
    (
        r"(lib|include/remat)/Analysis/",
        r"remat/(Dialect/Remat/Transforms|Pipelines)/|remat/Planning/Recompute/(Strategy|Verify)\.h",
        "an analysis knows no pass and no strategy",
    ),
    (
        r"(lib|include/remat)/Conversion/",
        r"remat/(Dialect/Remat/Transforms|Pipelines)/|remat/Planning/",
        "a conversion knows no other pass and no plan",
    ),
    (
        r"(lib|include/remat)/Runtime/",
        r"(mlir|llvm)/|remat/(?!Planning/Support/|Runtime/)",
        "the runtime knows no MLIR, and of the planner only Support",
    ),
    (
        r"(lib|include/remat)/Emulator/",
        r"mlir/|remat/(?!Planning/Support/|Runtime/|Emulator/)",
        "the emulator knows no MLIR, and of the planner only Support",
    ),
    (
        r"(lib|include/remat)/Planning/(Support|Graph)/",
        r"remat/Planning/(Cost|Recompute)/",
        "Support and Graph know no costs and no plans",
    ),
]

MUTATES = re.compile(
    r"\b(OpBuilder|IRRewriter|RewriterBase|PatternRewriter|ImplicitLocOpBuilder)\b"
    r"|(->|\.)erase\(\)"
    r"|(->|\.)(moveBefore|moveAfter|replaceAllUsesWith|replaceUsesOfWith|setOperands?|"
    r"setAttrs?|removeAttr|dropAllUses|takeBody|cloneInto|setType|setLoc)\("
    r"|Operation::create\b|\breplaceAllUses"
)
MACHINE_PATH = re.compile(r"(?<![\w.$}>/])/((work|root|home|tmp|mnt|Users)(?![\w-])|usr/lib/llvm)")
REGISTRY_HOST = re.compile(
    r"\b(deb\.debian\.org|pypi\.org|files\.pythonhosted\.org)\b|\.internal\b"
)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
PAPER_CORPUS = re.compile(r"(^|/)(kusumoto|checkmate)/.*\.(json|txt|xz|pb|gz|py)$")
GENERATED = re.compile(r"docs/reference/(passes|dialect|cli)\.md$")


def numbered(text: str) -> Iterator[tuple[int, str]]:
    return enumerate(text.split("\n"), start=1)


def includes(text: str) -> Iterator[tuple[int, str]]:
    for number, line in numbered(text):
        if match := INCLUDE.match(line):
            yield number, match[1][1:-1]


def include_rules(path: str, text: str) -> Iterator[Breach]:
    for number, header in includes(text):
        if path.startswith(PLANNING) and not PLANNING_MAY_INCLUDE.match(header):
            yield path, number, f"the planner may not include {header}"
        for files, headers, law in FORBIDDEN_INCLUDES:
            if re.match(files, path) and re.search(headers, header):
                yield path, number, f"may not include {header}: {law}"


def analysis_rules(path: str, text: str) -> Iterator[Breach]:
    if not path.startswith(("lib/Analysis/", "include/remat/Analysis/")):
        return
    for number, line in numbered(text):
        code = line.split("//", 1)[0]
        if match := MUTATES.search(code):
            yield path, number, f"an analysis reads IR only, but here is {match[0]}"


def shape_rules(path: str, text: str) -> Iterator[Breach]:
    lines = text.count("\n")
    name = PurePosixPath(path)
    if name.suffix in CODE and name.suffix != ".md" and lines > TOO_LONG_FILE:
        yield path, lines, f"{lines} lines; at most {TOO_LONG_FILE}: split it by task"
    if name.suffix not in CPP:
        return
    banner = text.split("\n", 1)[0]
    if not banner.startswith(f"//===- {name.name} ") or "SPDX-License-Identifier" not in text:
        yield path, 1, f"the file header does not name {name.name} and its licence"
    if name.suffix == ".h":
        guard = re.sub(r"\W", "_", path.removeprefix("include/").removeprefix("lib/")).upper()
        if not guard.startswith("REMAT_"):
            guard = "REMAT_" + guard
        if f"#ifndef {guard}\n#define {guard}\n" not in text:
            yield path, 1, f"the header guard is not {guard}"


def hygiene_rules(path: str, text: str) -> Iterator[Breach]:
    if path.startswith("test/Layering/") or path == "LICENSE":
        return
    for number, line in numbered(text):
        if match := MACHINE_PATH.search(line):
            yield path, number, f"a path of one machine: {match[0]}"
        if match := REGISTRY_HOST.search(line):
            yield path, number, f"a host name: {match[0]}"
        if match := UNFINISHED.search(line):
            yield path, number, f"unfinished work: {match[0]}"


def path_rules(path: str) -> Iterator[Breach]:
    if PAPER_CORPUS.search(path):
        yield path, 1, "graphs of this corpus have no licence: measure on them, never commit them"
    if path.startswith(("lib/", "include/")) and re.search(r"Utils|Helpers|Misc", path):
        yield path, 1, "name the file after what it does"


def rules(path: str, text: str) -> list[Breach]:
    """Returns the breaches of one file of the tree; `path` is relative to its root."""
    checks = (include_rules, analysis_rules, shape_rules, hygiene_rules)
    found = list(path_rules(path))
    for check in checks:
        found += check(path, text)
    return found


def long_files(path: str, text: str) -> bool:
    """Returns whether a file should be looked at for its length."""
    return PurePosixPath(path).suffix in CPP and text.count("\n") > LONG_FILE


def compile_rules(commands: list[dict[str, str]], root: str) -> list[Breach]:
    """Returns a breach per planner source compiled with an LLVM or MLIR include folder."""
    found = []
    for command in commands:
        path = command["file"].removeprefix(root + "/")
        flags = command.get("command", "")
        folders = re.findall(r"(?:-I|-isystem|-include)\s*(\S+)", flags)
        if path.startswith(PLANNING[:3]):
            found += [
                (path, 1, f"compiled with the include folder {folder}")
                for folder in folders
                if re.search(r"llvm|mlir", folder.removeprefix(root), re.IGNORECASE)
            ]
    return found


def tree(root: Path) -> list[str]:
    """Returns the files of the tree that git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=root, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    return sorted({name for name in listed if (root / name).is_file()})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--compile-commands", type=Path)
    arguments = parser.parse_args()

    breaches: list[Breach] = []
    for name in tree(arguments.root):
        try:
            text = (arguments.root / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            breaches += path_rules(name)
            continue
        if GENERATED.search(name):
            continue
        breaches += rules(name, text)
        if long_files(name, text):
            print(f"{name}: note: above {LONG_FILE} lines, to be looked at in review")
    if arguments.compile_commands:
        commands = json.loads(arguments.compile_commands.read_text())
        planner = [c for c in commands if "/lib/Planning/" in c["file"]]
        if not planner:
            breaches.append((arguments.compile_commands.name, 1, "no source of the planner"))
        breaches += compile_rules(commands, str(arguments.root))
    for path, line, message in breaches:
        print(f"{path}:{line}: {message}")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
