# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How a step takes its arguments, and which of them are static or donated."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import jax

from remat.errors import InputError
from remat.jax.names import parameters_of

#: What an argument that is not there is.
_NOTHING = object()


def indices(argnums: int | Sequence[int], what: str = "argnums") -> tuple[int, ...]:
    """Returns positions of arguments, given one or several.

    Errors: InputError for what is no integer, naming the option `what`.
    """
    positions = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for position in positions:
        if not isinstance(position, int) or isinstance(position, bool):
            raise InputError(f"{what} holds {position!r}; expected positions such as 0 or (0, 1)")
    return positions


def places(given: Iterable[int], count: int, what: str) -> set[int]:
    """Returns positions among `count` arguments, where negative ones count from the end.

    Errors: InputError for one out of range, naming the option `what`.
    """
    found = set()
    for index in given:
        if not -count <= index < count:
            raise InputError(f"{what} names argument {index}, but {count} were given by position")
        found.add(index % count)
    return found


def names(argnames: str | Sequence[str]) -> tuple[str, ...]:
    """Returns names of arguments, given one or several."""
    return (argnames,) if isinstance(argnames, str) else tuple(argnames)


class Signature:
    """The parameters of a step, bound to its example arguments.

    Whatever is given by name and may be given by position stands at its position, so that
    both ways to call a step are one. A step that `jax.jit` returned has static and donated
    arguments already; those that are named here come on top.

    Attributes:
        args, kwargs: the example arguments, bound.
        donated, donated_names: positions in `args`, and names in `kwargs`, that are donated; if
            it is not extended, only what is named here.
        static: positions in `args`, and names in `kwargs`, that are static, with their values.
        is_extended: whether what is named here adds to what the step itself says.
    """

    def __init__(
        self,
        step: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        *,
        donate: Sequence[int] = (),
        static: Sequence[int] = (),
        static_names: Sequence[str] = (),
    ) -> None:
        self.name = getattr(step, "__name__", "step")
        self._parameters = parameters_of(step)
        self.args, self.kwargs = self._bind(args, kwargs)
        count = len(self.args)
        donated: set[int | str] = {*places(donate, count, "donate_argnums")}
        mine: set[int | str] = {*places(static, count, "static_argnums")}
        mine |= {self._key(name) for name in static_names}
        # What `jax.jit` was told, of which nothing public says.
        own = getattr(step, "_jit_info", None)
        its: set[int | str] = set(getattr(own, "static_argnums", ()))
        its |= {self._key(name) for name in getattr(own, "static_argnames", ())}
        self.is_extended = bool(donated) or not mine <= its
        if self.is_extended:
            donated |= {*getattr(own, "donate_argnums", ())}
            donated |= {self._key(name) for name in getattr(own, "donate_argnames", ())}
        for key in sorted(donated & (mine | its), key=str):
            raise InputError(f"argument {key!r} is both static and donated; choose one")
        self.donated, self.donated_names = _by_kind(donated)
        self.static = {key: self._value(self.args, self.kwargs, key) for key in mine | its}

    @property
    def static_positions(self) -> tuple[int, ...]:
        return _by_kind(self.static)[0]

    @property
    def static_names(self) -> tuple[str, ...]:
        return _by_kind(self.static)[1]

    def dynamic(
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[list[Any], dict[str, Any]]:
        """Returns the arguments of a call that are not static, having checked those that are.

        Errors: TypeError for arguments that the step does not take; InputError for a static
        one that is not what the step was fitted to.
        """
        args, kwargs = self._bind(args, kwargs)
        for key, fitted in self.static.items():
            found = self._value(args, kwargs, key)
            if found is not fitted and found != fitted:
                said = "nothing" if found is _NOTHING else repr(found)
                raise InputError(
                    f"static argument {self._spell(key)} is {said}, but the step was fitted to "
                    f"{fitted!r}; pass the same value, or fit the step again"
                )
        static = {place for key in self.static for place in self._both(key)}
        return (
            [arg for index, arg in enumerate(args) if index not in static],
            {name: arg for name, arg in kwargs.items() if name not in static},
        )

    def _bind(
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if self._parameters is None:
            return tuple(args), dict(kwargs)
        try:
            bound = self._parameters.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.name}(): {error}") from None
        return bound.args, bound.kwargs

    def _key(self, name: str) -> int | str:
        """Where an argument stands: its position if it was bound to one, else its name."""
        return name if name in self.kwargs else self._both(name)[0]

    def _both(self, key: int | str) -> tuple[int | str, int | str]:
        """The position and the name of an argument, of which a call may use either.

        One that has only one of them has it twice.
        """
        parameters = self._parameters.parameters.values() if self._parameters else ()
        for index, parameter in enumerate(parameters):
            if key in (index, parameter.name) and parameter.kind in _POSITIONAL:
                return index, parameter.name
        return key, key

    def _value(self, args: Sequence[Any], kwargs: Mapping[str, Any], key: int | str) -> Any:
        index, name = self._both(key)
        if isinstance(index, int) and index < len(args):
            return args[index]
        if name in kwargs:
            return kwargs[name]
        parameter = self._parameter(key)
        if parameter is None or parameter.default is inspect.Parameter.empty:
            return _NOTHING
        return parameter.default

    def _parameter(self, key: int | str) -> inspect.Parameter | None:
        parameters = self._parameters.parameters if self._parameters else {}
        if isinstance(key, str):
            return parameters.get(key)
        return next(iter(list(parameters.values())[key : key + 1]), None)

    def _spell(self, key: int | str) -> str:
        parameter = self._parameter(key)
        return repr(parameter.name) if parameter else repr(key)


def _by_kind(keys: Iterable[int | str]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Returns the positions and the names among `keys`."""
    found = [*keys]
    return (
        tuple(sorted(key for key in found if isinstance(key, int))),
        tuple(sorted(key for key in found if isinstance(key, str))),
    )


_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def difference(expected: Any, found: Any) -> str:
    """Returns how the leaves, shapes or types of two trees of arguments first differ.

    Each is a pair of positional and named arguments, whose leaves have a shape and a dtype.
    Where all of these agree, what differs is data that the nodes of a tree hold.
    """
    wanted, got = _leaves(expected), _leaves(found)
    for path, leaf in wanted.items():
        if path not in got:
            return f"{path} is missing"
        if (leaf.shape, leaf.dtype) != (got[path].shape, got[path].dtype):
            return f"{path} is {_type(got[path])}, expected {_type(leaf)}"
    for path in got:
        if path not in wanted:
            return f"{path} is new"
    return "a node of the trees holds other data (an optimizer, a function, a setting)"


def _leaves(arguments: Any) -> dict[str, Any]:
    positional, named = arguments
    given = {f"argument {index}": arg for index, arg in enumerate(positional)}
    given |= {f"argument {name!r}": arg for name, arg in named.items()}
    return {
        f"{name}{jax.tree_util.keystr(path)}": leaf
        for name, arg in given.items()
        for path, leaf in jax.tree_util.tree_flatten_with_path(arg)[0]
    }


def _type(leaf: Any) -> str:
    return f"{leaf.dtype}[{','.join(map(str, leaf.shape))}]"
