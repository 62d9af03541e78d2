"""Interrupts remat-plan while it plans; prints its stderr.

Usage: interrupt.py REMAT_PLAN FOLDER

Three chains of 40 nodes have 68,921 lower sets: planning them exactly takes
minutes. The signal is sent after the first report of progress. Fails unless the
exit status is 130 and FOLDER, where the plan was to go, stays empty.
"""

import json
import os
import signal
import subprocess
import sys

CHAINS, LENGTH = 3, 40

tool, folder = sys.argv[1:]
nodes = CHAINS * LENGTH
graph = {
    "n": nodes,
    "T": [1 + node * 7 % 10 for node in range(nodes)],
    "M": [1 + node * 31 % 50 for node in range(nodes)],
    "edges": [[node, node + 1] for node in range(nodes) if (node + 1) % LENGTH],
}
process = subprocess.Popen(
    [
        tool,
        "-",
        "--format=paper",
        "--family=exact",
        "--budget=min",
        "--progress",
        f"--output={folder}/plan.json",
    ],
    stdin=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
)
process.stdin.write(json.dumps(graph))
process.stdin.close()
print(process.stderr.readline(), end="")
process.send_signal(signal.SIGINT)
print(process.stderr.read(), end="")
if process.wait() != 130:
    sys.exit(f"exit status {process.returncode}, expected 130")
if os.listdir(folder):
    sys.exit(f"left behind: {os.listdir(folder)}")
