"""Compares the graph of an exported step with the neutral graph of the same step.

Usage: compare_neutral.py MODULE.mlir.xz NEUTRAL.json.xz REMAT_OPT

The neutral graph was made by other code. Without folding both must have the same
ops in the same order with the same flops and bytes, the same peak in base order,
and the same end of the forward.
"""

import json
import lzma
import re
import subprocess
import sys
from pathlib import Path


def printed_graph(module: str, remat_opt: str) -> list[dict]:
    """Returns the ops of remat-print-graph as {name, flops, bytes, inputs, results, phase}."""
    text = lzma.decompress(Path(module).read_bytes())
    passes = ["--remat-inline", "--remat-print-graph=fold-free=false", "-o", "/dev/null"]
    printed = subprocess.run(
        [remat_opt, "-", *passes], input=text, stdout=subprocess.PIPE, check=True
    ).stdout.decode()
    ops: list[dict] = []
    returned: set[str] = set()
    for line in printed.splitlines():
        if line.startswith("outputs "):
            names = line.removeprefix("outputs ").split(",")
            returned = {name.split("<-")[0] for name in names}
        if not line.startswith("op "):
            continue
        words = line.split()
        fields = dict(re.findall(r"(\w+)=(\S*)", line))
        results = [name.rsplit(":", 1) for name in fields["results"].split(",")]
        ops.append(
            {
                "name": words[2],
                "phase": words[4],
                "flops": int(fields["flops"]),
                "bytes": sum(int(size) for _, size in results),
                "results": [name for name, _ in results],
                "inputs": [name for name in fields["inputs"].split(",") if name],
            }
        )
    made = {name: index for index, op in enumerate(ops) for name in op["results"]}
    for op in ops:
        op["inputs"] = [made[name] for name in op["inputs"] if name in made]
        op["returned"] = any(name in returned for name in op["results"])
    return ops


def neutral_graph(path: str) -> tuple[list[dict], int]:
    """Returns the ops of a neutral graph in the same form, and the op of the loss."""
    graph = json.loads(lzma.decompress(Path(path).read_bytes()))
    nodes = [node for node in graph["nodes"] if node["phase"] != "arg"]
    index = {node["id"]: position for position, node in enumerate(nodes)}
    ops = [
        {
            "name": node["op"],
            "flops": node["flops"],
            "bytes": node["bytes"],
            "inputs": [index[i] for i in node["inputs"] if i in index],
            "returned": node["id"] in graph["outputs"],
        }
        for node in nodes
    ]
    return ops, index[graph["loss"]]


def peak(ops: list[dict]) -> int:
    """Returns the largest number of bytes live in base order."""
    last = list(range(len(ops)))
    for position, op in enumerate(ops):
        for maker in op["inputs"]:
            last[maker] = position
    live = largest = 0
    for position, op in enumerate(ops):
        live += op["bytes"]
        largest = max(largest, live)
        dying = {maker for maker in [*op["inputs"], position] if last[maker] == position}
        live -= sum(ops[maker]["bytes"] for maker in dying if not ops[maker]["returned"])
    return largest


def main() -> int:
    module, neutral, remat_opt = sys.argv[1:]
    ours = printed_graph(module, remat_opt)
    theirs, loss = neutral_graph(neutral)
    forward = max(position for position, op in enumerate(ours) if op["phase"] == "forward")
    pairs = {
        "ops": ([op["name"] for op in ours], [op["name"] for op in theirs]),
        "flops": ([op["flops"] for op in ours], [op["flops"] for op in theirs]),
        "bytes": ([op["bytes"] for op in ours], [op["bytes"] for op in theirs]),
        "inputs": ([op["inputs"] for op in ours], [op["inputs"] for op in theirs]),
        "peak": (peak(ours), peak(theirs)),
        "end of the forward": (forward, loss),
    }
    for what, (found, wanted) in pairs.items():
        if found != wanted:
            print(f"{what} differ: found {found}, the neutral graph has {wanted}")
            return 1
    print(f"{len(ours)} ops agree, peak {peak(ours)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
