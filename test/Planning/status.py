"""Runs a command and succeeds if it ends with the given exit status.

Usage: status.py STATUS COMMAND...
"""

import subprocess
import sys

wanted, command = int(sys.argv[1]), sys.argv[2:]
found = subprocess.run(command).returncode
if found != wanted:
    sys.exit(f"exit status {found}, expected {wanted}")
