"""Ends remat-plan by a signal while it plans; prints its stderr.

Usage: interrupt.py REMAT_PLAN OUTPUT BUDGET SIGNAL STATUS

Three chains of 40 nodes have 68,921 lower sets: planning them exactly takes
minutes. The signal is sent after the first report of progress. Fails unless the
exit status is STATUS and OUTPUT, where the plan was to go, is a whole JSON file
or absent, with nothing beside it in its folder.
"""

import json
import os
import signal
import subprocess
import sys

CHAINS, LENGTH = 3, 40

tool, output, budget, name, status = sys.argv[1:]
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
        f"--budget={budget}",
        "--progress",
        f"--output={output}",
    ],
    stdin=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
)
process.stdin.write(json.dumps(graph))
process.stdin.close()
print(process.stderr.readline(), end="")
process.send_signal(signal.Signals[name])
print(process.stderr.read(), end="")
if process.wait() != int(status):
    sys.exit(f"exit status {process.returncode}, expected {status}")
left = os.listdir(os.path.dirname(output))
if set(left) - {os.path.basename(output)}:
    sys.exit(f"left behind: {left}")
if left:
    with open(output) as file:
        json.load(file)
