# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A step with its example arguments, traced and exported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
from jax import export

from remat.errors import InputError
from remat.jax.foreign import is_jitted_by_jax, refusal
from remat.jax.signature import Signature
from remat.toolchain import TARGET_OF_PLATFORM
from remat.xla import targets
from remat.xla.targets import Target

#: The platform that JAX lowers for, by encoding.
PLATFORM_OF = {"xla-cpu": "cpu", "xla-gpu": "cuda", "xla-tpu": "tpu"}


def backend_encoding() -> str:
    """Returns the encoding for the JAX backend in use."""
    backend = jax.default_backend()
    if backend not in TARGET_OF_PLATFORM:
        raise InputError(f"no encoding is known for the JAX backend {backend!r}; pass target=")
    return TARGET_OF_PLATFORM[backend]


def resolve_target(target: str | None, *, devices: bool = True) -> tuple[str, Target | None]:
    """Returns the encoding that `target` asks for, and the device if it names one.

    `target` is a device, an encoding, or None for the encoding of the backend in use; without
    `devices` a message about an unknown one names encodings only.
    """
    if target is None:
        return backend_encoding(), None
    if target in targets.NAMES:
        device = targets.get(target)
        return device.encoding, device
    if target not in PLATFORM_OF:
        known = ", ".join((*(targets.NAMES if devices else ()), *PLATFORM_OF))
        raise InputError(f"target {target!r} is unknown; expected {known}")
    return target, None


class Call:
    """A step, jitted, with its example arguments."""

    def __init__(self, step: Callable[..., Any], signature: Signature) -> None:
        self._signature = signature
        if not signature.is_extended and is_jitted_by_jax(step):
            self._jitted = step
        else:
            self._jitted = jax.jit(
                step,
                donate_argnums=signature.donated,
                donate_argnames=signature.donated_names,
                static_argnums=signature.static_positions,
                static_argnames=signature.static_names,
            )

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
            return trace(*self._signature.args, **self._signature.kwargs)
        except (TypeError, jax.errors.ConcretizationTypeError) as error:
            refused = refusal(self._jitted, self._signature, error)
            if refused is None:
                raise
            raise refused from error
        except NotImplementedError as error:
            if "callback" not in str(error):
                raise
            raise InputError(
                "the step calls back into Python (jax.debug.print, io_callback, ...), which an "
                "exported program cannot hold; remove the callback"
            ) from error

    def donated(self) -> tuple[tuple[int, ...], tuple[str, ...]]:
        """Returns which dynamic arguments are donated: by position, and by name."""
        signature = self._signature
        args, kwargs = self._jitted.trace(*signature.args, **signature.kwargs).args_info
        return (
            tuple(index for index, arg in enumerate(args) if _is_donated(arg)),
            tuple(name for name, arg in kwargs.items() if _is_donated(arg)),
        )


def _is_donated(arg: Any) -> bool:
    infos = jax.tree.leaves(arg, is_leaf=lambda node: hasattr(node, "donated"))
    return any(info.donated for info in infos)
