# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A step with its example arguments: traced and exported on the way in, jitted on the way out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax import export

from remat.errors import InputError
from remat.toolchain import TARGET_OF_PLATFORM

#: The platform that JAX lowers for, by encoding.
PLATFORM_OF = {"xla-cpu": "cpu", "xla-gpu": "cuda", "xla-tpu": "tpu"}


def backend_encoding() -> str:
    """Returns the encoding for the JAX backend in use."""
    backend = jax.default_backend()
    if backend not in TARGET_OF_PLATFORM:
        raise InputError(f"no encoding is known for the JAX backend {backend!r}; pass target=")
    return TARGET_OF_PLATFORM[backend]


def indices(argnums: int | Sequence[int]) -> tuple[int, ...]:
    """Returns positions of arguments as a tuple: 1 -> (1,)."""
    return (argnums,) if isinstance(argnums, int) else tuple(argnums)


class Call:
    """A step, jitted, with its example arguments."""

    def __init__(
        self,
        step: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        donate: tuple[int, ...],
        static: tuple[int, ...],
    ) -> None:
        count = len(args)
        for what, positions in (("donate_argnums", donate), ("static_argnums", static)):
            for index in positions:
                if not -count <= index < count:
                    raise InputError(f"{what} names argument {index}, but {count} were given")
        donate = tuple(sorted({i % count for i in donate}))
        static = tuple(sorted({i % count for i in static}))
        for index in donate:
            if index in static:
                raise InputError(f"argument {index} is both static and donated; choose one")
        self.statics = {i: args[i] for i in static}
        self._args = args
        self._kwargs = kwargs
        if hasattr(step, "trace") and not donate and not static:
            self._jitted = step
        else:
            self._jitted = jax.jit(step, donate_argnums=donate, static_argnums=static)

    def export(self, target: str) -> export.Exported:
        """Traces and lowers the step for `target`.

        The export never leaves the process, so no custom call has to be stable over time.
        """
        platforms = (
            None
            if target == TARGET_OF_PLATFORM.get(jax.default_backend())
            else (PLATFORM_OF[target],)
        )
        trace = export.export(
            self._jitted,
            platforms=platforms,
            disabled_checks=(export.DisabledSafetyCheck.custom_call("ALL"),),
        )
        try:
            return trace(*self._args, **self._kwargs)
        except NotImplementedError as error:
            if "callback" not in str(error):
                raise
            raise InputError(
                "the step calls back into Python (jax.debug.print, io_callback, ...), which an "
                "exported program cannot hold; remove the callback"
            ) from error

    def donated(self) -> tuple[int, ...]:
        """Returns the positions, among the dynamic arguments, of the donated ones."""
        args, _ = self._jitted.trace(*self._args, **self._kwargs).args_info
        return tuple(
            index
            for index, arg in enumerate(args)
            if any(leaf.donated for leaf in jax.tree.leaves(arg, is_leaf=_is_info))
        )


def _is_info(node: Any) -> bool:
    return hasattr(node, "donated")


def jit_exported(exported: export.Exported, donated: tuple[int, ...]) -> Any:
    """Returns an exported step as a function of `jax.jit`, which donates the arguments at the
    positions `donated`."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return exported.call(*args, **kwargs)

    call.__name__ = f"remat_{exported.fun_name}"
    return jax.jit(call, donate_argnums=donated)
