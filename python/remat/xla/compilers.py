# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Processes that compile for one target: started once, asked often, ended with this one."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from remat.errors import RematError, ToolchainError
from remat.xla import targets
from remat.xla.targets import Target, local_environment, python_for

_CHILD = Path(__file__).resolve().parent / "compile_child.py"
#: XLA's name for a module compiled here; compile_child.py, which imports nothing, repeats it.
MODULE = "remat_measured"
_POLL_S = 0.02
#: XLA writes these files in this order, each whole before the next, before it makes code.
_ASSIGNED = ("-buffer-assignment.txt", "-live-range.txt", "-memory-usage-report.txt")
#: One of these comes after them.
_AFTERWARDS = (".debug_options", ".after_optimizations_after_buffer_assignment.txt")


class CompileError(ToolchainError):
    """XLA did not compile a module, or the process that compiled it died."""


class OutOfDeviceMemory(CompileError):
    """A module takes more memory than the target has; XLA for TPUs makes no code for it."""


@dataclass(frozen=True)
class Compiled:
    """What XLA left of one module.

    Attributes:
        statistics: XLA's memory statistics and costs; None if it was stopped after the
            buffer assignment.
        program: the optimised module, as text.
        costed: the same with XLA's costs, where that is another text.
        assignment, live_ranges: XLA's dumps of those names.
    """

    statistics: dict[str, Any] | None
    program: str
    costed: str
    assignment: str
    live_ranges: str


class Compiler:
    """A process that compiles for one target and number of devices, one module at a time."""

    def __init__(self, target: Target, devices: int) -> None:
        self._target = target
        self._devices = devices
        self._python = python_for(target)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._folder: Path | None = None
        self._pending = ""
        self._ready = False

    def compile(self, module: str, name: str, full: bool) -> Compiled:
        """Compiles `module` (MLIR text), called `name` in errors.

        Unless `full`, XLA is stopped as soon as it has said what memory the module takes.
        Whatever ends this early ends the compilation. Errors: CompileError; MissingExtra if the
        Python for the target compiles nothing for it.
        """
        with self._lock:
            try:
                return self._compile(module, name, full)
            except BaseException:
                self.close()
                raise

    def start(self) -> None:
        """Starts the process, unless it runs."""
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        self._folder = Path(tempfile.mkdtemp(prefix="remat-xla-"))
        self._pending = ""
        dump = self._folder / "dump"
        dump.mkdir()
        configuration = {
            "platform": self._target.platform,
            "topology": self._target.topology(self._devices) if self._target.platform else "",
            "description": self._target.described(),
            "devices": self._devices,
            "costed": self._target.costed,
            "folder": str(self._folder),
        }
        try:
            with (self._folder / "stderr").open("wb") as errors:
                self._process = subprocess.Popen(
                    [str(self._python), str(_CHILD), json.dumps(configuration)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    encoding="utf-8",
                    errors="replace",
                    env=self._environment(dump),
                    # Ctrl-C reaches this process, which then ends that one.
                    start_new_session=True,
                )
        except OSError as error:
            raise self._unfit(f"{self._python} does not run: {error.strerror}") from None
        self._ready = False

    def close(self) -> None:
        """Ends the process, whatever it does, and removes what it wrote."""
        process, self._process = self._process, None
        folder, self._folder = self._folder, None
        if process is not None:
            # Its own group: XLA's tools go with it.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            with contextlib.suppress(OSError):
                process.stdin.close()
            process.stdout.close()
            process.wait()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def close_if_idle(self) -> bool:
        """Ends the process unless it compiles, and returns whether it did."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            self.close()
        finally:
            self._lock.release()
        return True

    def _environment(self, dump: Path) -> dict[str, str]:
        environment = dict(os.environ)
        flags = [f"--xla_dump_to={dump}", "--xla_dump_hlo_as_text", *self._target.flags]
        if self._target.platform:
            # What belongs to this Python and this JAX does not apply there.
            for key in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "JAX_PLATFORMS", "XLA_FLAGS"):
                environment.pop(key, None)
        else:
            environment |= local_environment()
            flags.insert(0, environment["XLA_FLAGS"])
            if self._devices > 1:
                flags.append(f"--xla_force_host_platform_device_count={self._devices}")
        environment["XLA_FLAGS"] = " ".join(flags).strip()
        if self._target.platform == "cuda":
            environment["JAX_SKIP_CUDA_CONSTRAINTS_CHECK"] = "1"
            environment["JAX_PLATFORMS"] = ""
        if self._target.platform == "tpu":
            environment["TPU_SKIP_MDS_QUERY"] = "1"
            # No device is opened, so other processes may do the same.
            environment["ALLOW_MULTIPLE_LIBTPU_LOAD"] = "1"
            environment["JAX_PLATFORMS"] = "cpu"
        # Compiling takes no memory of a device that is here.
        environment["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
        return environment

    def _compile(self, module: str, name: str, full: bool) -> Compiled:
        self.start()
        folder = self._folder
        dump = folder / "dump"
        self._await_ready(name)
        for old in dump.iterdir():
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        source = folder / "module.mlir"
        source.write_text(module, encoding="utf-8")
        try:
            self._process.stdin.write(f"{source}\n")
            self._process.stdin.flush()
        except OSError:
            raise self._died(name) from None
        while True:
            answer = self._answer(name, _POLL_S)
            if answer is not None:
                break
            if not full and _is_assigned(dump):
                compiled = _collect(dump, None)
                self.close()
                # The next module finds a process that has started meanwhile.
                self.start()
                return compiled
        if "error" not in answer:
            return _collect(dump, answer)
        if not full and _is_assigned(dump):
            return _collect(dump, None)
        kind = OutOfDeviceMemory if "RESOURCE_EXHAUSTED" in answer["error"] else CompileError
        raise kind(f"XLA did not compile {name} for {self._target.title}: {_line(answer['error'])}")

    def _await_ready(self, name: str) -> None:
        if self._ready:
            return
        answer = None
        while answer is None:
            answer = self._answer(name, 1.0)
        if "error" in answer:
            raise self._unfit(
                f"XLA does not compile for {self._target.title} with {self._python}: "
                f"{_line(answer['error'])}"
            )
        self._ready = True

    def _unfit(self, why: str) -> RematError:
        """Returns the error of a Python that compiles nothing for the target."""
        return targets.missing(self._target, why) if self._target.platform else CompileError(why)

    def _answer(self, name: str, patience_s: float) -> dict[str, Any] | None:
        """Returns the child's next answer, or None if there is none within `patience_s`."""
        stdout = self._process.stdout.fileno()
        if "\n" not in self._pending:
            if not select.select([stdout], [], [], patience_s)[0]:
                return None
            data = os.read(stdout, 1 << 16)
            if not data:
                raise self._died(name)
            self._pending += data.decode("utf-8", "replace")
            if "\n" not in self._pending:
                return None
        line, _, self._pending = self._pending.partition("\n")
        return json.loads(line)

    def _died(self, name: str) -> CompileError:
        code = self._process.wait()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        hint = "; the system may have run out of memory" if code == -signal.SIGKILL else ""
        text = (self._folder / "stderr").read_text(encoding="utf-8", errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        fatal = [line for line in lines if line[:1] in "FE" or "Error" in line]
        said = (fatal or lines or ["no message"])[-1]
        return CompileError(
            f"XLA's process died ({how}) compiling {name} for {self._target.title}{hint}: {said}"
        )


def _is_assigned(dump: Path) -> bool:
    names = [one.name for one in os.scandir(dump) if f".{MODULE}" in one.name]
    return all(any(name.endswith(end) for name in names) for end in _ASSIGNED) and any(
        name.endswith(end) for name in names for end in _AFTERWARDS
    )


def _collect(dump: Path, statistics: dict[str, Any] | None) -> Compiled:
    found = {}
    for one in sorted(dump.iterdir()):
        if f".{MODULE}." in one.name:
            found[one.name] = one
    assignment = [
        name for name in found if name.endswith("after_optimizations-buffer-assignment.txt")
    ]
    if not assignment:
        raise ToolchainError("XLA dumped no buffer assignment; its files have changed")
    stem = assignment[-1].removesuffix("-buffer-assignment.txt")
    costed = [name for name in found if name.endswith(".after_codegen.txt")]
    program = _read(found[stem + ".txt"])
    return Compiled(
        statistics=statistics,
        program=program,
        costed=_read(found[costed[-1]]) if costed and statistics else program,
        assignment=_read(found[assignment[-1]]),
        live_ranges=_read(found[stem + "-live-range.txt"]),
    )


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _line(text: str) -> str:
    """Returns the first line of `text`, with the next if it introduces that, no final period."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    count = 2 if lines and lines[0].endswith(":") else 1
    return " ".join(lines[:count] or ["no message"]).rstrip(".")


#: A process that waits takes a few hundred megabytes.
_MOST = 3
_compilers: dict[tuple[Target, int, Path, str], Compiler] = {}
_compilers_lock = threading.Lock()


def compiler_for(target: Target, devices: int) -> Compiler:
    """Returns this process's compiler for `target`, made at the first call.

    Of more than `_MOST` the one that was asked longest ago is ended, unless it is at work.
    """
    # "local" is what the environment says it is.
    here = "" if target.platform else str(local_environment())
    name = (target, devices, python_for(target), here)
    with _compilers_lock:
        found = _compilers.pop(name, None) or Compiler(target, devices)
        for old in list(_compilers)[: max(0, len(_compilers) + 1 - _MOST)]:
            if _compilers[old].close_if_idle():
                del _compilers[old]
        _compilers[name] = found  # the last is the one asked last
        return found


@atexit.register
def close_all() -> None:
    """Ends every compiler of this process."""
    with _compilers_lock:
        for compiler in _compilers.values():
            compiler.close()
        _compilers.clear()


def _forget() -> None:
    # A forked process does not own its parent's compilers, nor a lock of another thread.
    global _compilers_lock
    _compilers_lock = threading.Lock()
    _compilers.clear()


os.register_at_fork(after_in_child=_forget)
